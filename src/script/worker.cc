#include "script/worker.hh"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>

#include "script/program.hh"

namespace lvx::script {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// epoll's tag: a job's number and which of its descriptors.
constexpr std::uint64_t orders_tag = 0, output_bit = 1;
constexpr std::uint64_t child_tag(JobId id) { return id << 1; }
constexpr std::uint64_t output_tag(JobId id) { return id << 1 | output_bit; }
constexpr int events_at_once = 64;
constexpr int longest_wait_ms = 3'600'000;

Result<void> add(const Fd& epoll, int fd, std::uint64_t tag) {
    epoll_event event{.events = EPOLLIN, .data = {.u64 = tag}};
    if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) != 0) return refusal("cannot wait for a script", errno);
    return {};
}

// A child's 0, 1 and 2 are made of these by dup3(), so they must lie above.
Result<Fd> above_standard(Fd fd, const char* what) {
    if (!fd.valid()) return refusal(std::string("cannot open ") + what, errno);
    if (fd.get() > STDERR_FILENO) return fd;
    Fd moved(::fcntl(fd.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
    if (!moved.valid()) return refusal(std::string("cannot move ") + what, errno);
    return moved;
}

struct Pipe { Fd reader, writer; };

Result<Pipe> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return refusal("cannot make a pipe for a script", errno);
    Pipe pipe{Fd(ends[0]), Fd(ends[1])};
    ::fcntl(pipe.reader.get(), F_SETFL, O_NONBLOCK);
    pipe.writer = TRY(above_standard(std::move(pipe.writer), "a pipe"));
    return pipe;
}

Outcome outcome_of(const siginfo_t& ended, bool timed_out) {
    if (timed_out) return {.ending = Ending::timed_out, .code = ended.si_status};
    if (ended.si_code == CLD_EXITED) return {.ending = Ending::exited, .code = ended.si_status};
    return {.ending = Ending::signalled, .code = ended.si_status};
}

siginfo_t reap_child(const Child& child) {
    siginfo_t ended{};
    ::waitid(P_PIDFD, static_cast<id_t>(child.pidfd.get()), &ended, WEXITED);
    return ended;
}

void kill_and_reap(const Child& child) {
    ::kill(-child.pid, SIGKILL);
    (void)reap_child(child);
}

// The daemon's signals are its loop's; a real-time loop that starts a Runner does not lend it its priority.
void become_ordinary_thread() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    const sched_param none{};
    ::sched_setscheduler(0, SCHED_OTHER, &none);
}

}  // namespace

Result<std::unique_ptr<Worker>> Worker::make(Desk& desk, Rules rules, Limits limits) {
    Spawner spawner = TRY(Spawner::make());
    Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
    if (!epoll.valid()) return refusal("cannot make an epoll for scripts", errno);
    Fd null = TRY(above_standard(Fd(::open("/dev/null", O_RDWR | O_CLOEXEC)), "/dev/null"));
    TRY(add(epoll, desk.orders_fd(), orders_tag));
    return std::unique_ptr<Worker>(
        new Worker(desk, std::move(rules), limits, std::move(spawner), std::move(epoll), std::move(null)));
}

Worker::Worker(Desk& desk, Rules rules, Limits limits, Spawner spawner, Fd epoll, Fd null)
    : desk_(desk), rules_(std::move(rules)), limits_(limits), spawner_(std::move(spawner)), epoll_(std::move(epoll)), null_(std::move(null)) {}

void Worker::run() {
    become_ordinary_thread();
    std::array<epoll_event, events_at_once> events;
    while (!finishing_) {
        const int count = ::epoll_wait(epoll_.get(), events.data(), events_at_once, patience_ms(Clock::now()));
        for (int i = 0; i < count; ++i) handle(events[static_cast<std::size_t>(i)].data.u64);
        enforce_deadlines(Clock::now());
        start_ready();
    }
    kill_all();
}

void Worker::handle(std::uint64_t tag) {
    if (tag == orders_tag) {
        for (Order& order : desk_.take_orders()) std::visit([this](auto& each) { take(each); }, order);
        return;
    }
    const auto found = running_.find(tag >> 1);
    if (found == running_.end()) return;
    if ((tag & output_bit) != 0) return read_output(found->second);
    reap(found->first);
}

// ---- orders ----

void Worker::take(Start& start) {
    if (start.job.lane.empty()) return make_ready(std::move(start));
    const auto [lane, idle] = lanes_.try_emplace(start.job.lane);
    if (idle) return make_ready(std::move(start));
    lane->second.push_back(std::move(start));
}

void Worker::take(const Forget& forget) {
    const auto found = running_.find(forget.id);
    if (found == running_.end()) {
        if (drop_waiting(forget.id)) desk_.count([](Counters& counters) { --counters.waiting; });
        return;
    }
    found->second.forgotten = true;
    if (found->second.stage == Stage::running) advance(found->second, Clock::now());
}

bool Worker::drop_waiting(JobId id) {
    const auto is_it = [id](const Start& start) { return start.id == id; };
    for (auto& [name, waiting] : lanes_)
        if (std::erase_if(waiting, is_it) > 0) return true;
    const auto found = std::ranges::find_if(ready_, is_it);
    if (found == ready_.end()) return false;
    const std::string lane = found->job.lane;
    ready_.erase(found);
    free_lane(lane);
    return true;
}

void Worker::make_ready(Start start) {
    if (running_.size() + ready_.size() >= limits_.running) desk_.count([](Counters& counters) { ++counters.delayed_by_limit; });
    ready_.push_back(std::move(start));
}

void Worker::free_lane(const std::string& lane) {
    const auto found = lanes_.find(lane);
    if (found == lanes_.end()) return;
    if (found->second.empty()) {
        lanes_.erase(found);
        return;
    }
    Start next = std::move(found->second.front());
    found->second.pop_front();
    make_ready(std::move(next));
}

// ---- starting ----

void Worker::start_ready() {
    while (!ready_.empty() && running_.size() < limits_.running) {
        Start start = std::move(ready_.front());
        ready_.pop_front();
        launch(std::move(start));
    }
}

void Worker::launch(Start start) {
    Result<Running> begun = begin(start);
    desk_.count([&](Counters& counters) {
        --counters.waiting;
        ++(begun ? counters.started : counters.failed_to_start);
        if (begun) ++counters.running;
    });
    if (begun) {
        running_.emplace(start.id, std::move(*begun));
        return;
    }
    desk_.finish({start.id, {.ending = Ending::not_started, .error = std::move(begun).error()}});
    free_lane(start.job.lane);
}

Result<Worker::Running> Worker::begin(const Start& start) {
    Pipe pipe;
    if (start.job.output == Output::captured) pipe = TRY(make_pipe());
    const Clock::time_point now = Clock::now();
    Running running{.lane = start.job.lane, .child = TRY(spawn(start.job, pipe.writer.valid() ? pipe.writer.get() : null_.get())),
                    .output = std::move(pipe.reader), .began = now};
    if (start.job.timeout.count() > 0) running.deadline = now + start.job.timeout;
    if (Result<void> watched = watch(start.id, running); !watched) {
        kill_and_reap(running.child);
        return std::unexpected(std::move(watched).error());
    }
    return running;
}

Result<Child> Worker::spawn(const Job& job, int output) {
    if (job.command.words.empty()) return refusal("cannot run a command without words", EINVAL);
    const std::vector<std::string> environment = environment_with(job.environment);
    const auto path = std::ranges::find_if(environment, [](const std::string& text) { return text.starts_with("PATH="); });
    const Credentials who = TRY(credentials_of(job.command, rules_, system_directory()));
    const std::string file = TRY(find_program(job.command.words.front(), std::string_view(*path).substr(5)));
    if (rules_.security && who.user == 0) {
        const std::vector<PathComponent> components = TRY(components_of(file));
        TRY(permitted(who, rules_, components));
    }
    return spawner_.spawn({.path = file, .words = job.command.words, .environment = environment, .who = who,
                           .input = null_.get(), .output = output});
}

Result<void> Worker::watch(JobId id, const Running& running) {
    TRY(add(epoll_, running.child.pidfd.get(), child_tag(id)));
    if (running.output.valid()) return add(epoll_, running.output.get(), output_tag(id));
    return {};
}

// ---- deadlines ----

int Worker::patience_ms(Clock::time_point now) const {
    milliseconds patience{longest_wait_ms};
    for (const auto& [id, running] : running_)
        if (running.deadline) patience = std::min(patience, std::chrono::ceil<milliseconds>(*running.deadline - now));
    return static_cast<int>(std::max(patience, milliseconds(0)).count());
}

void Worker::enforce_deadlines(Clock::time_point now) {
    for (auto& [id, running] : running_)
        if (running.deadline && *running.deadline <= now) advance(running, now);
}

// The group exists as long as its leader is not reaped, so this reaches nobody else.
void Worker::advance(Running& running, Clock::time_point now) {
    const bool first = running.stage == Stage::running;
    ::kill(-running.child.pid, first ? SIGTERM : SIGKILL);
    running.stage = first ? Stage::terminated : Stage::killed;
    running.deadline.reset();
    if (first) running.deadline = now + limits_.kill_delay;
}

// ---- ends ----

void Worker::read_output(Running& running) {
    std::array<char, Limits::output_limit> bytes;
    const ssize_t count = ::read(running.output.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) return running.output.reset();
    const std::size_t room = Limits::output_limit - running.text.size();
    running.text.append(bytes.data(), std::min(room, static_cast<std::size_t>(count)));
    if (static_cast<std::size_t>(count) <= room || running.cut) return;
    running.cut = true;
    desk_.count([](Counters& counters) { ++counters.output_cut; });
}

// What the script left running in its group lives on, as under keepalived, unless the script took too long.
void Worker::reap(JobId id) {
    Running running = std::move(running_.extract(id).mapped());
    if (running.output.valid()) read_output(running);
    if (running.stage != Stage::running) ::kill(-running.child.pid, SIGKILL);
    const siginfo_t ended = reap_child(running.child);
    report(id, running, outcome_of(ended, running.stage != Stage::running));
    free_lane(running.lane);
}

void Worker::report(JobId id, Running& running, Outcome outcome) {
    outcome.output = std::move(running.text);
    outcome.took = std::chrono::duration_cast<microseconds>(Clock::now() - running.began);
    desk_.count([&](Counters& counters) {
        --counters.running;
        if (outcome.ending == Ending::timed_out && !running.forgotten) ++counters.timed_out;
    });
    desk_.finish({id, std::move(outcome)});
}

void Worker::kill_all() {
    for (auto& [id, running] : running_) kill_and_reap(running.child);
    running_.clear();
}

}  // namespace lvx::script
