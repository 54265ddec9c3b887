// The kernel's protocol on the wire: UDP multicast on one interface, a socket a port, as master, as backup or both.
#pragma once

#include <poll.h>

#include <optional>
#include <string>
#include <vector>

#include "base/fd.hh"
#include "base/result.hh"
#include "sync/feed.hh"
#include "sync/kernel_machine.hh"

namespace lvx::sync {

// What "ipvsadm --start-daemon" says of one role.
struct KernelRole {
    std::string interface;
    std::uint8_t sync_id = 0;
    std::uint16_t max_length = 0;  // 0: as IPVS, 1472 or 1452; of a backup more where the interface carries more
    Address group;                 // unspecified: 224.0.0.81
    Port port = 8848;
    std::uint8_t ttl = 1;
    bool operator==(const KernelRole&) const = default;
};

inline constexpr std::uint32_t default_group = 0xe0000051;  // 224.0.0.81

struct KernelSettings {
    std::optional<KernelRole> master, backup;
    KernelTuning tuning;
    bool operator==(const KernelSettings&) const = default;
};

struct KernelStatus {
    KernelSettings settings;       // as they run, defaults filled in
    KernelCounters sent, received;
};

class KernelSync {
 public:
    // `told_packets`: root.told_packets, which has clients' packets counted; or nothing.
    KernelSync(const TableSide& table, std::uint32_t* told_packets);
    ~KernelSync();
    KernelSync(const KernelSync&) = delete;
    KernelSync& operator=(const KernelSync&) = delete;

    // A role that did not change goes on.  ENODEV: no such interface; EADDRNOTAVAIL: it has no address of that family.
    [[nodiscard]] Result<void> set(const KernelSettings& settings, const Moment& moment);
    [[nodiscard]] bool active() const { return settings_.master || settings_.backup; }
    [[nodiscard]] bool sends() const { return master_.has_value(); }
    void note(const Marked& marked);
    void work(const Moment& moment);
    void collect(std::vector<pollfd>& polls) const;
    [[nodiscard]] KernelStatus status() const;

 private:
    void receive(const Fd& socket, const Moment& moment);
    void count_packets();

    const TableSide& table_;
    std::uint32_t* told_packets_;
    KernelSettings settings_;
    std::optional<KernelMaster> master_;
    std::optional<KernelBackup> backup_;
    std::vector<Fd> out_, in_;
    std::uint64_t unsent_ = 0;
};

}  // namespace lvx::sync
