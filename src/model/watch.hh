// How real servers are watched: what a configuration says about checks, quorum and notifications.  Plain values with
// ==; the machines that live by them are in src/health.  Names and defaults: keepalived.conf(5).
//
// A virtual_server (of one address, or of a group with many) is one Pool: many services, one list of real servers, one
// set of checks.  What a checker does not say is said by its real server, else by its virtual server, else by the
// built-in default; the reader resolves this, so that every Check here is complete.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/address.hh"
#include "model/model.hh"

namespace lvx::model {

using Microseconds = std::chrono::microseconds;

// A command line, split into words, and who runs it ("" = script_user of global_defs).
struct Command {
    std::vector<std::string> words;
    std::string user, group;
    auto operator<=>(const Command&) const = default;
};

// Where a check goes and from where.
struct CheckTarget {
    Endpoint endpoint;                     // connect_ip / connect_port, else the real server
    std::optional<Endpoint> bind;          // bindto, bind_port; unspecified address = only the port
    std::string bind_interface;            // bind_if
    std::uint32_t mark = 0;                // SO_MARK
    // lvx: connects to this virtual address, and the data path leads to exactly this server (check_through).
    std::optional<Endpoint> through;
    auto operator<=>(const CheckTarget&) const = default;
};

struct CheckTiming {
    Microseconds delay_loop{60'000'000};
    Microseconds connect_timeout{5'000'000};
    Microseconds delay_before_retry{1'000'000};  // HTTP, SSL 3 s; DNS delay_loop
    Microseconds warmup{60'000'000};             // default delay_loop; 0 = none
    std::uint32_t retry = 1;                     // DNS 3, MISC 0
    bool alpha = false;                          // down until the first success
    auto operator<=>(const CheckTiming&) const = default;
};

struct TcpCheck { auto operator<=>(const TcpCheck&) const = default; };
struct PingCheck { auto operator<=>(const PingCheck&) const = default; };

struct StatusRange {
    std::uint16_t first = 200, last = 299;
    auto operator<=>(const StatusRange&) const = default;
};

struct HttpUrl {
    std::string path = "/";
    std::string virtualhost;                       // "" = that of the check
    std::vector<StatusRange> status;               // empty = 200-299
    std::optional<std::array<std::uint8_t, 16>> digest;  // MD5 of the body
    std::string regex;                             // "" = none
    std::vector<std::string> regex_options;        // names as in keepalived.conf
    bool regex_no_match = false;
    std::uint32_t regex_min_offset = 0, regex_max_offset = 0;  // 0 = no bound
    bool tls_compliant = false;
    auto operator<=>(const HttpUrl&) const = default;
};

enum class HttpProtocol : std::uint8_t { http_1_0, http_1_0_close, http_1_1 };

struct HttpCheck {
    bool tls = false;                              // SSL_GET
    HttpProtocol protocol = HttpProtocol::http_1_0;
    std::string virtualhost;                       // of the check, else real server, else virtual server; "" = ip:port
    bool enable_sni = false;
    std::string sni_name;
    bool tls_compliant = false, fast_recovery = false;
    bool tls_verify = false;                       // lvx: check chain and name; keepalived never does
    std::vector<HttpUrl> urls;                     // at least one
    auto operator<=>(const HttpCheck&) const = default;
};

struct SmtpCheck {
    std::string helo_name = "smtpchecker.keepalived.org";
    auto operator<=>(const SmtpCheck&) const = default;
};

enum class DnsType : std::uint16_t { a = 1, ns = 2, cname = 5, soa = 6, mx = 15, txt = 16, aaaa = 28, rrsig = 46, dnskey = 48 };

struct DnsCheck {
    DnsType type = DnsType::soa;
    std::string name = ".";
    auto operator<=>(const DnsCheck&) const = default;
};

// A nibble of an expected UDP reply: value 0..15, or any.
struct UdpCheck {
    std::vector<std::uint8_t> payload;             // empty = 32 bytes of the checker's own
    bool require_reply = false;
    std::vector<std::uint8_t> reply, reply_mask;   // same length; byte & mask == reply
    std::uint16_t min_reply_length = 0, max_reply_length = 255;
    auto operator<=>(const UdpCheck&) const = default;
};

struct MiscCheck {
    Command command;
    Microseconds timeout{0};                       // 0 = delay_loop
    bool dynamic = false;                          // exit code 2..255: weight = code - 2
    auto operator<=>(const MiscCheck&) const = default;
};

struct FileCheck {
    std::string track_file;                        // name of a track_file block
    std::optional<std::int32_t> weight;            // overrides the block's
    bool reverse = false;
    auto operator<=>(const FileCheck&) const = default;
};

struct BfdCheck {
    std::string name;
    auto operator<=>(const BfdCheck&) const = default;
};

// Protocol greetings as ldirectord knows them (lvx: GREETING_CHECK { protocol mysql ... }).
enum class Greeting : std::uint8_t { mysql, postgresql, redis, ldap, imap, pop3, ftp, sip };

struct GreetingCheck {
    Greeting protocol = Greeting::mysql;
    bool tls = false;
    std::string login, password, database;
    auto operator<=>(const GreetingCheck&) const = default;
};

using CheckKind = std::variant<TcpCheck, HttpCheck, SmtpCheck, DnsCheck, PingCheck, UdpCheck, MiscCheck, FileCheck,
                               BfdCheck, GreetingCheck>;

struct Check {
    CheckTarget target;
    CheckTiming timing;
    bool log_all_failures = false;
    CheckKind kind;
    auto operator<=>(const Check&) const = default;
};

// What becomes of connections on a server that is found dead (lvx: on_down).
enum class OnDown : std::uint8_t { keep, reset, move };

struct WatchedServer {
    // Where services of the pool have different ports, the port as configured (0: that of each service); server i of the
    // pool is server i of each of its services in the configured cluster.
    Endpoint endpoint;
    std::uint32_t weight = 1;                      // as configured
    bool inhibit_on_failure = false;
    bool alpha = false;                            // its checks' default; here for servers whose checks say otherwise
    std::optional<Command> notify_up, notify_down;
    bool smtp_alert = true;
    std::string snmp_name;
    std::vector<Check> checks;                     // none: always up
    bool operator==(const WatchedServer&) const = default;
};

struct Sorry {
    Endpoint endpoint;
    Method method = Method::masq;
    Tunnel tunnel;
    bool inhibit = false;                          // sorry_server_inhibit
    bool operator==(const Sorry&) const = default;
};

// One virtual_server.
struct Pool {
    std::string name;                              // as configured: "192.168.88.23 80", "fwmark 7", "group NAME"
    std::string group;                             // virtual_server_group, "" = none
    std::vector<ServiceKey> services;              // at least one; the same servers each
    std::vector<WatchedServer> servers;
    std::optional<Sorry> sorry;
    std::uint32_t quorum = 1, hysteresis = 0;      // settled: quorum <= sum of weights, hysteresis < quorum
    std::optional<Command> quorum_up, quorum_down;
    bool ha_suspend = false, omega = false, smtp_alert = false;
    std::string snmp_name;
    // lvx's own.
    OnDown on_down = OnDown::keep;
    std::chrono::seconds drain{0};                 // a server taken out by a change of configuration ends after this; 0 = when its connections end
    std::chrono::seconds slow_start{0};            // weight rises to its value over this time
    std::uint8_t panic_threshold = 0;              // per cent: with fewer servers up, all are used; 0 = off
    std::chrono::seconds flap_damping{0};          // a server that went down twice within this stays down this long
    bool passive_ejection = false;                 // by what the data path sees
    Microseconds passive_slow{0};                  // and by SYN to SYN-ACK above this; 0 = by no bound
    std::uint32_t passive_slow_times = 0;          // above so many times the pool's median; 0 = by none; with both, both
    std::chrono::seconds passive_time{30};         // the first ejection's; the next ones are longer
    std::string maintenance_directory;             // a file named as a server there takes it out; "" = none
    bool operator==(const Pool&) const = default;
};

// SSL { } of keepalived.conf, for checks that speak TLS.
struct CheckTls {
    std::string password, ca, certificate, key;
    bool operator==(const CheckTls&) const = default;
};

}  // namespace lvx::model
