#include "bfd/simulation.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <random>
#include <vector>

#include "bfd/machine.hh"

namespace lvx::bfd {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using namespace std::chrono_literals;

// Everything a seed decides is drawn from here, in one order.
class Chance {
 public:
    explicit Chance(std::uint64_t seed) : engine_(seed) {}
    double share() { return std::uniform_real_distribution<double>(0, 1)(engine_); }
    std::int64_t between(std::int64_t first, std::int64_t last) { return std::uniform_int_distribution<std::int64_t>(first, last)(engine_); }
    bool happens(double probability) { return share() < probability; }

 private:
    std::mt19937_64 engine_;
};

struct Flight {
    Instant arrives;
    std::size_t to;
    std::array<std::uint8_t, packet_size> bytes;
};

enum class Disturbance : std::uint8_t { none, loss, cut };

struct Side {
    Session session;
    Instant last_heard{};
    microseconds detection_then{0};  // as it was when that packet came
};

class World {
 public:
    explicit World(std::uint64_t seed) : chance_(seed) {
        for (Side& side : sides_) {
            side.session = new_session(random_parameters(), static_cast<std::uint32_t>(chance_.between(1, 1 << 30)), now_);
            apply(side, Started{});
        }
        plan_disturbance();
    }

    SimulationResult run(seconds length);

 private:
    [[nodiscard]] Parameters random_parameters();
    void plan_disturbance();
    [[nodiscard]] Instant next() const;
    void apply(Side& side, const Event& event);
    void act(std::size_t from, const Action& action);
    void change(std::size_t from, const Changed& change);
    [[nodiscard]] bool loses(std::size_t from);
    void deliver();
    void disturb();
    void restart(Side& side);
    void check();
    void find(std::string text) {
        if (!result_.finding) result_.finding = fmt::format("after {} us: {}", (now_ - Instant{}).count() / 1000, text);
    }

    Chance chance_;
    Instant now_{};
    std::array<Side, 2> sides_;
    std::vector<Flight> flights_;
    std::array<Instant, 2> last_arrival_{};
    std::array<bool, 2> lost_one_{};
    Disturbance disturbance_ = Disturbance::none;
    bool reason_for_down_ = false;  // something happened since the link was last quiet that may take a session down
    Instant disturb_at_{}, calm_since_{};
    SimulationResult result_;
};

Parameters World::random_parameters() {
    return {.min_rx = milliseconds(chance_.between(10, 100)), .min_tx = milliseconds(chance_.between(10, 100)),
            .idle_tx = milliseconds(chance_.between(1000, 2000)), .multiplier = static_cast<std::uint8_t>(chance_.between(3, 6))};
}

void World::plan_disturbance() { disturb_at_ = now_ + milliseconds(chance_.between(3'000, 15'000)); }

Instant World::next() const {
    Instant at = disturb_at_;
    for (const Side& side : sides_)
        if (const auto wake = wake_of(side.session)) at = std::min(at, *wake);
    for (const Flight& flight : flights_) at = std::min(at, flight.arrives);
    return at;
}

void World::apply(Side& side, const Event& event) {
    Step stepped = step(side.session, event, now_, chance_.share());
    side.session = std::move(stepped.session);
    const auto from = static_cast<std::size_t>(&side - sides_.data());
    for (const Action& action : stepped.actions) act(from, action);
}

void World::act(std::size_t from, const Action& action) {
    if (const auto* changed = std::get_if<Changed>(&action)) change(from, *changed);
    const auto* send = std::get_if<Send>(&action);
    if (send == nullptr) return;
    ++result_.packets;
    if (loses(from)) return;
    // One link keeps the order: an old "Down" behind a new "Up" would take a session down, and rightly so.
    Instant& last = last_arrival_[1 - from];
    last = std::max(last, now_ + microseconds(chance_.between(50, 3'000)));
    flights_.push_back({last, 1 - from, bytes_of(send->packet)});
}

// Even a good link loses one packet here and there, a poll or its answer for example; never two in a row, which every
// multiplier of this simulation bears.
bool World::loses(std::size_t from) {
    if (disturbance_ == Disturbance::cut) return true;
    if (disturbance_ == Disturbance::loss) return chance_.happens(0.4);
    lost_one_[from] = !lost_one_[from] && chance_.happens(0.3);
    return lost_one_[from];
}

void World::change(std::size_t from, const Changed& change) {
    if (change.after == State::up) ++result_.ups;
    if (change.before != State::up) return;
    ++result_.downs;
    const Side& side = sides_[from];
    if (side.session.diagnostic == Diagnostic::detection_time_expired && now_ != side.last_heard + side.detection_then)
        find(fmt::format("side {} found the silence not at its detection time", from));
    if (!reason_for_down_) find(fmt::format("side {} went down on a link that loses no two packets in a row", from));
    reason_for_down_ = true;  // the other one follows
}

void World::deliver() {
    const auto due = std::ranges::find_if(flights_, [this](const Flight& flight) { return flight.arrives <= now_; });
    if (due == flights_.end()) return;
    const Flight flight = *due;
    flights_.erase(due);
    const auto packet = parse(flight.bytes);
    if (!packet) return find("a packet of ours is refused");
    Side& side = sides_[flight.to];
    if (packet->your_discriminator != 0 && packet->your_discriminator != side.session.local_discriminator) return;
    apply(side, Received{*packet});
    side.last_heard = now_;
    side.detection_then = detection_time(side.session);
}

void World::restart(Side& side) {
    side.session = new_session(random_parameters(), static_cast<std::uint32_t>(chance_.between(1, 1 << 30)), now_);
    reason_for_down_ = true;
    apply(side, Started{});
}

void World::disturb() {
    Side& side = sides_[static_cast<std::size_t>(chance_.between(0, 1))];
    if (disturbance_ != Disturbance::none) {
        disturbance_ = Disturbance::none;
        calm_since_ = now_;
        return plan_disturbance();
    }
    const bool both_up = sides_[0].session.state == State::up && sides_[1].session.state == State::up;
    reason_for_down_ = !both_up;
    const double kind = chance_.share();
    if (kind < 0.55) {  // agreed by poll sequences: nobody may go down
        apply(side, Reconfigured{random_parameters()});
        side.detection_then = std::max(side.detection_then, microseconds(side.session.detect_at ? std::chrono::duration_cast<microseconds>(*side.session.detect_at - side.last_heard) : 0us));
        return plan_disturbance();
    }
    reason_for_down_ = true;
    calm_since_ = now_;
    if (kind < 0.65) restart(side);
    else if (kind < 0.75) apply(side, Administered{side.session.state == State::admin_down ? Administration::up : Administration::down});
    else disturbance_ = kind < 0.85 ? Disturbance::loss : Disturbance::cut;
    plan_disturbance();
}

// On a link that has been quiet for longer than slow start and detection take, both sides agree.
void World::check() {
    const bool administered = std::ranges::any_of(sides_, [](const Side& side) { return side.session.state == State::admin_down; });
    const bool settled = disturbance_ == Disturbance::none && now_ - calm_since_ > 25s;
    if (!settled) return;
    for (const Side& side : sides_) {
        if (!administered && side.session.state != State::up) find("a quiet link does not come up");
        if (administered && side.session.state == State::up) find("up, though the other side is administratively down");
    }
}

SimulationResult World::run(seconds length) {
    const Instant end = now_ + length;
    while (now_ < end && !result_.finding) {
        now_ = next();
        deliver();
        for (Side& side : sides_)
            if (const auto wake = wake_of(side.session); wake && *wake <= now_) apply(side, Tick{});
        if (disturb_at_ <= now_) disturb();
        check();
    }
    return result_;
}

}  // namespace

SimulationResult simulate(std::uint64_t seed, seconds length) {
    SimulationResult result = World(seed).run(length);
    if (result.finding) result.finding = fmt::format("seed {}: {}", seed, *result.finding);
    return result;
}

}  // namespace lvx::bfd
