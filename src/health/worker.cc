#include "health/worker.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/ssl.h>
#include <time.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>

#include "base/ensure.hh"
#include "health/names.hh"
#include "health/worker_parts.hh"

namespace lvx::health {
namespace {

constexpr int ready_limit = 512;          // events taken at once
constexpr Micros view_pause{2'000};       // views are not made more often than this
constexpr Micros passage_pause{100'000};  // a check's last packets still find their connection
constexpr Micros door_pause{10'000};      // a check, or the end of one, that found the door busy tries again after this
constexpr Micros crowd_pause{100'000};    // a check that found running_limit reached tries again after this
constexpr int longest_wait_ms = 1000;
// Before a crowd of checks is looked at again: what comes together is worked on together, and costs fewer interrupts on
// both sides.  So much later a result may be seen.
constexpr timespec gathering = {.tv_sec = 0, .tv_nsec = 2'000'000};
constexpr std::size_t kept_limit = 2048;  // sockets of TCP checks that are kept between two

}  // namespace

Worker::Worker(Outside outside, std::uint64_t seed) : outside_(std::move(outside)), chance_(seed), ready_(ready_limit) {}

Worker::~Worker() {
    for (SlotIndex i = 0; i < slots_.size(); ++i) cancel(i);
    end_passages(Instant::max());
    SSL_CTX_free(tools_.tls);
    SSL_CTX_free(tools_.tls_verifying);
}

Result<std::unique_ptr<Worker>> Worker::open(Outside outside, std::uint64_t seed) {
    std::unique_ptr<Worker> worker(new Worker(std::move(outside), seed));
    worker->epoll_ = Fd(::epoll_create1(EPOLL_CLOEXEC));
    worker->wakeup_ = Fd(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    if (!worker->epoll_.valid() || !worker->wakeup_.valid()) return refusal("cannot make an epoll", errno);
    worker->tools_.epoll = worker->epoll_.get();
    worker->files_ = TRY(DirectoryWatch::open());
    TRY(worker->watch_fd(worker->wakeup_.get(), &worker->wakeup_));
    worker->names_ = TRY(HostNames::open(worker->outside_.look_up));
    TRY(worker->watch_fd(worker->files_->fd(), &worker->files_));
    TRY(worker->watch_fd(worker->names_->fd(), &worker->names_));
    return worker;
}

Result<void> Worker::watch_fd(int fd, void* mark) {
    epoll_event wanted = {.events = EPOLLIN, .data = {.ptr = mark}};
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &wanted) != 0) return refusal("cannot watch a descriptor", errno);
    return {};
}

void Worker::wake() const {
    const std::uint64_t one = 1;
    (void)!::write(wakeup_.get(), &one, sizeof one);
}

void Worker::wait() {
    if (tools_.crowd) (void)::clock_nanosleep(CLOCK_MONOTONIC, 0, &gathering, nullptr);
    int timeout = longest_wait_ms;
    if (!timers_.empty()) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(timers_.first_time() - Clock::now()).count();
        timeout = static_cast<int>(std::clamp<std::int64_t>(left, 0, longest_wait_ms));
    }
    if (!changed_pools_.empty()) timeout = std::min(timeout, 1);
    if (!passages_.empty()) timeout = std::min(timeout, static_cast<int>((passages_.front().first <= Clock::now() ? door_pause : passage_pause) / Micros(1000)));
    ready_count_ = std::max(0, ::epoll_wait(epoll_.get(), ready_.data(), ready_limit, timeout));
}

void Worker::work(Instant now) {
    const int count = std::exchange(ready_count_, 0);
    for (int i = 0; i < count; ++i) {
        void* const mark = ready_[static_cast<std::size_t>(i)].data.ptr;
        if (mark == &wakeup_) {
            std::uint64_t rings = 0;
            (void)!::read(wakeup_.get(), &rings, sizeof rings);
        } else if (mark == &files_) {
            if (files_->changed()) look_at_files(now);
        } else if (mark == &names_) {
            names_->heard();
            look_at_maintenance(now);
        } else if (mark == &runner_) {
            runner_->step();
        } else {
            const auto [probe, counts] = probe_of(mark);
            if (!counts) continue;
            probe->events = ready_[static_cast<std::size_t>(i)].events;
            probe->resume();
        }
    }
    while (!timers_.empty() && timers_.first_time() <= now) {
        const std::uint32_t timer = timers_.first();
        timers_.clear(timer);
        fire(timer, now);
    }
    end_passages(now);
    publish(now);
}

void Worker::fire(std::uint32_t timer, Instant now) {
    if (timer == slots_.size() + pools_.size()) return;  // the next view: published at the end of work()
    if (timer >= slots_.size()) {
        const auto pool = static_cast<std::uint32_t>(timer - slots_.size());
        carry_out(pool, pools_[pool]->tick(now));
        changed_pools_.push_back(pool);
        return schedule_pool(pool);
    }
    Slot& slot = slots_[timer];
    if (!slot.run) return begin_run(timer, now);
    slot.run->probe.late = true;
    resume(*slot.run);
}

std::unique_ptr<Worker::Run> Worker::free_run() {
    if (!free_runs_.empty()) {
        std::unique_ptr<Run> run = std::move(free_runs_.back());
        free_runs_.pop_back();
        return run;
    }
    auto run = std::make_unique<Run>();
    Run* const self = run.get();
    run->probe.tools = &tools_;
    run->probe.set_deadline = [this, self](Micros limit) { timers_.set(self->slot, Clock::now() + limit); };
    run->probe.resume = [this, self] { resume(*self); };
    return run;
}

void Worker::begin_run(SlotIndex index, Instant now) {
    if (running_ >= running_limit) {
        ++counters_.delayed;
        return timers_.set(index, now + crowd_pause);
    }
    Slot& slot = slots_[index];
    const model::Pool& pool = setting_->pools[slot.pool];
    slot.run = free_run();
    Run& run = *slot.run;
    ++running_;
    run.slot = index;
    run.keeps = setting_;
    Probe& probe = run.probe;
    probe.check = slot.check;
    probe.configured_weight = pool.servers[slot.server].weight;
    probe.step = slot.memory.step;
    probe.datagram = pool.services.front().protocol == model::Protocol::udp;
    probe.chance = static_cast<std::uint32_t>(chance_());
    probe.waiting = nullptr;
    probe.late = false;
    probe.postponed = false;
    if (slot.check->target.through) {
        probe.service = pool.services.front();
        probe.server = pool.servers[slot.server].endpoint;
        if (probe.server.port == 0) probe.server.port = probe.service.port;
    }
    slot.started = now;
    timers_.set(index, now + slot.check->timing.connect_timeout);
    run.task = start_check(probe);
    run.task.start();
    if (run.task.done()) finish_run(run, Clock::now());
}

void Worker::resume(Run& run) {
    if (!run.probe.waiting) return;
    std::exchange(run.probe.waiting, nullptr).resume();
    if (run.task.done()) finish_run(run, Clock::now());
}

void Worker::finish_run(Run& run, Instant now) {
    const SlotIndex index = run.slot;
    const Outcome outcome = run.task.take();
    const bool postponed = run.probe.postponed;
    cancel(index);
    if (postponed) {
        ++counters_.postponed;
        return timers_.set(index, now + door_pause);
    }
    settle(index, outcome, now);
}

// Ends a run, whether it came to a result or not.
void Worker::cancel(SlotIndex index) {
    if (!slots_[index].run) return;
    std::unique_ptr<Run> run = std::move(slots_[index].run);
    if (run->probe.job != 0 && runner_) runner_->forget(std::exchange(run->probe.job, 0));
    run->task.reset();
    if (run->probe.passage) passages_.emplace_back(Clock::now() + passage_pause, std::move(*std::exchange(run->probe.passage, std::nullopt)));
    run->probe.waiting = nullptr;
    run->probe.uses_kept = false;
    if (free_runs_.size() >= kept_limit) run->probe.kept.reset();
    run->keeps.reset();
    --running_;
    free_runs_.push_back(std::move(run));
}

void Worker::settle(SlotIndex index, const Outcome& outcome, Instant now) {
    Slot& slot = slots_[index];
    const auto took = std::chrono::duration_cast<Micros>(now - slot.started);
    const CheckStep step = finished(slot.memory, slot.check->timing, shape_of(*slot.check), outcome.verdict, took);
    ++counters_.runs;
    ++slot.runs;
    slot.failures += outcome.verdict == Verdict::failed ? 1 : 0;
    counters_.failures += outcome.verdict == Verdict::failed ? 1 : 0;
    counters_.local_errors += outcome.verdict == Verdict::local_error ? 1 : 0;
    slot.last_us = static_cast<std::uint32_t>(std::clamp<std::int64_t>(took.count(), 0, 0xffffffff));
    slot.memory = step.memory;
    if (slot.reason != outcome.reason) slot.reason = outcome.reason;
    timers_.set(index, now + step.next);
    tell_result(slot, step, outcome);
    if (step.change != Change::none) set_state(index, step.change == Change::went_up, outcome.reason, now);
    if (outcome.verdict == Verdict::passed) add_weight(index, outcome.weight_added, outcome.reason, now);
}

void Worker::tell_result(const Slot& slot, const CheckStep& step, const Outcome& outcome) {
    const bool every = setting_->log_all_failures || slot.check->log_all_failures;
    const bool failure = step.change == Change::went_down || (every && outcome.verdict == Verdict::failed);
    if (!failure && step.change != Change::went_up) return;
    const model::Pool& pool = setting_->pools[slot.pool];
    const std::string server = notify::server_name(slot.check->target.endpoint, protocol_of(pool));
    if (failure) return outside_.emit(model::event(model::EventKind::check_failed, {server, std::string(kind_name(*slot.check)), outcome.reason}));
    const bool http = std::holds_alternative<model::HttpCheck>(slot.check->kind);
    outside_.emit(model::event(http ? model::EventKind::http_check_succeeded : model::EventKind::check_succeeded,
                               {server, std::string(result_subject(*slot.check)), outcome.reason}));
}

void Worker::set_state(SlotIndex index, bool good, const std::string& reason, Instant now) {
    Slot& slot = slots_[index];
    slot.since = now;
    PoolMachine& machine = *pools_[slot.pool];
    carry_out(slot.pool, good ? machine.on(CheckRecovered{slot.server, reason}, now) : machine.on(CheckFailed{slot.server, reason}, now));
}

// Dynamic checks of one server add up.
void Worker::add_weight(SlotIndex index, std::int64_t weight, const std::string& reason, Instant now) {
    Slot& slot = slots_[index];
    if (slot.weight_added == weight) return;
    PoolMachine& machine = *pools_[slot.pool];
    const std::int64_t delta = machine.server(slot.server).delta + weight - slot.weight_added;
    slot.weight_added = weight;
    carry_out(slot.pool, machine.on(WeightAdded{slot.server, delta, reason}, now));
}

void Worker::carry_out(std::uint32_t pool, Actions actions) {
    for (Action& action : actions) {
        if (const auto* event = std::get_if<model::Event>(&action)) outside_.emit(*event);
        else outside_.tell(std::move(std::get<notify::Notice>(action)));
    }
    changed_pools_.push_back(pool);
    schedule_pool(pool);
}

void Worker::schedule_pool(std::uint32_t pool) {
    const auto timer = static_cast<std::uint32_t>(slots_.size() + pool);
    if (const auto when = pools_[pool]->wake()) timers_.set(timer, *when);
    else timers_.clear(timer);
}

// A view costs a pass over all servers: changes that come close together share one.
void Worker::publish(Instant now) {
    if (changed_pools_.empty()) return;
    const auto timer = static_cast<std::uint32_t>(slots_.size() + pools_.size());
    if (timers_.when(timer)) return;
    std::ranges::sort(changed_pools_);
    const auto repeated = std::ranges::unique(changed_pools_);
    changed_pools_.erase(repeated.begin(), repeated.end());
    bool differs = views_.size() != pools_.size();
    views_.resize(pools_.size());
    for (const std::uint32_t pool : changed_pools_) {
        PoolView view = pools_[pool]->view(now);
        differs = differs || view != views_[pool];
        views_[pool] = std::move(view);
    }
    changed_pools_.clear();
    if (!differs) return;
    timers_.set(timer, now + view_pause);
    ++counters_.views;
    outside_.view(View{.generation = ++generation_, .pools = views_});
}

void Worker::judge_passively(const model::ServiceKey& key, const Endpoint& server, std::optional<std::string> ejected, Instant now) {
    for (std::uint32_t pool = 0; pool < pools_.size(); ++pool) {
        const model::Pool& configured = setting_->pools[pool];
        if (std::ranges::find(configured.services, key) == configured.services.end()) continue;
        const auto found = std::ranges::find(configured.servers, server, &model::WatchedServer::endpoint);
        if (found == configured.servers.end()) continue;
        const auto index = static_cast<ServerIndex>(found - configured.servers.begin());
        carry_out(pool, ejected ? pools_[pool]->on(Ejected{index, *ejected}, now) : pools_[pool]->on(Readmitted{index}, now));
    }
}

void Worker::set_door(Door door) {
    tools_.home = Fd(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
    tools_.door = std::move(door);
    if (tools_.home.valid()) return;
    tools_.door.network_namespace = -1;
    tools_.door.closed = "cannot open the own network namespace";
}

void Worker::end_passages(Instant until) {
    while (!passages_.empty() && passages_.front().first <= until) {
        if (tools_.door.end && !tools_.door.end(passages_.front().second)) break;  // comes with the next step
        passages_.pop_front();
    }
}

void Worker::stop() {
    for (SlotIndex i = 0; i < slots_.size(); ++i) cancel(i);
    end_passages(Instant::max());
    for (std::uint32_t i = 0; i < pools_.size(); ++i) carry_out(i, pools_[i]->stop());
    timers_ = {};
    slots_.clear();
    pools_.clear();
    changed_pools_.clear();
}

}  // namespace lvx::health
