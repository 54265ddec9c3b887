// What the options of one command line said, and the command they make together.  Apart from reading words, so that
// the rules between options stand in one place.
#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <string>

#include "base/result.hh"
#include "config/ipvsadm/command.hh"
#include "config/ipvsadm/option.hh"

namespace lvx::config::ipvsadm {

template <class T>
using Usage = std::expected<T, UsageError>;
using Done = Usage<std::monostate>;

[[nodiscard]] std::unexpected<UsageError> wrong(std::string_view text);
[[nodiscard]] std::unexpected<UsageError> try_help();

struct Draft {
    Verb verb = Verb::list;
    Options given;
    model::Service service;
    model::Server server{.method = model::Method::route};
    std::optional<Port> server_port;
    std::optional<std::chrono::seconds> persistence;
    std::optional<std::string> mask;
    std::string flags;
    model::Timeouts timeouts;
    StartDaemon daemon;
};

// Bits of the client's address that count; all of them without -M.
[[nodiscard]] Usage<std::uint8_t> prefix_of(const Draft& draft);

// Are these options allowed with this command, and all there that it needs?
[[nodiscard]] Done check_rules(const Draft& draft);
[[nodiscard]] Parsed build(const Draft& draft);

}  // namespace lvx::config::ipvsadm
