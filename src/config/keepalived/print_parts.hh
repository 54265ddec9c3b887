// The parts of a printed site, one per file: print_service.cc, print_check.cc, print_vrrp.cc, print_track.cc,
// print_globals.cc.  Each writes what differs from the language's defaults.
#pragma once

#include "config/keepalived/print_page.hh"
#include "model/site.hh"

namespace lvx::config::keepalived {

// Timing that a whole virtual server shares is said once, there.
struct Usual {
    std::chrono::microseconds delay_loop{60'000'000}, connect_timeout{5'000'000};
    // Of global_defs and director.
    bool log_all_failures = false, server_mail = true, pool_mail = false;
    std::chrono::seconds drain{0};
    bool operator==(const Usual&) const = default;
};
[[nodiscard]] Usual usual_of(const model::Pool& pool, const model::Site& site);

void print_check(const model::Check& check, const model::WatchedServer& server, const Usual& usual, Page& page);
// The virtual_server_group of a pool that has one.
void print_group(const model::Pool& pool, Page& page);
void print_pool(const model::Pool& pool, const model::Site& site, Page& page);
// A service that nothing watches.
void print_service(const model::Service& service, Page& page);

void print_globals(const model::Site& site, Page& page);
void print_director(const model::Site& site, Page& page);
void print_vrrp_instance(const model::VrrpInstance& instance, Page& page);
void print_sync_group(const model::VrrpSyncGroup& group, Page& page);
void print_trackers(const model::Vrrp& vrrp, Page& page);  // scripts, files, processes, BFD: what instances refer to
void print_statics(const model::Vrrp& vrrp, Page& page);

// "track_script { ... }" and its kin.
void print_tracks(const model::Tracks& tracks, Page& page);
void print_notify(const model::VrrpNotify& notify, Page& page);
[[nodiscard]] std::string address_line(const model::InterfaceAddress& address);
[[nodiscard]] std::string joined(const std::vector<std::string>& words);

}  // namespace lvx::config::keepalived
