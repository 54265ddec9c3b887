#include "config/keepalived/head.hh"

#include <fmt/format.h>

#include "config/keepalived/group.hh"
#include "config/keepalived/names.hh"

namespace lvx::config::keepalived {
namespace {

using model::Protocol;

std::optional<Head> address_head(const Statement& statement, Reading& reading) {
    const auto& words = statement.words;
    const auto address = reading.keep(read_address(words[1]));
    std::optional<Port> port = Port{0};
    if (words.size() > 2) port = reading.keep(read_service_port(words[2]));
    if (words.size() > 3) surplus(words[3], reading.diagnostics());
    if (!address || !port) return std::nullopt;
    return Head{.name = *port == 0 ? words[1].text : fmt::format("{} {}", words[1].text, *port), .group = {},
                .services = {{.protocol = Protocol::udp, .address = *address, .port = *port}}};
}

std::optional<Head> mark_head(const Statement& statement, Reading& reading) {
    const auto mark = read_mark(statement, 1, reading.diagnostics());
    if (!mark) return std::nullopt;
    return Head{.name = fmt::format("fwmark {}", mark->fwmark), .group = {}, .services = {*mark}};
}

std::optional<Head> group_head(const Statement& statement, Reading& reading) {
    const auto& words = statement.words;
    if (words.size() < 3) {
        reading.report(missing_argument(statement, "the name of a virtual_server_group belongs here"));
        return std::nullopt;
    }
    if (words.size() > 3) surplus(words[3], reading.diagnostics());
    const Statement* group = expect_object(words[2], "virtual_server_group", reading);
    if (group == nullptr) return std::nullopt;
    Diagnostics said_where_the_group_stands;
    Head head{.name = "group " + words[2].text, .group = words[2].text, .services = {}};
    for (const GroupMember& member : group_members(*group, said_where_the_group_stands)) head.services.push_back(member.key);
    if (!head.services.empty()) return head;
    reading.report({.code = Code::missing_keyword, .place = words[2].place,
                    .message = fmt::format("group {} has no address, so nothing is served", words[2].text)});
    return std::nullopt;
}

}  // namespace

std::optional<Head> read_head(const Statement& statement, Reading& reading) {
    if (statement.words.size() < 2) {
        reading.report(missing_argument(statement, "an address, \"fwmark MARK\" or \"group NAME\""));
        return std::nullopt;
    }
    const std::string& first = statement.words[1].text;
    if (first == "fwmark") return mark_head(statement, reading);
    return first == "group" ? group_head(statement, reading) : address_head(statement, reading);
}

std::optional<model::ServiceKey> read_mark(const Statement& statement, std::size_t at, Diagnostics& diagnostics) {
    constexpr Keyword mark{.name = "fwmark", .low = 1, .high = 0xffffffff};
    const auto& words = statement.words;
    if (words.size() < at + 2) {
        diagnostics.add(missing_argument(statement, "a firewall mark belongs here"));
        return std::nullopt;
    }
    const auto number = read_number(mark, words[at + 1]);
    if (!number) diagnostics.add(number.error());
    const std::size_t family = at + 2;
    const bool v6 = words.size() > family && words[family].text == "inet6";
    const bool named = v6 || (words.size() > family && words[family].text == "inet");
    if (words.size() > family + (named ? 1 : 0)) surplus(words[family + (named ? 1 : 0)], diagnostics);
    if (!number) return std::nullopt;
    return model::ServiceKey{.protocol = Protocol::ip, .address = v6 ? Address::v6({}) : Address{},
                             .fwmark = static_cast<std::uint32_t>(*number)};
}

void surplus(const Word& word, Diagnostics& diagnostics) {
    diagnostics.add({.severity = Severity::warning, .code = Code::surplus_argument, .place = word.place,
                     .message = fmt::format("\"{}\" is one word too many", word.text),
                     .note = "keepalived ignores what follows"});
}

}  // namespace lvx::config::keepalived
