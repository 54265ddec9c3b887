// One virtual server's life as a machine: what its checks, operators and traffic say of each real server -> who stands in
// the table, with what weight, whether the sorry server does, and who is told, in keepalived's order:
//
//   loss   server leaves the table, its notify_down, FIFO, mail; quorum test; the others leave, sorry server enters,
//          quorum_down, FIFO, mail
//   gain   server counts, its notify_up; quorum test; sorry server leaves, all live ones enter together, quorum_up
//
//   lost    was up and (sum of live weights < quorum - hysteresis, or sum = 0)
//   gained  was down and sum >= quorum + hysteresis
//
// A change costs the same however many servers there are; view() costs one pass over them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "health/instant.hh"
#include "health/view.hh"
#include "model/event.hh"
#include "model/watch.hh"
#include "notify/notice.hh"

namespace lvx::health {

using ServerIndex = std::uint32_t;

// A check of the server failed or passed for good: the number of its failed checks rises or falls by one.
struct CheckFailed { ServerIndex server; std::string reason; };
struct CheckRecovered { ServerIndex server; std::string reason; };
// What dynamic checks add to the configured weight, in all.
struct WeightAdded { ServerIndex server; std::int64_t delta; std::string reason; };
struct MaintenanceBegan { ServerIndex server; };
struct MaintenanceEnded { ServerIndex server; };
struct Ejected { ServerIndex server; std::string reason; };
struct Readmitted { ServerIndex server; };

using PoolEvent = std::variant<CheckFailed, CheckRecovered, WeightAdded, MaintenanceBegan, MaintenanceEnded, Ejected, Readmitted>;

using Action = std::variant<model::Event, notify::Notice>;
using Actions = std::vector<Action>;

struct ServerMemory {
    std::uint16_t failed = 0;             // checks
    bool up = true;                       // as told outside
    bool maintenance = false, ejected = false;
    bool served = false;                  // has been up
    std::int64_t delta = 0;               // what dynamic checks add to the weight
    Instant since{};
    std::optional<Instant> damped_until, last_down, rising_since;
    std::string reason;                   // of the last change
};

struct Starting {
    bool notifies = false;                // rs_init_notifies
};

class PoolMachine {
 public:
    // `pool` must outlive the machine.
    explicit PoolMachine(const model::Pool& pool);

    // Before start(): what is known of a server.  A server not prepared is up.
    void prepare(ServerIndex server, ServerMemory memory);
    // Before start(), of a reload: the quorum as it was.
    void prepare_quorum(bool up, bool sorry_in);
    [[nodiscard]] Actions start(const Starting& starting, Instant now);

    [[nodiscard]] Actions on(const PoolEvent& event, Instant now);
    // Slow start and damping, when wake() is reached.
    [[nodiscard]] Actions tick(Instant now);
    [[nodiscard]] std::optional<Instant> wake() const { return wake_; }
    // The end of the daemon or of the pool: omega's notifications.
    [[nodiscard]] Actions stop();

    [[nodiscard]] PoolView view(Instant now) const;
    [[nodiscard]] const ServerMemory& server(ServerIndex index) const { return servers_[index]; }
    [[nodiscard]] std::string_view state_word(ServerIndex index, Instant now) const;
    [[nodiscard]] bool quorum_up() const { return quorum_up_; }
    [[nodiscard]] bool sorry_in() const { return sorry_in_; }
    [[nodiscard]] bool panics() const { return panics_; }
    [[nodiscard]] std::uint32_t up_count() const { return up_count_; }
    [[nodiscard]] std::int64_t live_weight() const { return live_weight_; }

 private:
    void settle(ServerIndex index, const std::string& reason, Instant now);
    void go_up(ServerIndex index, Instant now);
    void go_down(ServerIndex index, Instant now);
    void damp(ServerIndex index, Instant now);
    void change_weight(ServerIndex index, std::int64_t delta, const std::string& reason, Instant now);
    void begin_quorum();
    void test_panic();
    void test_quorum();
    void lose_quorum();
    void gain_quorum();
    void tell_server(ServerIndex index, notify::Health health);
    void tell_service(notify::Health health, const std::string& sum);
    void emit(model::EventKind kind, std::vector<std::string> values);
    void watch(ServerIndex index, Instant now);
    void find_wake(Instant now);
    [[nodiscard]] std::int64_t weight_of(ServerIndex index) const;
    [[nodiscard]] std::uint32_t risen_weight(ServerIndex index, Instant now) const;
    [[nodiscard]] std::optional<Instant> next_rise(ServerIndex index, Instant now) const;
    [[nodiscard]] bool should_be_up(const ServerMemory& memory, Instant now) const;
    [[nodiscard]] std::string label(ServerIndex index) const;
    [[nodiscard]] std::string sorry_label() const;
    [[nodiscard]] Actions taken();

    const model::Pool* pool_;
    std::vector<ServerMemory> servers_;
    std::vector<ServerIndex> watched_;    // in slow start or damped
    std::int64_t live_weight_ = 0;
    std::uint32_t up_count_ = 0;
    bool quorum_up_ = true, sorry_in_ = false, panics_ = false;
    bool carried_ = false;                // prepare_quorum() was called
    std::optional<Instant> wake_;
    Actions actions_;
};

}  // namespace lvx::health
