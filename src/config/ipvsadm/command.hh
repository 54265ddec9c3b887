// A command line of ipvsadm 1.31, or a line of its save files, as a value: what is asked for, or the exact text and
// exit status with which the real tool refuses it.  Pure: names of hosts and services are resolved by the caller's
// functions, and who carries a command out is another room's business.
//
//   {"ipvsadm", "-a", "-t", "192.0.2.1:80", "-r", "10.0.0.2", "-m"} -> AddServer{...}
//   {"ipvsadm", "-a", "-t", "192.0.2.1:80"}                         -> UsageError{"You need to supply ...\n", 2}
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "model/model.hh"
#include "model/operation.hh"

namespace lvx::config::ipvsadm {

// How names become numbers.  Never asked for what is already a number.
struct Names {
    std::function<std::optional<Address>(std::string_view host)> host;  // IPv4 only, as the real tool
    std::function<std::optional<Port>(std::string_view service, model::Protocol protocol)> service;
};

// Knows no name at all: for save files written with -n, and for tests.
[[nodiscard]] Names no_names();

enum class Show : std::uint8_t { services, connections, timeouts, daemons };

// Which columns "-L" prints.  The real tool's precedence where several are given is applied already.
enum class Columns : std::uint8_t { plain, stats, rate, thresholds, persistent_connections, tunnel };

struct List {
    Show show = Show::services;
    Columns columns = Columns::plain;  // of Show::services
    bool numeric = false;
    bool exact = false;
    bool sorted = true;
    bool persistence_data = false;              // --persistent-conn with -c: two columns more
    std::optional<model::ServiceKey> service;   // only this one
    bool operator==(const List&) const = default;
};

struct Save {
    bool numeric = false;
    bool operator==(const Save&) const = default;
};

struct Restore {  // of standard input: restore_line() for each of its lines
    bool operator==(const Restore&) const = default;
};

enum class DaemonRole : std::uint8_t { master = 1, backup = 2 };  // IPVS's numbers

struct StartDaemon {
    DaemonRole role = DaemonRole::master;
    std::string interface = "eth0";
    std::uint8_t sync_id = 0;
    std::uint16_t message_length = 0;  // 0: by the MTU of the interface
    std::optional<Address> group;      // none: 224.0.0.81
    Port port = 0;                     // 0: 8848
    std::uint8_t ttl = 0;              // 0: 1
    bool operator==(const StartDaemon&) const = default;
};

struct StopDaemon {
    DaemonRole role = DaemonRole::master;
    bool operator==(const StopDaemon&) const = default;
};

struct Help {
    bool operator==(const Help&) const = default;
};
struct Version {
    bool operator==(const Version&) const = default;
};

using Command = std::variant<model::Operation, List, Save, Restore, StartDaemon, StopDaemon, Help, Version>;

struct UsageError {
    std::string text;     // as it goes to stderr, with its line ends
    int exit_status = 2;  // 2, or 255 where the option parser itself gave up
    bool operator==(const UsageError&) const = default;
};

using Parsed = std::expected<Command, UsageError>;

// `words` are argv; words[0] is not looked at.  No further word: the list, with names.
[[nodiscard]] Parsed parse(std::span<const std::string> words, const Names& names);

// One line of what "-R" reads; nothing for a line without words.  "-R" inside it is refused, as by the real tool.
[[nodiscard]] std::optional<Parsed> restore_line(std::string_view line, const Names& names);

// The sentence ipvsadm prints (without line end) when the kernel refuses `command` with errno `code`.  For
// EOPNOTSUPP, which lvx uses for what it has no data plane for, it is lvx's own: model::unsupported().
[[nodiscard]] std::string refusal_text(const Command& command, int code);

// The exit status that goes with it: 1 where a listing failed, else 255.
[[nodiscard]] int refusal_status(const Command& command);

// What "ipvsadm -h" prints, from its first line to its last, and "ipvsadm -v".
[[nodiscard]] std::string_view help_text();
[[nodiscard]] std::string_view version_text();

}  // namespace lvx::config::ipvsadm
