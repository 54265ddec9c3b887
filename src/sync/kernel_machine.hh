// What a master of the kernel's protocol sends and what a backup makes of it.  Pure; sockets are in kernel_driver.
//
// As IPVS decides (ip_vs_sync_conn_needed): a closing state leaves at once; what is established, and UDP, when the packet
// path has counted the packet at which IPVS would tell (`note_counted`), and, with a refresh period, when its life became so
// much longer.  With a refresh period and no period any packet will do; those are found by going through the table.
// Templates are told when made and renewed, and with a period again while packets refresh them.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

#include "sync/kernel_wire.hh"
#include "sync/session.hh"
#include "sync/slot_set.hh"
#include "sync/table_side.hh"

namespace lvx::sync {

// IPVS's net.ipv4.vs.sync_*.
struct KernelTuning {
    std::uint32_t threshold = 3, period = 50;  // sync_threshold
    std::chrono::seconds refresh{0};           // sync_refresh_period
    std::uint32_t retries = 0;                 // sync_retries, 0 to 3
    std::uint32_t ports = 1;                   // sync_ports
    std::uint8_t version = 1;                  // sync_version
    bool templates_only = false;               // sync_persist_mode: of persistent services their templates only
    bool operator==(const KernelTuning&) const = default;
};

// What root.told_packets has to be for this: period and threshold, or 0 where no packets need to be counted.
[[nodiscard]] std::uint32_t told_packets(const KernelTuning& tuning);

struct Datagram {
    std::uint32_t port = 0;  // to be added to the first port's number
    std::vector<std::uint8_t> bytes;
};

struct KernelCounters {
    std::uint64_t messages = 0, entries = 0, not_carried = 0;
    std::uint64_t made = 0, changed = 0, ignored = 0;
    std::array<std::uint64_t, static_cast<std::size_t>(kernel::Fault::count)> faults{};
    std::array<std::uint64_t, static_cast<std::size_t>(KeptOut::count)> kept_out{};
};

[[nodiscard]] kernel::Entry entry_of(const SyncedConnection& connection);
// Service and server as they are known here; nothing where no service fits.
[[nodiscard]] std::expected<SyncedConnection, KeptOut> connection_of(const kernel::Entry& entry, const Directory& directory);

class KernelMaster {
 public:
    KernelMaster(const TableSide& table, const KernelTuning& tuning, std::uint8_t sync_id, std::size_t max_length, const Moment& moment);

    void note(std::uint32_t slot) { waiting_.insert(slot); }
    // Its client's packets were so many.
    void note_counted(std::uint32_t slot);
    // A backup on this machine has it from the other side: not to be told back.
    void know(const Placed& placed);
    [[nodiscard]] std::vector<Datagram> diff(const Moment& moment);
    [[nodiscard]] const KernelCounters& counters() const { return counters_; }

 private:
    void consider(std::uint32_t slot, const Moment& moment);
    enum class Due : std::uint8_t { no, yes, repeated };
    [[nodiscard]] Due due(std::uint32_t slot, std::uint64_t control, bool counted, const Moment& moment) const;
    [[nodiscard]] Due due_by_life(std::uint32_t slot, std::uint64_t control, const Moment& moment) const;
    [[nodiscard]] Due template_due(std::uint32_t slot, std::uint64_t control, const Moment& moment) const;
    void add(std::uint32_t port, const kernel::Entry& entry, const Moment& moment);
    void flush(std::uint32_t port);
    void walk(const Moment& moment);

    const TableSide& table_;
    KernelTuning tuning_;
    SlotSet waiting_;
    std::vector<std::uint64_t> told_;  // by slot: the control word last told; in its spare bits how often it was repeated, and note_counted()
    struct Buffer {
        kernel::Writer writer;
        Microseconds since{0};
    };
    std::vector<Buffer> buffers_;      // by port
    std::vector<Datagram> ready_;
    Microseconds round_, walked_at_;
    std::uint32_t next_ = 0;
    KernelCounters counters_;
};

class KernelBackup {
 public:
    KernelBackup(const TableSide& table, std::uint8_t sync_id) : table_(table), sync_id_(sync_id) {}

    // Where the entries went.
    [[nodiscard]] std::vector<Placed> apply(std::span<const std::uint8_t> datagram, const Moment& moment);
    [[nodiscard]] const KernelCounters& counters() const { return counters_; }

 private:
    [[nodiscard]] std::optional<Placed> take(const kernel::Entry& entry, const Moment& moment);
    [[nodiscard]] std::optional<Placed> insert(const SyncedConnection& connection, const Moment& moment);
    [[nodiscard]] std::uint32_t full_life(std::uint32_t slot, const SyncedConnection& connection, const Moment& moment) const;

    const TableSide& table_;
    std::uint8_t sync_id_;
    KernelCounters counters_;
};

}  // namespace lvx::sync
