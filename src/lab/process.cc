#include "lab/process.hh"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "lab/namespace.hh"

namespace lvx::lab {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int status_not_started = 126;  // as the shell: found, but not to be executed
constexpr int status_not_found = 127;

int status_of(int wait_status) {
    return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

int milliseconds_until(Clock::time_point deadline) {
    const auto left = std::chrono::ceil<Milliseconds>(deadline - Clock::now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, 1'000'000));
}

struct Streams {
    int out = -1, err = -1;  // -1: as the parent's
};

// What exec needs, made before fork: afterwards nothing may be allocated.
struct Image {
    std::vector<std::string> environment;
    std::vector<char*> argv, envp;
};

std::string_view name_of(std::string_view assignment) { return assignment.substr(0, assignment.find('=')); }

Image image_of(const Command& command) {
    Image image;
    image.environment = command.environment;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const bool replaced = std::ranges::any_of(
            command.environment, [&](const std::string& own) { return name_of(own) == name_of(*entry); });
        if (!replaced) image.environment.emplace_back(*entry);
    }
    for (std::string& entry : image.environment) image.envp.push_back(entry.data());
    for (const std::string& word : command.argv) image.argv.push_back(const_cast<char*>(word.c_str()));
    image.envp.push_back(nullptr);
    image.argv.push_back(nullptr);
    return image;
}

void unblock_signals() {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    signal(SIGINT, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
}

// A pipe our parent writes to must come to its end although we live on.
void leave_streams() {
    const int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(nowhere, stream);
}

// A child is born in the namespace, so that whoever clears it sees the child from its first moment.
// `life` is the child's: it returns an exit status, or becomes another program.
Result<pid_t> fork_in(int network_namespace, const std::function<int()>& life) {
    pid_t child = -1;
    TRY(inside(network_namespace, [&]() -> Result<void> {
        child = fork();
        if (child < 0) return refusal("cannot fork", errno);
        if (child == 0) _exit(life());
        return {};
    }));
    return child;
}

// In the child: false when its parent is already gone.  What outlives its parent leaves its terminal too.
bool bind_to(Bond bond, pid_t parent) {
    if (bond == Bond::outlives_parent) return setsid() >= 0;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    return getppid() == parent;  // it may have died before the line above
}

// Returns only when it could not.
int become(const Command& command, Image& image, Streams streams) {
    if (streams.out >= 0) dup2(streams.out, STDOUT_FILENO);
    if (streams.err >= 0) dup2(streams.err, STDERR_FILENO);
    if (!command.directory.empty() && chdir(command.directory.c_str()) != 0) return status_not_started;
    unblock_signals();
    execvpe(image.argv[0], image.argv.data(), image.envp.data());
    return errno == ENOENT ? status_not_found : status_not_started;
}

Result<pid_t> spawn(int network_namespace, const Command& command, Streams streams) {
    Image image = image_of(command);
    const pid_t parent = getpid();
    return fork_in(network_namespace, [&] {
        return bind_to(command.bond, parent) ? become(command, image, streams) : status_not_started;
    });
}

struct Pipe {
    Fd read, write;
};

Result<Pipe> make_pipe() {
    std::array<int, 2> ends;
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return refusal("cannot make a pipe", errno);
    return Pipe{Fd(ends[0]), Fd(ends[1])};
}

// Reads what is there; false at the end.
bool drain(int fd, std::string& into) {
    std::array<char, 65536> buffer;
    const ssize_t length = read(fd, buffer.data(), buffer.size());
    if (length > 0) into.append(buffer.data(), static_cast<std::size_t>(length));
    return length > 0 || (length < 0 && errno == EINTR);
}

// Both streams to their ends; false when `deadline` comes first.
bool collect(Fd out, Fd err, Outcome& outcome, Clock::time_point deadline) {
    while (out.valid() || err.valid()) {
        std::array<pollfd, 2> watched = {{{out.get(), POLLIN, 0}, {err.get(), POLLIN, 0}}};
        const int ready = poll(watched.data(), watched.size(), milliseconds_until(deadline));
        if (ready == 0) return false;
        if (ready < 0) continue;
        if (watched[0].revents != 0 && !drain(out.get(), outcome.out)) out.reset();
        if (watched[1].revents != 0 && !drain(err.get(), outcome.err)) err.reset();
    }
    return true;
}

}  // namespace

Command shell(std::string_view text) { return {.argv = {"/bin/sh", "-c", std::string(text)}}; }

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), status_(std::exchange(other.status_, std::nullopt)) {}

Process& Process::operator=(Process&& other) noexcept {
    if (this == &other) return *this;
    kill();
    pid_ = std::exchange(other.pid_, -1);
    status_ = std::exchange(other.status_, std::nullopt);
    return *this;
}

Process::~Process() { kill(); }

std::optional<int> Process::wait(Milliseconds limit) {
    if (pid_ < 0 || status_) return status_;
    const Fd handle(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
    pollfd watched{handle.get(), POLLIN, 0};
    const auto deadline = Clock::now() + limit;
    while (poll(&watched, 1, milliseconds_until(deadline)) < 0 && errno == EINTR) {}
    int raw = 0;
    if (waitpid(pid_, &raw, WNOHANG) == pid_) status_ = status_of(raw);
    return status_;
}

bool Process::running() { return pid_ >= 0 && !wait(Milliseconds(0)); }

void Process::signal(int number) const {
    if (pid_ > 0 && !status_) ::kill(pid_, number);
}

void Process::kill() {
    if (pid_ < 0) return;
    if (!status_) {
        ::kill(pid_, SIGKILL);
        int raw = 0;
        while (waitpid(pid_, &raw, 0) < 0 && errno == EINTR) {}
        status_ = status_of(raw);
    }
}

Result<Process> start(int network_namespace, const Command& command) {
    Fd output;
    if (!command.output.empty()) {
        output = Fd(open(command.output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
        if (!output.valid()) return refusal("cannot write " + command.output, errno);
    }
    return Process(TRY(spawn(network_namespace, command, {.out = output.get(), .err = output.get()})));
}

int replace_by(int network_namespace, const Command& command) {
    Image image = image_of(command);
    if (setns(network_namespace, CLONE_NEWNET) != 0) return status_not_started;
    return become(command, image, {});
}

Result<Outcome> run(int network_namespace, const Command& command, Milliseconds limit) {
    const auto deadline = Clock::now() + limit;
    Pipe out = TRY(make_pipe());
    Pipe err = TRY(make_pipe());
    const Streams streams{.out = out.write.get(), .err = err.write.get()};
    const pid_t child = TRY(spawn(network_namespace, command, streams));
    out.write.reset();
    err.write.reset();
    Outcome outcome;
    const bool ended = collect(std::move(out.read), std::move(err.read), outcome, deadline);
    if (!ended) ::kill(child, SIGKILL);
    int raw = 0;
    while (waitpid(child, &raw, 0) < 0 && errno == EINTR) {}
    outcome.status = status_of(raw);
    if (!ended) return refusal("still running past its limit: " + command.argv.back(), ETIMEDOUT);
    return outcome;
}

Result<Process> fork_inside(int network_namespace, Bond bond, const std::function<int()>& work) {
    const pid_t parent = getpid();
    return Process(TRY(fork_in(network_namespace, [&] {
        unblock_signals();
        if (bond == Bond::outlives_parent) leave_streams();
        return bind_to(bond, parent) ? work() : status_not_started;
    })));
}

bool wait_until(Milliseconds limit, const std::function<bool()>& condition) {
    constexpr timespec pause{.tv_sec = 0, .tv_nsec = 5'000'000};
    const auto deadline = Clock::now() + limit;
    while (!condition()) {
        if (Clock::now() >= deadline) return false;
        nanosleep(&pause, nullptr);
    }
    return true;
}

}  // namespace lvx::lab
