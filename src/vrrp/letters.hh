// What the daemon and the VRRP thread tell each other, as values.
#pragma once

#include <string>
#include <variant>

#include "model/event.hh"
#include "model/site.hh"
#include "vrrp/routers.hh"
#include "vrrp/status.hh"

namespace lvx::vrrp {

struct Settings {
    model::Vrrp vrrp;
    Microseconds startup_delay{0};
    bool log_unknown_vrids = false;
    bool realtime = true;              // SCHED_FIFO and locked memory, where the machine allows
    int realtime_priority = 50;
};

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
