#include "config/keepalived/marks.hh"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hh"
#include "config/keepalived/head.hh"

namespace lvx::config::keepalived {
namespace {

using model::MarkMember;
using model::Protocol;

struct Ports {
    Port first = 0, last = 0;  // 0, 0: any
};

std::vector<Protocol> protocols(std::string_view word) {
    if (word == "any") return {Protocol::tcp, Protocol::udp};
    return {word == "tcp" ? Protocol::tcp : Protocol::udp};
}

// "80", "8000-8010".
Read<Ports> read_ports(const Word& word) {
    const std::size_t dash = word.text.find('-');
    if (dash == std::string::npos) {
        const auto port = read_port(word);
        if (!port) return std::unexpected(port.error());
        return Ports{*port, *port};
    }
    const auto first = parse_integer(std::string_view(word.text).substr(0, dash)), last = parse_integer(std::string_view(word.text).substr(dash + 1));
    const auto is_port = [](const auto& number) { return number && *number >= 1 && *number <= 65535; };
    if (!is_port(first) || !is_port(last))
        return std::unexpected(Diagnostic{.code = Code::bad_port, .place = word.place, .message = fmt::format("\"{}\" is not a range of ports", word.text),
                                          .caret = "such as 8000-8010"});
    if (*last < *first)
        return std::unexpected(Diagnostic{.code = Code::bad_range, .place = word.place, .message = fmt::format("\"{}\" ends before it begins", word.text)});
    return Ports{static_cast<Port>(*first), static_cast<Port>(*last)};
}

// Of every port: from 0 to all.
Ports span_of(const MarkMember& member) { return model::is_any_port(member) ? Ports{0, 65535} : Ports{member.first_port, member.last_port}; }

bool overlap(const MarkMember& a, const MarkMember& b) {
    if (a.protocol != b.protocol || a.address != b.address) return false;
    const Ports one = span_of(a), other = span_of(b);
    return one.first <= other.last && other.first <= one.last;
}

void add(const MarkMember& member, const Statement& line, Reading& reading) {
    model::MarkMembers& all = reading.site().cluster.marks;
    const auto found = std::ranges::find_if(all, [&](const MarkMember& each) { return overlap(each, member); });
    if (found != all.end() && found->mark != member.mark)
        return reading.report({.code = Code::duplicate_address, .place = line.place(),
                               .message = fmt::format("these packets carry mark {} already", found->mark), .caret = "a packet has one mark"});
    if (found != all.end() && span_of(*found).first <= span_of(member).first && span_of(member).last <= span_of(*found).last)
        return reading.warn(Code::duplicate_address, line.place(), fmt::format("these packets carry mark {} already", member.mark), {});
    std::size_t rows = model::rows_of(member);
    for (const MarkMember& each : all) rows += model::rows_of(each);
    if (rows > model::MARK_ROW_LIMIT)
        return reading.report({.code = Code::range_size, .place = line.place(), .message = "too many ports carry marks",
                               .caret = fmt::format("{} in all, or leave the port out: any port counts as one", model::MARK_ROW_LIMIT)});
    all.push_back(member);
}

void read_member(std::uint32_t mark, const Statement& line, Reading& reading) {
    const auto& words = line.words;
    const auto protocol = reading.keep(read_choice(words[0], "tcp udp any"));
    if (words.size() < 2) return reading.report(missing_argument(line, "the address that the packets go to"));
    const auto address = reading.keep(read_address(words[1]));
    std::optional<Ports> ports = Ports{};
    if (words.size() > 2) ports = reading.keep(read_ports(words[2]));
    if (words.size() > 3) surplus(words[3], reading.diagnostics());
    if (!protocol || !address || !ports) return;
    if (ports->first <= 1 && ports->last == 65535) ports = Ports{};
    for (const Protocol each : protocols(*protocol))
        add({.mark = mark, .protocol = each, .address = *address, .first_port = ports->first, .last_port = ports->last, .source = reading.line_of(line.place())},
            line, reading);
}

}  // namespace

void read_fwmark_packets(const Statement& statement, Reading& reading) {
    const auto mark = count_of(statement, Block::root);
    if (!mark) return;
    for (const Statement& line : statement.block) read_member(*mark, line, reading);
}

}  // namespace lvx::config::keepalived
