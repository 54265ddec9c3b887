// What the daemon and the VRRP thread tell each other, as values.
#pragma once

#include <algorithm>
#include <string>
#include <variant>

#include "model/event.hh"
#include "model/site.hh"
#include "vrrp/announcer.hh"
#include "vrrp/routers.hh"
#include "vrrp/status.hh"

namespace lvx::vrrp {

struct Settings {
    model::Vrrp vrrp;
    Microseconds startup_delay{0};
    Spacing garp_spacing;              // of interfaces in no garp_group
    std::string vmac_prefix = "vrrp";  // names of VMAC devices without one of their own
    std::string vmac_address_prefix;   // of those for addresses; "" = vmac_prefix
    bool log_unknown_vrids = false;
    bool repeats_states = false;       // to the FIFOs, after a reload
    bool realtime = true;              // SCHED_FIFO and locked memory, where the machine allows
    int realtime_priority = 50;
};

// vrrp_startup_delay counts from the start of the daemon, vrrp_delay_after_boot from that of the machine: the longer one.
[[nodiscard]] constexpr Microseconds delay_at_start(Microseconds startup, Microseconds after_boot, Microseconds uptime) {
    return std::max(startup, after_boot - uptime);
}

// To the thread.
struct Configure { Settings settings; };
struct Observe { TrackKey key; std::int64_t value; };
// A faster watch found that the neighbour of instances with this fast_peer is dead.
struct PeerDead { std::string fast_peer; };
struct Failover { std::string instance, by; };
struct SetStandby { Standby wanted; std::string by; };
struct ClearCounters {};
struct Stop {};
using Order = std::variant<Configure, Observe, PeerDead, Failover, SetStandby, ClearCounters, Stop>;

// From the thread.  For scripts, FIFO and mail, in order.
struct Notification {
    enum class Subject : std::uint8_t { instance, group } subject = Subject::instance;
    enum class News : std::uint8_t { master, backup, fault, stop, deleted, heard_lower_priority, master_priority, backup_priority };
    std::string name;
    News news = News::backup;
    std::uint8_t priority = 0;
    model::VrrpNotify how;
};
using News = std::variant<model::Event, Notification, Status>;

}  // namespace lvx::vrrp
