#include "sync/engine_driver.hh"

#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>

#include <algorithm>
#include <ctime>

namespace lvx::sync {
namespace {

constexpr Microseconds quiet_wait{500};         // between two looks at the change feed: half of what a change may wait
constexpr Microseconds busy_wait{200};          // for a while after one that found something: others follow
constexpr Microseconds busy_time{2'000};
constexpr Microseconds idle_wait{50'000};       // while there is nobody to tell
constexpr Microseconds tick_period{50'000};     // a tick is a second long
constexpr Microseconds publish_period{20'000};
constexpr std::size_t most_events = 1024;
constexpr unsigned long timer_slack_ns = 1000;  // the kernel's 50,000 are a quarter of the shortest wait

Microseconds clock_now() {
    return std::chrono::duration_cast<Microseconds>(std::chrono::steady_clock::now().time_since_epoch());
}

// TLS writes with write(2): into a connection that the other side has reset, that is a signal.
void block_broken_pipe() {
    sigset_t signals;
    ::sigemptyset(&signals);
    ::sigaddset(&signals, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

}  // namespace

Engine::Engine(EngineTable table)
    : outside_(std::move(table)),
      table_(outside_.table, __atomic_load_n(outside_.active_set, __ATOMIC_ACQUIRE) & 1),
      feed_(outside_.marks, outside_.lines),
      peers_(table_),
      kernel_(table_, outside_.told_packets),
      thread_([this](const std::stop_token& stop) { run(stop); }) {
    pthread_setname_np(thread_.native_handle(), "lvx-sync");
}

Engine::~Engine() {
    thread_.request_stop();
    thread_.join();
    __atomic_store_n(outside_.feed_word, 0, __ATOMIC_RELEASE);
    // Closed stays closed: nothing new without a standby, not even without a daemon.
    if (outside_.hold_word && !(gate_ && gate_->settings().closed)) __atomic_store_n(outside_.hold_word, HOLD_NOTHING, __ATOMIC_RELEASE);
}

Result<void> Engine::set_stream(const std::optional<model::StateSync>& settings) {
    const std::scoped_lock lock(mutex_);
    TRY(peers_.set(settings));
    const bool strict = settings && settings->strict && outside_.hold_word && outside_.take_held;
    const GateSettings wanted = strict ? GateSettings{.wait = settings->strict_wait, .closed = settings->strict_closed} : GateSettings{};
    if (!strict) gate_.reset();
    else if (!gate_ || gate_->settings() != wanted) gate_.emplace(wanted);
    opening_wanted_ = settings ? settings->opening_lease : std::chrono::milliseconds{0};
    set_hold(moment());
    limit_openings(moment());
    const std::scoped_lock told(told_mutex_);
    learned_ = peers_.learned();
    return {};
}

Result<void> Engine::set_kernel(const KernelSettings& settings) {
    const std::scoped_lock lock(mutex_);
    TRY(kernel_.set(settings, moment()));
    // Not with the thread's next turn: the packet at which a connection is told may come before it.
    if (kernel_.sends()) __atomic_store_n(outside_.feed_word, 1u, __ATOMIC_RELEASE);
    templates_only_ = settings.tuning.templates_only;
    const std::scoped_lock told(told_mutex_);
    told_.kernel = kernel_.status();
    return {};
}

EngineStatus Engine::status() const {
    const std::scoped_lock lock(told_mutex_);
    return told_;
}

std::vector<SyncEvent> Engine::take_events() {
    const std::scoped_lock lock(told_mutex_);
    std::vector<SyncEvent> events(events_.begin(), events_.end());
    events_.clear();
    return events;
}

bool Engine::learned() const {
    const std::scoped_lock lock(told_mutex_);
    return learned_;
}

void Engine::run(const std::stop_token& stop) {
    block_broken_pipe();
    ::prctl(PR_SET_TIMERSLACK, timer_slack_ns, 0, 0, 0);
    while (!stop.stop_requested()) {
        Microseconds pause = idle_wait;
        {
            const std::scoped_lock lock(mutex_);
            cycle();
            if (peers_.connected() || kernel_.sends()) pause = clock_now() - changed_ < busy_time ? busy_wait : quiet_wait;
            if (peers_.busy()) pause = Microseconds{0};
        }
        wait(pause);
    }
}

Moment Engine::moment() {
    const Microseconds now = clock_now();
    if (now - tick_read_ >= tick_period) {
        tick_ = outside_.tick();
        tick_read_ = now;
    }
    return {.table = {.tick = tick_, .tick_us = outside_.tick_us}, .now = now};
}

// The configuration's lock is held while ids are used, so that none is given to another object meanwhile.
void Engine::cycle() {
    const Moment now = moment();
    const bool listens = peers_.active() || kernel_.sends();
    if ((__atomic_load_n(outside_.feed_word, __ATOMIC_RELAXED) != 0) != listens)
        __atomic_store_n(outside_.feed_word, listens ? 1u : 0u, __ATOMIC_RELEASE);
    if (listens || kernel_.active()) {
        const std::scoped_lock lock(*outside_.configuration);
        learn_configuration();
        table_.tell(templates_only_ && !gate_ ? Telling::templates : Telling::everything);
        const Marked marked = feed_.drain();
        if (!marked.changed.empty()) changed_ = now.now;
        peers_.note(marked.changed);
        kernel_.note(marked);
        peers_.work(now);
        kernel_.work(now);
        if (gate_) pass_answers(now);
    }
    limit_openings(now);
    if (now.now - published_ >= publish_period) publish(now);
}

// Only while somebody will know what became of the connections there are.
void Engine::limit_openings(const Moment& moment) {
    if (!outside_.opening.word) return;
    opening_now_ = opening_wanted_.count() > 0 && peers_.in_step(moment) ? opening_wanted_ : std::chrono::milliseconds{0};
    if (!opening_) opening_.emplace(outside_.opening);
    opening_->limit(opening_now_);
}

// The word runs out by itself within two ticks, so that a dead daemon holds nothing for long, unless it is closed.
void Engine::set_hold(const Moment& moment) {
    if (!outside_.hold_word) return;
    const std::uint32_t word = !gate_ || !gate_->holds() ? HOLD_NOTHING : gate_->settings().closed ? HOLD_ALWAYS : std::max(moment.table.tick + 2, 1u);
    if (__atomic_load_n(outside_.hold_word, __ATOMIC_RELAXED) != word) __atomic_store_n(outside_.hold_word, word, __ATOMIC_RELEASE);
}

void Engine::pass_answers(const Moment& moment) {
    outside_.take_held([&](const abi::held_answer& held) {
        if (auto answer = answer_of(held)) gate_->hold(std::move(*answer), moment.now);
        else gate_->count_spoilt();
    });
    const Gate::Standbys standbys{.in_step = peers_.in_step(moment),
                                  .ticket = [this](std::uint32_t slot, std::uint64_t control) { return peers_.ticket(slot, control); },
                                  .standing = [this](const Ticket& ticket) { return peers_.standing(ticket); }};
    for (const Answer& answer : gate_->work(standbys, moment.now))
        if (!frames_.send(answer)) ++unsent_;
    set_hold(moment);
}

void Engine::learn_configuration() {
    const std::uint64_t generation = outside_.generation->load(std::memory_order_acquire);
    if (generation == generation_) return;
    generation_ = generation;
    table_.learn_ids(__atomic_load_n(outside_.active_set, __ATOMIC_ACQUIRE) & 1);
    peers_.reconsider();
}

std::uint64_t Engine::live_connections() const {
    std::uint64_t sum = 0;
    for (std::uint32_t id = 0; id < outside_.table.max_servers; ++id)
        sum += __atomic_load_n(&outside_.table.loads[id].total, __ATOMIC_RELAXED);
    return sum;
}

void Engine::publish(const Moment& now) {
    published_ = now.now;
    EngineStatus status{.stream = peers_.status(now, live_connections()), .kernel = kernel_.status(), .strict = {}};
    if (gate_) status.strict = {.state = std::string(gate_->state()), .counters = gate_->counters(), .unsent = unsent_};
    status.opening_lease = opening_now_;
    std::vector<SyncEvent> events = peers_.take_events();
    const std::scoped_lock lock(told_mutex_);
    told_ = std::move(status);
    learned_ = peers_.learned();
    for (SyncEvent& event : events)
        if (events_.size() < most_events) events_.push_back(std::move(event));
}

// Whoever wants the lock (settings change rarely) gets it here.
void Engine::wait(Microseconds at_most) {
    std::vector<pollfd> polls;
    {
        const std::scoped_lock lock(mutex_);
        peers_.collect(polls);
        kernel_.collect(polls);
        if (gate_ && outside_.held_fd >= 0) polls.push_back({.fd = outside_.held_fd, .events = POLLIN, .revents = 0});
    }
    const timespec time{.tv_sec = 0, .tv_nsec = at_most.count() * 1000};
    ::ppoll(polls.data(), polls.size(), &time, nullptr);
}

}  // namespace lvx::sync
