#include "config/keepalived/head.hh"

#include <fmt/format.h>

#include "config/value.hh"

namespace lvx::config::keepalived {
namespace {

using model::Protocol;

std::optional<Head> address_head(const Statement& statement, Diagnostics& diagnostics) {
    const auto& words = statement.words;
    const auto address = read_address(words[1]);
    const Read<Port> port = words.size() > 2 ? read_service_port(words[2]) : Read<Port>(Port{0});
    if (!address) diagnostics.add(address.error());
    if (!port) diagnostics.add(port.error());
    if (words.size() > 3) surplus(words[3], diagnostics);
    if (!address || !port) return std::nullopt;
    return Head{.key = {.protocol = Protocol::udp, .address = *address, .port = *port}};
}

std::optional<Head> mark_head(const Statement& statement, Diagnostics& diagnostics) {
    constexpr Keyword mark{.name = "fwmark", .low = 1, .high = 0xffffffff};
    const auto& words = statement.words;
    if (words.size() < 3) {
        diagnostics.add(missing_argument(statement, "a firewall mark belongs here"));
        return std::nullopt;
    }
    const auto number = read_number(mark, words[2]);
    if (!number) diagnostics.add(number.error());
    const bool family = words.size() > 3 && (words[3].text == "inet" || words[3].text == "inet6");
    if (words.size() > 3 && !family) surplus(words[3], diagnostics);
    if (!number) return std::nullopt;
    return Head{.key = {.protocol = Protocol::ip, .fwmark = static_cast<std::uint32_t>(*number)},
                .is_v6 = family && words[3].text == "inet6"};
}

}  // namespace

std::optional<Head> read_head(const Statement& statement, Diagnostics& diagnostics) {
    if (statement.words.size() < 2) {
        diagnostics.add(missing_argument(statement, "an address, \"fwmark MARK\" or \"group NAME\""));
        return std::nullopt;
    }
    const std::string& first = statement.words[1].text;
    if (first == "fwmark") return mark_head(statement, diagnostics);
    if (first != "group") return address_head(statement, diagnostics);
    diagnostics.add({.code = Code::not_supported_yet, .place = statement.place(),
                     .message = "groups of virtual servers are not supported yet",
                     .help = "write one virtual_server for each address of the group"});
    return std::nullopt;
}

void surplus(const Word& word, Diagnostics& diagnostics) {
    diagnostics.add({.severity = Severity::warning, .code = Code::surplus_argument, .place = word.place,
                     .message = fmt::format("\"{}\" is one word too many", word.text),
                     .note = "keepalived ignores what follows"});
}

}  // namespace lvx::config::keepalived
