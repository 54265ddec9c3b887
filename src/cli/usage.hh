// The one table of lvx's commands: what is dispatched, listed by --help and suggested for a typing error.  Pure.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lvx::cli {

enum class CommandId : std::uint8_t {
    status, services, checks, connections, drops, interfaces, events, bfd, marks, reload, stop, drain, enable, disable, weight,
    override_list, override_clear, sync_status, vrrp, failover, standby,
    config_check, config_show, config_plan, config_apply, config_confirm, config_history, config_rollback, config_diff,
    config_delta, config_convert, demo,
    ipvsadm, ipvsadm_save, ipvsadm_restore, genhash, keepalived, help, version,
};

// Exit statuses of every command but the ipvsadm applets, which have ipvsadm's own, and demo, which has its command's.
enum ExitStatus : int {
    exit_done = 0,
    exit_refused = 1,     // the daemon or the file says no; for `status`: there are problems
    exit_usage = 2,
    exit_no_daemon = 3,   // nobody answers on the socket
    exit_different = 4,   // config plan, config diff: something would change, or differs
};

struct OptionRow {
    std::string_view name;     // "--json"
    std::string_view meaning;
    std::string_view value = "";  // what stands behind it: "TIME"; "" = nothing
};

struct CommandRow {
    CommandId id{};
    std::string_view name;               // one word, or two: "config check"
    std::string_view operands;           // behind the name: "FILE"
    std::string_view meaning;            // one line, no full stop
    std::span<const OptionRow> options;
    std::uint8_t operand_count = 0;      // how many there must be
    bool takes_all = false;              // everything behind the name is the command's own business
    std::uint8_t optional_operands = 0;  // how many more there may be
};

[[nodiscard]] std::span<const CommandRow> commands();

struct Invocation {
    CommandId command{};
    std::string socket;                     // of --socket; empty: LVX_SOCKET or the default
    std::set<std::string, std::less<>> options;               // those without a value
    std::map<std::string, std::string, std::less<>> values;   // the others
    std::vector<std::string> operands;
    bool operator==(const Invocation&) const = default;
};

// Words behind argv[0].  The error is what goes to stderr, with line ends.  "--help" anywhere asks for the help of the
// command before it.  Names may be shortened as long as they stay unambiguous.
[[nodiscard]] std::expected<Invocation, std::string> parse(std::span<const std::string> words);

[[nodiscard]] std::string overview();                       // lvx help
// lvx help COMMAND; the error names what was near.
[[nodiscard]] std::expected<std::string, std::string> help_of(std::string_view name);

}  // namespace lvx::cli
