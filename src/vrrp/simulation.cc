#include "vrrp/simulation.hh"

#include <algorithm>
#include <array>
#include <optional>
#include <queue>
#include <utility>
#include <vector>

#include "vrrp/routers.hh"
#include "vrrp/seal.hh"

namespace lvx::vrrp {

namespace {

constexpr std::size_t directors_limit = 3, paths_limit = 3;
constexpr std::size_t faults_of_a_story = 12;

// SplitMix64: small, and the same on every machine.
class Dice {
 public:
    explicit Dice(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15 + 1) {}
    std::uint64_t next() {
        std::uint64_t mixed = state_ += 0x9e3779b97f4a7c15;
        mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
        mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
        return mixed ^ mixed >> 31;
    }
    std::uint64_t below(std::uint64_t limit) { return next() % limit; }
    bool chance(std::uint64_t percent) { return below(100) < percent; }
    Microseconds up_to(Microseconds limit) { return Microseconds(static_cast<std::int64_t>(below(static_cast<std::uint64_t>(limit.count()) + 1))); }

 private:
    std::uint64_t state_;
};

struct Packet {
    std::size_t from = 0, to = 0;
    std::uint8_t priority = 0;
    Microseconds interval{0};
    std::optional<Stamp> stamp;
};

enum class Kind : std::uint8_t { deliver, wake, fault };

struct Happening {
    Instant at;
    std::uint64_t order = 0;  // of two at the same time
    Kind kind = Kind::wake;
    std::size_t who = 0;
    Packet packet;
    bool operator>(const Happening& other) const { return std::tie(at, order) > std::tie(other.at, other.order); }
};

struct Director {
    std::optional<Routers> routers;       // none: dead
    std::vector<Packet> queue;            // of its socket
    std::optional<Instant> frozen_until;
    std::optional<Instant> lease;
    bool holds = false, link_down = false, standby = false;
    Instant wake_at{}, answers_since{};
    std::array<Stamp, directors_limit> last_stamp{};
    std::int64_t wall_offset_s = 0;
    std::uint16_t stamp_counter = 0;
    std::array<std::optional<Instant>, directors_limit> lost_from;   // when an advert of that one was last lost on every path
    std::array<std::optional<Instant>, directors_limit> heard_from;  // when one was last taken in
    std::array<std::uint8_t, directors_limit> heard_priority{255, 255, 255};
    std::optional<Instant> zero_heard;
    std::uint8_t last_priority = 0;       // of one that is dead: its data plane answers until the lease ends
};

class World {
 public:
    explicit World(std::uint64_t seed);
    Story run();

 private:
    [[nodiscard]] model::VrrpInstance instance_of(std::size_t who) const;
    [[nodiscard]] bool answers(std::size_t who) const;
    [[nodiscard]] std::uint8_t priority_of(std::size_t who) const;
    [[nodiscard]] bool runs(std::size_t who) const { return directors_[who].routers && !directors_[who].frozen_until; }
    [[nodiscard]] bool is_fresh(Director& director, const Packet& packet) const;
    void add(Happening happening);
    void begin(std::size_t who);
    void step(std::size_t who);
    void carry(std::size_t who, const Deeds& deeds);
    void send(std::size_t who, std::uint8_t priority);
    void fault();
    void strike(std::size_t who);
    void heal_all();
    void check();
    void violate(std::string sentence);
    void check_takeover(std::size_t who, const StateChanged& change);

    Dice dice_;
    Story story_;
    Instant now_{std::chrono::seconds(1000)};
    std::uint64_t order_ = 0;
    std::priority_queue<Happening, std::vector<Happening>, std::greater<>> agenda_;
    std::vector<Director> directors_;
    std::size_t paths_ = 1;
    std::array<std::array<std::array<bool, paths_limit>, directors_limit>, directors_limit> cut_{};  // from, to, path
    std::uint64_t loss_ = 0, doubling_ = 0;
    Microseconds interval_{0}, longest_delay_{0}, latency_{0};
    std::uint8_t version_ = 3, down_adverts_ = 3;
    bool sealed_ = false, preempt_ = true, grouped_ = false;
    std::vector<std::uint8_t> priorities_;
    std::size_t faults_left_ = faults_of_a_story;
    bool healed_ = false;
    std::optional<Instant> overlap_since_;
};

World::World(std::uint64_t seed) : dice_(seed) {
    story_.seed = seed;
    directors_.resize(2 + dice_.below(2));
    paths_ = 1 + dice_.below(paths_limit);
    version_ = dice_.chance(70) ? 3 : 2;
    constexpr std::array<int, 4> hundredths = {1, 10, 25, 100};
    interval_ = version_ == 2 ? std::chrono::seconds(1) : std::chrono::milliseconds(10 * hundredths[dice_.below(4)]);
    down_adverts_ = static_cast<std::uint8_t>(2 + dice_.below(3));
    longest_delay_ = interval_ / static_cast<int>(4 + dice_.below(40));
    latency_ = interval_ / static_cast<int>(8 + dice_.below(60));
    loss_ = dice_.chance(50) ? dice_.below(20) : 0;
    doubling_ = dice_.chance(30) ? 10 : 0;
    sealed_ = dice_.chance(15);
    preempt_ = dice_.chance(70);
    grouped_ = dice_.chance(25);
    for (std::size_t i = 0; i < directors_.size(); ++i)
        priorities_.push_back(static_cast<std::uint8_t>(dice_.chance(20) ? 100 : 1 + dice_.below(254)));
    story_.interval = interval_;
}

model::VrrpInstance World::instance_of(std::size_t who) const {
    return {.name = "VI", .interface = "eth0", .vrid = 51, .priority = priorities_[who], .version = version_, .advert_interval = interval_,
            .down_timer_adverts = down_adverts_, .preempt = preempt_};
}

void World::add(Happening happening) {
    happening.order = ++order_;
    agenda_.push(std::move(happening));
}

void World::begin(std::size_t who) {
    Director& director = directors_[who];
    director = Director{.wall_offset_s = director.wall_offset_s};
    model::Vrrp configuration{.instances = {instance_of(who)}};
    director.routers.emplace(configuration, now_);
    director.routers->at(0).source = Address::v4(0x0a000001 + static_cast<std::uint32_t>(who));
    carry(who, director.routers->start(now_));
    director.wake_at = now_;
    add({.at = now_, .kind = Kind::wake, .who = who});
}

bool World::answers(std::size_t who) const {
    const Director& director = directors_[who];
    return director.holds && !director.link_down && director.lease && now_ <= *director.lease;
}

std::uint8_t World::priority_of(std::size_t who) const {
    const Director& director = directors_[who];
    return director.routers ? director.routers->routers()[0].priority() : director.last_priority;
}

void World::violate(std::string sentence) {
    if (story_.violation.empty())
        story_.violation = sentence + " at " + std::to_string(std::chrono::duration_cast<Microseconds>(now_.time_since_epoch()).count()) + " us";
}

// A replay window of 5 s, as the daemon's; a wall clock that jumps out of it costs adverts, never two masters by itself.
bool World::is_fresh(Director& director, const Packet& packet) const {
    if (!packet.stamp || healed_) return true;
    const std::int64_t here = std::chrono::duration_cast<std::chrono::seconds>(now_.time_since_epoch()).count() + director.wall_offset_s;
    if (*packet.stamp <= director.last_stamp[packet.from] || std::abs(here - std::int64_t{packet.stamp->seconds}) > 5) return false;
    director.last_stamp[packet.from] = *packet.stamp;
    return true;
}

// As Engine::step: what waits is heard first, then timers, then the lease.
void World::step(std::size_t who) {
    Director& director = directors_[who];
    const bool answered = answers(who);
    std::vector<Packet> queue = std::exchange(director.queue, {});
    for (const Packet& packet : queue) {
        if (!is_fresh(director, packet)) {
            director.lost_from[packet.from] = now_;
            continue;
        }
        director.heard_from[packet.from] = now_;
        director.heard_priority[packet.from] = packet.priority;
        if (packet.priority == resign_priority) director.zero_heard = now_;
        const bool better_answers = answers(packet.from) && packet.priority != resign_priority && directors_[packet.from].routers &&
                                    directors_[packet.from].routers->routers()[0].state == State::master;
        const Router& own = director.routers->routers()[0];
        const Address source = Address::v4(0x0a000001 + static_cast<std::uint32_t>(packet.from));
        const bool is_better = packet.priority > own.priority() || (packet.priority == own.priority() && source > own.source);
        carry(who, director.routers->hear(0, {.source = source, .priority = packet.priority, .interval = packet.interval}, now_));
        if (is_better && better_answers && packet.priority != 0 && director.routers->routers()[0].state == State::master)
            violate("hearing: director " + std::to_string(who) + " stays master though it heard a better one");
    }
    carry(who, director.routers->tick(now_));
    if (!answered && answers(who)) director.answers_since = now_;
    const std::optional<Instant> timer = director.routers->wake();
    Instant next = timer ? *timer : now_ + interval_;
    if (director.lease) next = std::min(next, now_ + (*director.lease - now_) / 2);
    director.wake_at = std::max(next, now_) + dice_.up_to(latency_);
    add({.at = director.wake_at, .kind = Kind::wake, .who = who});
}

void World::check_takeover(std::size_t who, const StateChanged& change) {
    ++story_.takeovers;
    const Director& director = directors_[who];
    const Router& router = director.routers->routers()[0];
    for (std::size_t other = 0; other < directors_.size(); ++other) {
        if (other == who || !answers(other)) continue;
        const std::uint8_t peer = priority_of(other);
        // One that takes over by preempting is heard at once; see `hearing`.
        const bool preempts = preempt_ && (peer < router.priority() || director.heard_priority[other] < router.priority());
        const auto& heard = director.heard_from[other];
        const auto& lost = director.lost_from[other];
        const bool excused = lost && (!heard || *lost + longest_delay_ + latency_ >= *heard);
        // Both waited for the same silence, or the other one runs again after a pause, and its advert is still on its way.
        const bool together = now_ - directors_[other].answers_since <= longest_delay_ + 2 * latency_;
        // After a resignation it waits for the skew only, as RFC 9568 wants, even where a second master is about.
        const bool succeeds = director.zero_heard && now_ - *director.zero_heard <= skew_time(router.pace(), router.priority()) + 2 * latency_;
        if (!preempts && !excused && !together && !succeeds && change.before == State::backup)
            violate("silence: director " + std::to_string(who) + " takes over from " + std::to_string(other) + ", which answers");
    }
}

void World::carry(std::size_t who, const Deeds& deeds) {
    Director& director = directors_[who];
    for (const Deed& deed : deeds) {
        if (const auto* change = std::get_if<StateChanged>(&deed); change != nullptr && change->after == State::master) check_takeover(who, *change);
        if (const auto* advert = std::get_if<SendAdvert>(&deed)) send(who, advert->priority);
        if (std::holds_alternative<TakeAddresses>(deed)) director.holds = true;
        if (std::holds_alternative<ReleaseAddresses>(deed)) director.holds = false;
    }
    director.lease = director.routers->lease(now_);
}

void World::send(std::size_t who, std::uint8_t priority) {
    Director& director = directors_[who];
    Packet packet{.from = who, .priority = priority, .interval = interval_};
    if (sealed_) {
        const std::int64_t wall = std::chrono::duration_cast<std::chrono::seconds>(now_.time_since_epoch()).count() + director.wall_offset_s;
        const auto part = std::chrono::duration_cast<Microseconds>(now_.time_since_epoch()).count() % 1'000'000;
        packet.stamp = Stamp{.seconds = static_cast<std::uint32_t>(wall), .fraction = static_cast<std::uint16_t>(part * 65536 / 1'000'000), .counter = ++director.stamp_counter};
    }
    for (std::size_t to = 0; to < directors_.size(); ++to) {
        if (to == who) continue;
        packet.to = to;
        bool arrives = false;
        for (std::size_t path = 0; path < paths_; ++path) {
            const bool down = path == 0 && (director.link_down || directors_[to].link_down);
            if (down || cut_[who][to][path] || dice_.chance(loss_)) continue;
            arrives = true;
            const int copies = dice_.chance(doubling_) ? 2 : 1;
            for (int copy = 0; copy < copies; ++copy) add({.at = now_ + dice_.up_to(longest_delay_), .kind = Kind::deliver, .who = to, .packet = packet});
        }
        if (!arrives) directors_[to].lost_from[who] = now_;
    }
}

void World::strike(std::size_t who) {
    Director& director = directors_[who];
    const Microseconds down = master_down_time({version_, interval_, down_adverts_}, 1);
    switch (dice_.below(9)) {
        case 0:
        case 1:
            director.frozen_until = now_ + dice_.up_to(4 * down);
            add({.at = *director.frozen_until, .kind = Kind::wake, .who = who});
            break;
        case 2:  // dies; its kernel keeps the addresses, its data plane the lease
            director.last_priority = priority_of(who);
            director.routers.reset();
            break;
        case 3:
            director.link_down = !director.link_down;
            carry(who, director.routers->set_ground(0, director.link_down ? std::vector<std::string>{"interface eth0 is down"} : std::vector<std::string>{}, now_));
            break;
        case 4:
            carry(who, director.routers->failover(0, "the simulator", now_));
            break;
        case 5:
            director.standby = !director.standby;
            carry(who, director.routers->standby(director.standby ? Standby::on : Standby::off, "the simulator", now_));
            break;
        case 6: director.wall_offset_s += static_cast<std::int64_t>(dice_.below(40)) - 20; break;
        case 7:  // one direction of one path, or of all
            for (std::size_t path = 0; path < paths_; ++path)
                for (std::size_t to = 0; to < directors_.size(); ++to)
                    if (dice_.chance(60)) cut_[who][to][path] = !cut_[who][to][path];
            break;
        default:  // split from all, on every path
            for (std::size_t other = 0; other < directors_.size(); ++other)
                for (std::size_t path = 0; path < paths_; ++path) cut_[who][other][path] = cut_[other][who][path] = true;
    }
}

void World::heal_all() {
    cut_ = {};
    loss_ = 0;
    for (std::size_t i = 0; i < directors_.size(); ++i) {
        Director& director = directors_[i];
        director.wall_offset_s = 0;
        director.last_stamp = {};
        if (!director.routers) {
            begin(i);
            continue;
        }
        if (director.link_down) {
            director.link_down = false;
            carry(i, director.routers->set_ground(0, {}, now_));
        }
        if (director.standby) {
            director.standby = false;
            carry(i, director.routers->standby(Standby::off, "the simulator", now_));
        }
    }
}

void World::fault() {
    const Microseconds down = master_down_time({version_, interval_, down_adverts_}, 1);
    if (faults_left_ == 0) {
        for (const Director& director : directors_)
            if (director.frozen_until) return add({.at = *director.frozen_until + Microseconds(1), .kind = Kind::fault});
        heal_all();
        healed_ = true;
        return;
    }
    --faults_left_;
    ++story_.faults;
    const std::size_t who = dice_.below(directors_.size());
    if (!directors_[who].routers) begin(who);
    else if (!directors_[who].frozen_until) strike(who);
    if (dice_.chance(40)) cut_ = {};
    // Some faults come in swarms, some one by one.
    add({.at = now_ + (dice_.chance(30) ? dice_.up_to(interval_) : down + dice_.up_to(3 * down)), .kind = Kind::fault});
}

void World::check() {
    std::size_t answering = 0;
    for (std::size_t i = 0; i < directors_.size(); ++i) {
        if (!answers(i)) continue;
        ++answering;
        const Microseconds lease = lease_time({version_, interval_, down_adverts_});
        if (directors_[i].lease && *directors_[i].lease > now_ + lease) violate("lease: longer than it may be");
    }
    if (answering >= 2 && !overlap_since_) overlap_since_ = now_;
    if (answering < 2 && overlap_since_) {
        story_.longest_overlap = std::max(story_.longest_overlap, std::chrono::duration_cast<Microseconds>(now_ - *overlap_since_));
        overlap_since_.reset();
    }
}

Story World::run() {
    for (std::size_t i = 0; i < directors_.size(); ++i) begin(i);
    const Microseconds down = master_down_time({version_, interval_, down_adverts_}, 1);
    add({.at = now_ + 2 * down, .kind = Kind::fault});
    std::optional<Instant> end;
    while (!agenda_.empty() && story_.violation.empty() && (!end || now_ < *end)) {
        const Happening next = agenda_.top();
        agenda_.pop();
        now_ = next.at;
        check();
        Director& director = directors_[next.who];
        if (next.kind == Kind::fault) fault();
        if (healed_ && !end) end = now_ + 8 * down;
        if (next.kind == Kind::deliver && director.routers) {
            director.queue.push_back(next.packet);
            if (!director.frozen_until) add({.at = now_ + dice_.up_to(latency_ / 4), .kind = Kind::wake, .who = next.who});
        }
        if (next.kind != Kind::wake || !director.routers) continue;
        if (director.frozen_until && now_ < *director.frozen_until) continue;
        const bool thawed = director.frozen_until.has_value();
        director.frozen_until.reset();
        if (thawed || !director.queue.empty() || now_ >= director.wake_at) step(next.who);
        check();
    }
    std::size_t answering = 0;
    for (std::size_t i = 0; i < directors_.size(); ++i) answering += answers(i) ? 1 : 0;
    if (story_.violation.empty() && answering != 1) violate("agreement: " + std::to_string(answering) + " directors answer though all is well");
    return story_;
}

}  // namespace

Story tell(std::uint64_t seed) { return World(seed).run(); }

}  // namespace lvx::vrrp
