// Virtual routers, BFD sessions, notifications and scripts on the metrics page.
#include "api/metrics_page.hh"

namespace lvx::api {

namespace {

constexpr std::string_view states[] = {"INIT", "BACKUP", "MASTER", "FAULT"};

struct InstanceFamily {
    std::string_view name, help;
    std::uint64_t (*value)(const VrrpInstanceSnapshot& instance);
};

constexpr InstanceFamily instance_families[] = {
    {"lvx_vrrp_priority", "Priority in use.", [](const auto& instance) -> std::uint64_t { return instance.priority; }},
    {"lvx_vrrp_addresses_held", "Virtual addresses on interfaces.", [](const auto& instance) { return instance.addresses_held; }},
    {"lvx_vrrp_faults", "What keeps it in FAULT.", [](const auto& instance) -> std::uint64_t { return instance.faults.size(); }},
};

constexpr InstanceFamily instance_times[] = {
    {"lvx_vrrp_state_seconds", "For how long it has been in its state.", [](const auto& instance) { return instance.since_ms * 1000; }},
    {"lvx_vrrp_master_down_seconds", "After which silence of its master a standby takes over.", [](const auto& instance) { return instance.master_down_us; }},
};

struct TotalFamily {
    std::string_view name, type, help;
    std::uint64_t (*value)(const VrrpSnapshot& vrrp);
};

constexpr TotalFamily totals[] = {
    {"lvx_vrrp_realtime", "gauge", "1 when the thread that advertises has a real-time priority.", [](const auto& vrrp) -> std::uint64_t { return vrrp.realtime; }},
    {"lvx_vrrp_standby", "gauge", "1 while an operator keeps this director on standby.", [](const auto& vrrp) -> std::uint64_t { return vrrp.standby; }},
    {"lvx_vrrp_late_total", "counter", "Times it was displaced because this director did not run.", [](const auto& vrrp) { return vrrp.late; }},
    {"lvx_vrrp_addresses_restored_total", "counter", "Virtual addresses put back that somebody else removed.", [](const auto& vrrp) { return vrrp.addresses_restored; }},
    {"lvx_vrrp_announcements_total", "counter", "Gratuitous ARP and unsolicited neighbour advertisements sent.", [](const auto& vrrp) { return vrrp.announcements; }},
    {"lvx_vrrp_send_failures_total", "counter", "Advertisements that could not be sent on a path.", [](const auto& vrrp) { return vrrp.send_failures; }},
    {"lvx_vrrp_unknown_vrid_total", "counter", "Advertisements of virtual routers that are not configured here.", [](const auto& vrrp) { return vrrp.unknown_vrid; }},
};

struct BfdFamily {
    std::string_view name, type, help;
    std::uint64_t BfdSnapshot::*value;
};

constexpr BfdFamily bfd_families[] = {
    {"lvx_bfd_ups_total", "counter", "How often the BFD session came up.", &BfdSnapshot::ups},
    {"lvx_bfd_downs_total", "counter", "How often the BFD session went down.", &BfdSnapshot::downs},
    {"lvx_bfd_sent_packets_total", "counter", "BFD packets sent.", &BfdSnapshot::sent},
    {"lvx_bfd_received_packets_total", "counter", "BFD packets received.", &BfdSnapshot::received},
    {"lvx_bfd_discarded_packets_total", "counter", "BFD packets of the session that were discarded.", &BfdSnapshot::discarded},
};

}  // namespace

void write_vrrp(Page& page, const VrrpSnapshot& vrrp) {
    if (!vrrp.configured) return;
    page.family("lvx_vrrp_info", "gauge", "What a virtual router is; always 1.");
    for (const VrrpInstanceSnapshot& instance : vrrp.instances)
        page.sample({{"instance", instance.name}, {"interface", instance.interface}, {"vrid", std::to_string(instance.vrid)},
                     {"version", std::to_string(instance.version)}, {"group", instance.group}}, 1);
    page.family("lvx_vrrp_state", "gauge", "1 for the state it is in, 0 for the others.");
    for (const VrrpInstanceSnapshot& instance : vrrp.instances)
        for (const std::string_view state : states) page.sample({{"instance", instance.name}, {"state", state}}, instance.state == state ? 1 : 0);
    for (const InstanceFamily& family : instance_families) {
        page.family(family.name, "gauge", family.help);
        for (const VrrpInstanceSnapshot& instance : vrrp.instances) page.sample({{"instance", instance.name}}, family.value(instance));
    }
    for (const InstanceFamily& family : instance_times) {
        page.family(family.name, "gauge", family.help);
        for (const VrrpInstanceSnapshot& instance : vrrp.instances) page.seconds({{"instance", instance.name}}, family.value(instance));
    }
    page.family("lvx_vrrp_path_heard", "gauge", "1 while somebody advertises on the path.");
    for (const VrrpInstanceSnapshot& instance : vrrp.instances)
        for (const VrrpPathSnapshot& path : instance.paths) page.sample({{"instance", instance.name}, {"path", path.name}}, path.heard ? 1 : 0);
    page.family("lvx_vrrp_counts_total", "counter", "Advertisements, changes of state and refusals, by keepalived's names where it has them.");
    for (const VrrpInstanceSnapshot& instance : vrrp.instances)
        for (const VrrpCount& count : instance.counts) page.sample({{"instance", instance.name}, {"count", count.name}}, count.count);
    page.family("lvx_vrrp_tracked", "gauge", "What a tracked object says: 1 good, 0 bad; of a file its number.");
    for (const VrrpTrackedSnapshot& tracked : vrrp.tracked) page.signed_sample({{"kind", tracked.kind}, {"name", tracked.name}}, tracked.value);
    page.family("lvx_vrrp_lease_seconds", "gauge", "Length of the lease under which virtual addresses are answered for; 0: none is taken.");
    page.seconds({}, vrrp.lease_us);
    page.family("lvx_vrrp_longest_gap_seconds", "gauge", "Longest time between two advertisements of a master.");
    page.seconds({}, vrrp.longest_gap_us);
    for (const TotalFamily& family : totals) {
        page.family(family.name, family.type, family.help);
        page.sample({}, family.value(vrrp));
    }
}

void write_bfd(Page& page, const BfdSessions& sessions) {
    page.family("lvx_bfd_up", "gauge", "1 when the BFD session is up.");
    for (const BfdSnapshot& session : sessions) page.sample({{"session", session.name}, {"neighbour", session.neighbour}}, session.state == "Up" ? 1 : 0);
    page.family("lvx_bfd_detect_seconds", "gauge", "After which silence the session is down; 0: nothing heard yet.");
    for (const BfdSnapshot& session : sessions) page.seconds({{"session", session.name}, {"neighbour", session.neighbour}}, session.detect_us);
    page.family("lvx_bfd_transmit_seconds", "gauge", "Interval at which packets are sent.");
    for (const BfdSnapshot& session : sessions) page.seconds({{"session", session.name}, {"neighbour", session.neighbour}}, session.transmit_us);
    for (const BfdFamily& family : bfd_families) {
        page.family(family.name, family.type, family.help);
        for (const BfdSnapshot& session : sessions) page.sample({{"session", session.name}, {"neighbour", session.neighbour}}, session.*family.value);
    }
}

void write_work(Page& page, const WorkCounts& work) {
    page.family("lvx_bfd_refused_packets_total", "counter", "BFD packets that belong to no session, by reason.");
    for (const WorkCount& count : work.bfd_refused) page.sample({{"reason", count.name}}, count.count);
    page.family("lvx_checks_total", "counter", "Health checks: run, failed, failed for a reason of our own, and not begun at once: too many at a time, a change under way.");
    for (const WorkCount& count : work.checks) page.sample({{"what", count.name}}, count.count);
    page.family("lvx_maintenance_names_left_out", "gauge", "Host names in maintenance directories beyond 1,024: they take nobody out.");
    page.sample({}, work.maintenance_names_left_out);
    page.family("lvx_notifications_total", "counter", "Notices, lines of FIFOs and mails: told, sent, failed, lost.");
    for (const WorkCount& count : work.notifications) page.sample({{"of", count.of}, {"what", count.name}}, count.count);
    page.family("lvx_scripts_total", "counter", "Scripts run for notifications: started, and what met a bound.");
    for (const WorkCount& count : work.scripts) page.sample({{"of", count.of}, {"what", count.name}}, count.count);
}

}  // namespace lvx::api
