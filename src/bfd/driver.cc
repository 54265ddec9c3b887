#include "bfd/driver.hh"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <random>
#include <set>
#include <utility>

#include "bfd/sockets.hh"

namespace lvx::bfd {

namespace {

// Of one socket and step: a flood must not keep the loop from its timers.
constexpr int packets_at_once = 256;

using Door = std::pair<Family, std::uint16_t>;  // what a receiving socket is bound to

struct Entry {
    model::BfdInstance form;
    Session session;
    Fd sender;
};

Parameters parameters_of(const model::BfdInstance& form) {
    return {.min_rx = form.min_rx, .min_tx = form.min_tx, .idle_tx = form.idle_tx, .multiplier = form.multiplier, .passive = form.passive};
}

Door door_of(const model::BfdInstance& form) { return {form.neighbour.family(), form.multihop ? multihop_port : single_hop_port}; }

// A session is another one when its packets go elsewhere.
bool same_way(const model::BfdInstance& a, const model::BfdInstance& b) {
    return a.neighbour == b.neighbour && a.source == b.source && a.multihop == b.multihop && a.ttl == b.ttl;
}

class SocketDriver : public Driver {
 public:
    SocketDriver(Outside outside, Fd epoll, Fd timer) : outside_(std::move(outside)), epoll_(std::move(epoll)), timer_(std::move(timer)) {}
    SocketDriver(const SocketDriver&) = delete;
    SocketDriver& operator=(const SocketDriver&) = delete;
    ~SocketDriver() override {
        for (auto& [number, entry] : entries_) say_good_bye(entry, Instant::clock::now());
    }

    Result<void> configure(std::span<const model::BfdInstance> sessions, Instant now) override;
    Result<void> administer(std::string_view name, Administration wish, Instant now) override;
    [[nodiscard]] int fd() const override { return epoll_.get(); }
    void step(Instant now) override;
    [[nodiscard]] std::vector<SessionView> sessions() const override;
    [[nodiscard]] DoorCounters counters() const override { return counters_; }

 private:
    [[nodiscard]] Result<void> open_doors(std::span<const model::BfdInstance> sessions);
    void drop_gone(std::span<const model::BfdInstance> sessions, Instant now);
    void add(const model::BfdInstance& form, Instant now);
    [[nodiscard]] Entry* find(std::string_view name);
    [[nodiscard]] Entry* owner_of(const Packet& packet, const Datagram& datagram, const Door& door);
    void take(const Datagram& datagram, const Door& door, Instant now);
    void apply(Entry& entry, const Event& event, Instant now);
    void act(Entry& entry, const Send& send, Instant now);
    void act(Entry& entry, const Changed& changed, Instant now);
    void act(Entry& entry, const Retimed& retimed, Instant now);
    void say_good_bye(Entry& entry, Instant now);
    void arm();
    [[nodiscard]] double chance() { return std::uniform_real_distribution<double>(0, 1)(random_); }
    [[nodiscard]] std::uint32_t free_number();

    Outside outside_;
    Fd epoll_, timer_;
    std::map<Door, Fd> doors_;
    std::map<std::uint32_t, Entry> entries_;        // by our discriminator
    std::set<std::pair<Instant, std::uint32_t>> wakes_;
    DoorCounters counters_;
    std::mt19937 random_{std::random_device{}()};
};

// ---- configuration ----

Result<void> SocketDriver::configure(std::span<const model::BfdInstance> sessions, Instant now) {
    TRY(open_doors(sessions));
    drop_gone(sessions, now);
    for (const model::BfdInstance& form : sessions) {
        Entry* const known = find(form.name);
        if (known == nullptr) {
            add(form, now);
            continue;
        }
        known->form = form;
        apply(*known, Reconfigured{parameters_of(form)}, now);
    }
    arm();
    return {};
}

Result<void> SocketDriver::open_doors(std::span<const model::BfdInstance> sessions) {
    for (const model::BfdInstance& form : sessions) {
        if (doors_.contains(door_of(form))) continue;
        Fd receiver = TRY(open_receiver(door_of(form).first, door_of(form).second));
        epoll_event event{.events = EPOLLIN, .data = {.fd = receiver.get()}};
        if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, receiver.get(), &event) != 0) return refusal("cannot wait for BFD packets", errno);
        doors_.emplace(door_of(form), std::move(receiver));
    }
    return {};
}

void SocketDriver::drop_gone(std::span<const model::BfdInstance> sessions, Instant now) {
    for (auto at = entries_.begin(); at != entries_.end();) {
        Entry& entry = at->second;
        const auto found = std::ranges::find(sessions, entry.form.name, &model::BfdInstance::name);
        const bool stays = found != sessions.end() && same_way(*found, entry.form);
        if (!stays) say_good_bye(entry, now);
        at = stays ? std::next(at) : entries_.erase(at);
    }
}

std::uint32_t SocketDriver::free_number() {
    std::uint32_t number = 0;
    do number = static_cast<std::uint32_t>(random_());
    while (number == 0 || entries_.contains(number));
    return number;
}

void SocketDriver::add(const model::BfdInstance& form, Instant now) {
    const std::uint32_t number = free_number();
    Entry& entry = entries_.emplace(number, Entry{form, new_session(parameters_of(form), number, now), Fd()}).first->second;
    outside_.changed(form, State::down, entry.session.state, now);
    apply(entry, Started{}, now);
}

// To the neighbour only: whoever took the session away here knows.
void SocketDriver::say_good_bye(Entry& entry, Instant now) {
    if (const auto wake = wake_of(entry.session)) wakes_.erase({*wake, entry.session.local_discriminator});
    for (const Action& action : bfd::step(entry.session, Administered{Administration::down}, now, chance()).actions)
        if (const auto* send = std::get_if<Send>(&action)) act(entry, *send, now);
}

Entry* SocketDriver::find(std::string_view name) {
    for (auto& [number, entry] : entries_)
        if (entry.form.name == name) return &entry;
    return nullptr;
}

Result<void> SocketDriver::administer(std::string_view name, Administration wish, Instant now) {
    Entry* const entry = find(name);
    if (entry == nullptr) return refusal(fmt::format("there is no BFD session {}", name), ENOENT);
    apply(*entry, Administered{wish}, now);
    arm();
    return {};
}

// ---- packets and time ----

void SocketDriver::step(Instant now) {
    std::uint64_t expirations = 0;
    (void)!::read(timer_.get(), &expirations, sizeof expirations);
    // Packets first: after a stall of this loop, what the neighbour sent meanwhile counts.
    std::array<std::uint8_t, 256> buffer;
    for (const auto& [door, receiver] : doors_) {
        for (int i = 0; i < packets_at_once; ++i) {
            const auto datagram = receive(receiver, buffer);
            if (!datagram) break;
            take(*datagram, door, now);
        }
    }
    while (!wakes_.empty() && wakes_.begin()->first <= now) apply(entries_.at(wakes_.begin()->second), Tick{}, now);
    arm();
}

// Section 6.8.6: by our discriminator, else by where it came from.
Entry* SocketDriver::owner_of(const Packet& packet, const Datagram& datagram, const Door& door) {
    const auto matches = [&](const Entry& entry) { return entry.form.neighbour == datagram.from && door_of(entry.form) == door; };
    if (packet.your_discriminator != 0) {
        const auto found = entries_.find(packet.your_discriminator);
        return found != entries_.end() && matches(found->second) ? &found->second : nullptr;
    }
    for (auto& [number, entry] : entries_)
        if (matches(entry)) return &entry;
    return nullptr;
}

void SocketDriver::take(const Datagram& datagram, const Door& door, Instant now) {
    const auto packet = parse(datagram.bytes);
    if (!packet) {
        ++counters_.malformed;
        return;
    }
    Entry* const entry = owner_of(*packet, datagram, door);
    if (entry == nullptr) {
        ++counters_.no_session;
        return;
    }
    if (too_far(entry->form, datagram.ttl)) {
        ++counters_.wrong_ttl;
        ++entry->session.counters.discarded;
        return;
    }
    apply(*entry, Received{*packet}, now);
}

void SocketDriver::apply(Entry& entry, const Event& event, Instant now) {
    const std::uint32_t number = entry.session.local_discriminator;
    if (const auto wake = wake_of(entry.session)) wakes_.erase({*wake, number});
    Step stepped = bfd::step(std::move(entry.session), event, now, chance());
    entry.session = std::move(stepped.session);
    if (const auto wake = wake_of(entry.session)) wakes_.emplace(*wake, number);
    for (const Action& action : stepped.actions) std::visit([&](const auto& each) { act(entry, each, now); }, action);
}

// The source may not be there yet (a virtual address), so the socket is made when it is needed, again and again.
void SocketDriver::act(Entry& entry, const Send& send, Instant) {
    if (!entry.sender.valid())
        if (auto opened = open_sender(entry.form, static_cast<std::uint16_t>(random_()))) entry.sender = std::move(*opened);
    const auto bytes = bytes_of(send.packet);
    if (entry.sender.valid() && ::send(entry.sender.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) >= 0) return;
    ++counters_.send_failed;
    // The neighbour's own "port unreachable" is told by the next send and means nothing for the socket.
    if (errno != ECONNREFUSED) entry.sender.reset();
}

void SocketDriver::act(Entry& entry, const Changed& changed, Instant now) {
    const std::string neighbour = entry.form.neighbour.text();
    using Kind = model::EventKind;
    switch (changed.after) {
        case State::up: outside_.emit(model::event(Kind::bfd_up, {entry.form.name, neighbour})); break;
        case State::init: outside_.emit(model::event(Kind::bfd_init, {entry.form.name, neighbour})); break;
        case State::admin_down: outside_.emit(model::event(Kind::bfd_admin_down, {entry.form.name, neighbour})); break;
        case State::down:
            outside_.emit(model::event(Kind::bfd_down, {entry.form.name, neighbour, std::string(sentence(entry.session.diagnostic))}));
            break;
    }
    outside_.changed(entry.form, changed.before, changed.after, now);
}

std::string milliseconds_text(microseconds time) { return fmt::format("{} ms", static_cast<double>(time.count()) / 1000); }

void SocketDriver::act(Entry& entry, const Retimed& retimed, Instant) {
    outside_.emit(model::event(model::EventKind::bfd_timers_changed,
                               {entry.form.name, milliseconds_text(retimed.transmit), milliseconds_text(retimed.detect)}));
}

void SocketDriver::arm() {
    itimerspec at{};
    if (!wakes_.empty()) {
        const auto since_boot = std::max(wakes_.begin()->first.time_since_epoch(), Instant::duration(1));
        const auto seconds = std::chrono::floor<std::chrono::seconds>(since_boot);
        at.it_value = {.tv_sec = seconds.count(), .tv_nsec = std::chrono::nanoseconds(since_boot - seconds).count()};
    }
    ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &at, nullptr);
}

std::vector<SessionView> SocketDriver::sessions() const {
    std::vector<SessionView> result;
    for (const auto& [number, entry] : entries_) {
        const Session& session = entry.session;
        result.push_back({.name = entry.form.name, .neighbour = entry.form.neighbour, .state = session.state,
                          .diagnostic = session.diagnostic, .remote_state = session.remote_state,
                          .remote_diagnostic = session.remote_diagnostic, .since = session.since,
                          .transmit = transmit_interval(session), .detect = detection_time(session), .counters = session.counters});
    }
    std::ranges::sort(result, {}, &SessionView::name);
    return result;
}

}  // namespace

Result<std::unique_ptr<Driver>> Driver::open(Outside outside) {
    Fd epoll(::epoll_create1(EPOLL_CLOEXEC)), timer(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
    if (!epoll.valid() || !timer.valid()) return refusal("cannot make a timer for BFD", errno);
    epoll_event event{.events = EPOLLIN, .data = {.fd = timer.get()}};
    if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, timer.get(), &event) != 0) return refusal("cannot wait for a timer of BFD", errno);
    return std::make_unique<SocketDriver>(std::move(outside), std::move(epoll), std::move(timer));
}

}  // namespace lvx::bfd
