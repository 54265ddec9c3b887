// Virtual routers, their trackers, BFD sessions and static addresses as a configuration describes them.  Plain values
// with ==; the machines are in src/vrrp and src/bfd.  Names, ranges, defaults: keepalived.conf(5), RFC 9568, RFC 5880.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/address.hh"
#include "model/watch.hh"

namespace lvx::model {

// A virtual or static address: "ADDR/LEN brd ... dev IF scope S label L ...".
struct InterfaceAddress {
    Address address;
    std::uint8_t prefix_length = 32;
    std::string interface;                          // "" = that of the instance, or default_interface
    std::optional<Address> broadcast, peer;
    bool broadcast_all_ones = false, broadcast_all_zeros = false;  // "brd +", "brd -"
    std::uint8_t scope = 0;                         // RT_SCOPE_*; 0 = global
    std::string label, track_group;
    bool home = false, nodad = false, mngtmpaddr = false, noprefixroute = false, autojoin = false, no_track = false;
    bool use_vmac = false;
    std::optional<std::uint32_t> preferred_lifetime;
    bool operator==(const InterfaceAddress&) const = default;
};

// Words of a virtual_routes / virtual_rules line after checking, as "ip route add" / "ip rule add" takes them.
struct RouteLine {
    std::vector<std::string> words;
    Family family = Family::v4;
    std::string verb = "add";                       // "append", "prepend"
    bool no_track = false;
    std::string track_group;
    bool operator==(const RouteLine&) const = default;
};
struct RuleLine {
    std::vector<std::string> words;
    Family family = Family::v4;
    bool no_track = false;
    std::string track_group;
    bool operator==(const RuleLine&) const = default;
};

// "NAME weight W [reverse]": what a tracked object does to a priority.  weight 0: bad = FAULT.
struct Track {
    std::string name;
    std::int32_t weight = 0;
    bool reverse = false;
    bool operator==(const Track&) const = default;
};

struct Tracks {
    std::vector<Track> interfaces, scripts, files, processes, bfds;
    std::vector<Track> services;                    // lvx: track_service, quorum of a virtual_server by its name
    bool operator==(const Tracks&) const = default;
};

struct VrrpNotify {
    std::optional<Command> master, backup, fault, stop, deleted, any, master_rx_lower_priority;
    bool smtp_alert = false, priority_changes = false;
    bool operator==(const VrrpNotify&) const = default;
};

struct UnicastPeer {
    Address address;
    std::optional<std::uint8_t> min_ttl, max_ttl;
    bool operator==(const UnicastPeer&) const = default;
};

enum class VrrpAuth : std::uint8_t { none = 0, password = 1, header = 2 };

struct HmacKey {
    std::uint8_t id = 1;
    std::vector<std::uint8_t> secret;
    bool operator==(const HmacKey&) const = default;
};

struct Hmac {
    std::vector<HmacKey> keys;                      // empty = no trailer
    std::uint8_t active = 0;
    bool monotonic = false;                         // anti_replay: time or monotonic
    std::chrono::seconds window{0};                 // 0 = max(3 x advert_int, 5 s)
    enum class Mode : std::uint8_t { enforce, permissive, receive_only } mode = Mode::enforce;
    bool operator==(const Hmac&) const = default;
};

struct GarpTimes {
    std::chrono::microseconds delay{5'000'000}, refresh{0}, lower_priority_delay{5'000'000};
    std::uint32_t repeat = 5, refresh_repeat = 1, lower_priority_repeat = 5;
    std::chrono::seconds extra{0};                  // garp_extra_if
    bool extra_all = false;
    bool operator==(const GarpTimes&) const = default;
};

struct VmacUse {
    enum class Kind : std::uint8_t { none, vmac, ipvlan } kind = Kind::none;
    std::string name;                               // "" = vrrp.VRID
    std::optional<std::array<std::uint8_t, 6>> mac; // other than 00:00:5e:00:01/02:VRID
    std::optional<Address> address;                 // of an ipvlan
    std::string mode;                               // ipvlan: bridge, private, vepa
    bool addresses_only = false;                    // use_vmac_addr
    bool transmit_on_base = false;                  // vmac_xmit_base
    bool netlink_notify = false;
    std::uint32_t group = 0;
    bool operator==(const VmacUse&) const = default;
};

// lvx: heartbeat's resource scripts.  With "start" in order by who becomes master, with "stop" in reverse order by who was.
struct Resources {
    std::vector<Command> scripts;
    std::chrono::microseconds timeout{30'000'000};  // of one start or stop
    std::chrono::microseconds interval{0};          // between two "status" while master; 0 = never
    bool operator==(const Resources&) const = default;
};

struct VrrpInstance {
    std::string name, interface, vrf;
    std::uint8_t vrid = 0;
    std::uint8_t priority = 100;
    std::uint8_t version = 2;
    Family family = Family::v4;
    bool wants_master = false;                      // state MASTER; matters with priority 255 only
    std::chrono::microseconds advert_interval{1'000'000};
    std::uint8_t down_timer_adverts = 3;
    bool preempt = true;
    std::chrono::microseconds preempt_delay{0};
    bool accept = true, strict = false, skip_check_adv_addr = false;
    bool lower_prio_no_advert = false, higher_prio_send_advert = false, owner_ignore_adverts = false;
    std::optional<std::uint8_t> timer_expired_backup;
    std::optional<Address> source;                  // mcast_src_ip = unicast_src_ip
    bool track_source = false;
    std::optional<Address> group;                   // mcast_dst_ip
    std::vector<UnicastPeer> peers;                 // not empty: unicast
    bool unicast = false, unicast_fault_no_peer = false, check_unicast_source = false;
    std::optional<std::uint8_t> unicast_ttl;
    bool checksum_as_v2 = false;
    std::optional<bool> old_unicast_checksum;       // version 3 to unicast peers, summed as to the group; nothing: as the peer does
    VrrpAuth auth = VrrpAuth::none;
    std::array<char, 8> auth_data{};                // padded with zeros
    Hmac hmac;
    std::vector<InterfaceAddress> addresses, excluded;
    std::vector<RouteLine> routes;
    std::vector<RuleLine> rules;
    bool promote_secondaries = false, dont_track_primary = false;
    GarpTimes garp;
    VmacUse vmac;
    Tracks tracks;
    VrrpNotify notify;
    std::uint32_t receive_buffer = 0;
    // lvx: further ways on which the same advertisements are sent and heard (heartbeat's several paths).
    struct Path { std::string interface; std::optional<Address> peer; bool operator==(const Path&) const = default; };
    std::vector<Path> paths;
    std::string fast_peer;                          // lvx: BFD session whose end means that the master is dead
    Resources resources;
    bool operator==(const VrrpInstance&) const = default;
};

struct VrrpSyncGroup {
    std::string name;
    std::vector<std::string> members;
    Tracks tracks;
    VrrpNotify notify;
    bool tracking_weight = false;                   // sync_group_tracking_weight
    bool operator==(const VrrpSyncGroup&) const = default;
};

struct VrrpScript {
    std::string name;
    Command command;
    std::chrono::microseconds interval{1'000'000}, timeout{0};  // timeout 0 = interval
    std::int32_t weight = 0;
    bool reverse = false, init_fail = false;
    std::uint32_t rise = 1, fall = 1;
    bool operator==(const VrrpScript&) const = default;
};

struct TrackFile {
    std::string name, path;
    std::int32_t weight = 1;
    bool reverse = false;
    std::optional<std::int32_t> initial;            // init_file
    bool overwrite = false;
    bool operator==(const TrackFile&) const = default;
};

struct TrackProcess {
    std::string name;
    std::vector<std::string> words;
    enum class Parameters : std::uint8_t { ignored, exact, initial, partial } parameters = Parameters::ignored;
    std::int32_t weight = 1;
    bool reverse = false, full_command = false;
    std::uint32_t quorum = 1;
    std::optional<std::uint32_t> quorum_max;
    std::chrono::microseconds delay{0}, terminate_delay{0}, fork_delay{0};
    bool operator==(const TrackProcess&) const = default;
};

struct GarpGroup {
    std::vector<std::string> interfaces;
    std::chrono::microseconds garp_interval{0}, na_interval{0};
    bool operator==(const GarpGroup&) const = default;
};

struct InterfaceDelays {
    std::string interface;
    std::chrono::microseconds down{0}, up{0};
    bool operator==(const InterfaceDelays&) const = default;
};

struct BfdInstance {
    std::string name;
    Address neighbour;
    std::optional<Address> source;
    std::chrono::microseconds min_rx{10'000}, min_tx{10'000}, idle_tx{1'000'000};
    std::uint8_t multiplier = 5;
    bool passive = false, multihop = false;
    std::optional<std::uint8_t> ttl;                // default 255, hop limit 64
    std::uint8_t max_hops = 0;
    std::int32_t weight = 0;
    bool reverse = false;
    bool for_vrrp = true, for_checks = true;
    bool operator==(const BfdInstance&) const = default;
};

struct TrackGroup {
    std::string name;
    std::vector<std::string> members;               // instances whose state static items follow
    bool operator==(const TrackGroup&) const = default;
};

struct Vrrp {
    std::vector<VrrpInstance> instances;
    std::vector<VrrpSyncGroup> groups;
    std::vector<VrrpScript> scripts;
    std::vector<TrackFile> files;
    std::vector<TrackProcess> processes;
    std::vector<BfdInstance> bfds;
    std::vector<GarpGroup> garp_groups;
    std::vector<InterfaceDelays> delays;
    std::vector<TrackGroup> track_groups;
    std::vector<InterfaceAddress> static_addresses;
    std::vector<RouteLine> static_routes;
    std::vector<RuleLine> static_rules;
    bool operator==(const Vrrp&) const = default;
};

}  // namespace lvx::model
