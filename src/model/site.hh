// All that a configuration describes.  `cluster` is the services as they are when every server is well; `pools` how they
// are watched; `vrrp` who answers for the addresses; `globals` and `director` the rest.
//
// Three layers make what packets see: configured (this), override (what an operator did at run time), observed (health).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/model.hh"
#include "model/vrrp.hh"
#include "model/watch.hh"

namespace lvx::model {

struct Mail {
    std::string router_id;                           // "" = host name
    std::vector<std::string> recipients;             // none: no mail
    std::string from;
    std::string server_host;                         // name or address
    Port server_port = 25;
    std::string helo_name;
    std::chrono::seconds connect_timeout{30};
    bool no_email_faults = false, no_checker_emails = false;
    bool operator==(const Mail&) const = default;
};

struct Fifo {
    std::string path, user, group;                   // path "" = none
    std::optional<Command> script;
    bool operator==(const Fifo&) const = default;
};

// "lvs_sync_daemon": the kernel's connection synchronisation protocol.
struct SyncDaemon {
    std::string interface;
    std::string instance;                            // vrrp instance it follows; "" = master and backup at once
    std::uint8_t id = 0;
    std::uint16_t max_length = 1472;
    Port port = 8848;
    std::uint8_t ttl = 1;
    Address group;                                   // unspecified = 224.0.0.81
    bool operator==(const SyncDaemon&) const = default;
};

// IPVS's net.ipv4.vs.sync_*: when and how the kernel's protocol speaks.
struct SyncTuning {
    std::uint32_t threshold = 3, period = 50;        // packets; a threshold lies below its period unless that is 0
    std::chrono::seconds refresh{0};
    std::uint32_t retries = 0, ports = 1;
    std::uint8_t version = 1;
    bool persist_mode = false;                       // of persistent services their templates only
    bool operator==(const SyncTuning&) const = default;
};

// lvx's own stream of connections to standbys (block director_sync of global_defs' level).
struct StateSync {
    std::optional<Endpoint> listen;
    std::vector<Endpoint> peers;
    std::string key_file, certificate, private_key, ca;  // a shared key, or certificates
    std::chrono::milliseconds opening_lease{30};     // how long connections begin after the daemon's last sign of life; 0: always
    bool strict = false;                             // SYN-ACK waits for a standby
    std::chrono::milliseconds strict_wait{100};      // for so long
    bool strict_closed = false;                      // then it is dropped; otherwise it leaves
    bool operator==(const StateSync&) const = default;
};

struct Globals {
    Mail mail;
    std::optional<bool> smtp_alert, smtp_alert_vrrp, smtp_alert_checker;
    std::string default_interface = "eth0";
    std::string script_user, script_group;
    bool script_security = false;
    bool checker_log_all_failures = false, rs_init_notifies = false, fifo_write_vrrp_states_on_reload = false;
    bool lvs_flush = false;
    bool dynamic_interfaces = false, dynamic_interfaces_allow_changes = false;
    std::optional<Command> startup_script, shutdown_script;
    std::chrono::seconds startup_timeout{10}, shutdown_timeout{10};
    Fifo notify_fifo, vrrp_fifo, lvs_fifo;
    std::optional<SyncDaemon> sync_daemon;
    std::chrono::microseconds vrrp_startup_delay{0}, vrrp_delay_after_boot{0};
    std::chrono::microseconds vrrp_garp_interval{0}, vrrp_gna_interval{0};  // between two on one interface
    std::string vmac_prefix = "vrrp", vmac_addr_prefix;  // names of VMAC interfaces; "" = vmac_prefix
    bool log_unknown_vrids = false, reload_check_config = false;
    std::string state_dump_file, stats_dump_file, json_dump_file;  // "" = keepalived's names in /tmp
    std::uint8_t json_version = 1;
    std::string reload_time_file, reload_file;
    bool reload_repeat = false;
    CheckTls tls;
    bool operator==(const Globals&) const = default;
};

// lvx's own keywords (block "director").  0 and "" mean: as the command line says, else the default.
struct DirectorSettings {
    std::vector<std::pair<std::string, std::string>> interfaces;  // name, hook ("auto", "xdp", "xdp-generic", "tc")
    std::uint32_t connections = 0, max_services = 0, max_servers = 0, pool_words = 0;
    std::chrono::seconds drain{0};                   // default of pools
    SyncTuning sync;
    bool expire_quiescent_template = false;          // IPVS's
    Address check_client = Address::v4(0xa9fe4d02);  // 169.254.77.2: who checks virtual addresses (check_through), by IPv4
    Address check_client6 = Address::v6({0xfd, 0x6c, 0x76, 0x78, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2});  // by IPv6
    bool operator==(const DirectorSettings&) const = default;
};

struct Site {
    Cluster cluster;
    std::vector<Pool> pools;
    Vrrp vrrp;
    Globals globals;
    DirectorSettings director;
    std::optional<StateSync> state_sync;
    bool operator==(const Site&) const = default;
};

}  // namespace lvx::model
