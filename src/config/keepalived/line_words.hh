// Options of routes and rules as a table: what a word's argument must look like, and under which name "ip" knows it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/keepalived/line_cursor.hh"

namespace lvx::config::keepalived {

enum class ArgumentKind : std::uint8_t {
    nothing,
    number,         // low..high
    locked_number,  // [lock] low..high, of metrics
    time,           // the same, with "ms" or "s" behind
    name,           // number low..high, or a name of iproute2's tables
    address,        // one address; sets the family
    gateway,        // [inet|inet6] address
    network,
    interface,
    scope,
    choice,         // of `values`
    text,
    realms,         // A or A/B
    mark,           // N or N/MASK
    range,          // N or N-M, each low..high
};

struct LineOption {
    std::string_view word;
    std::string_view of_ip;  // the same option's name in "ip"
    ArgumentKind kind = ArgumentKind::nothing;
    std::int64_t low = 0, high = 0;
    std::string_view values = "";
};

// Words as they are given to "ip", and the family their addresses show.
struct LineWords {
    std::vector<std::string> words;
    std::optional<Family> family;
};

[[nodiscard]] const LineOption* find_option(std::span<const LineOption> options, std::string_view word);
[[nodiscard]] std::string option_names(std::span<const LineOption> options);
// Reads the argument behind the option's word, and appends both.
void read_option(const LineOption& option, LineCursor& cursor, LineWords& result);
// A network as the destination of a route or the source of a rule.
void add_network(const Network& network, const Word& word, LineCursor& cursor, LineWords& result);

}  // namespace lvx::config::keepalived
