#include "config/keepalived/line_words.hh"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hh"
#include "config/keepalived/route_scope.hh"

namespace lvx::config::keepalived {
namespace {

std::string text_of(const Network& network) {
    if (network.length == 0 && network.address == Address{}) return "0.0.0.0/0";
    if (network.length == 0 && network.address == Address::v6({})) return "::/0";
    const int all = network.address.is_v4() ? 32 : 128;
    return network.length == all ? network.address.text() : fmt::format("{}/{}", network.address.text(), network.length);
}

void set_family(Family family, const Word& word, LineCursor& cursor, LineWords& result) {
    if (!result.family) result.family = family;
    if (*result.family == family) return;
    cursor.wrong({.code = Code::mixed_families, .place = word.place,
                  .message = fmt::format("\"{}\" is of another family than the words before it", word.text)});
}

bool in_range(std::string_view text, const LineOption& option) {
    const auto number = parse_number(text);
    return number && *number >= option.low && *number <= option.high;
}

void wrong_number(const Word& word, const LineOption& option, LineCursor& cursor) {
    cursor.wrong({.code = Code::out_of_range, .place = word.place,
                  .message = fmt::format("{} {} is not possible", option.word, word.text),
                  .caret = fmt::format("{} to {}", option.low, option.high)});
}

// Letters that names in iproute2's files have.
bool is_name(std::string_view text) {
    const auto letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
    };
    return !text.empty() && !(text[0] >= '0' && text[0] <= '9') && text[0] != '-' && std::ranges::all_of(text, letter);
}

void read_time(const LineOption& option, const Word& word, LineCursor& cursor) {
    std::string_view digits = word.text;
    if (digits.ends_with("ms")) digits.remove_suffix(2);
    else if (digits.ends_with("s")) digits.remove_suffix(1);
    if (!in_range(digits, option)) wrong_number(word, option, cursor);
}

// "A<separator>B" or "A", both in range.
void read_pair(const LineOption& option, const Word& word, char separator, LineCursor& cursor) {
    const auto parts = split_at(word.text, separator);
    const bool good = parts.size() <= 2 && std::ranges::all_of(parts, [&](std::string_view part) { return in_range(part, option); });
    if (!good) return wrong_number(word, option, cursor);
    if (option.kind == ArgumentKind::range && parts.size() == 2 && *parse_number(parts[0]) > *parse_number(parts[1])) {
        cursor.wrong({.code = Code::out_of_range, .place = word.place,
                      .message = fmt::format("the range {} ends before it begins", word.text)});
    }
}

void read_gateway(LineCursor& cursor, LineWords& result) {
    std::string family;
    if (cursor.next_is("inet") || cursor.next_is("inet6")) family = cursor.take().text;
    const Word* word = cursor.argument("an IP address belongs here");
    if (word == nullptr) return;
    const auto address = read_address(*word);
    if (!address) return cursor.wrong(address.error());
    // "via inet6" is the way an IPv4 route has an IPv6 gateway; else families must agree.
    if (family.empty()) set_family(address->family(), *word, cursor, result);
    if (!family.empty()) result.words.push_back(family);
    result.words.push_back(address->text());
}

void read_value(const LineOption& option, const Word& word, LineCursor& cursor, LineWords& result) {
    result.words.push_back(word.text);
    switch (option.kind) {
        case ArgumentKind::number:
        case ArgumentKind::locked_number:
            if (!in_range(word.text, option)) wrong_number(word, option, cursor);
            return;
        case ArgumentKind::time: return read_time(option, word, cursor);
        case ArgumentKind::name:
            if (!in_range(word.text, option) && !is_name(word.text)) wrong_number(word, option, cursor);
            return;
        case ArgumentKind::realms: return read_pair(option, word, '/', cursor);
        case ArgumentKind::mark: return read_pair(option, word, '/', cursor);
        case ArgumentKind::range: return read_pair(option, word, '-', cursor);
        default: return;
    }
}

}  // namespace

const LineOption* find_option(std::span<const LineOption> options, std::string_view word) {
    const auto found = std::ranges::find(options, word, &LineOption::word);
    return found == options.end() ? nullptr : &*found;
}

std::string option_names(std::span<const LineOption> options) {
    std::string names;
    for (const LineOption& option : options) names += (names.empty() ? "" : " ") + std::string(option.word);
    return names;
}

void add_network(const Network& network, const Word& word, LineCursor& cursor, LineWords& result) {
    const bool any = word.text == "default" || word.text == "any" || word.text == "all";
    if (!any) set_family(network.address.family(), word, cursor, result);
    result.words.push_back(any ? "default" : text_of(network));
}

void read_option(const LineOption& option, LineCursor& cursor, LineWords& result) {
    result.words.emplace_back(option.of_ip);
    switch (option.kind) {
        case ArgumentKind::nothing: return;
        case ArgumentKind::gateway: return read_gateway(cursor, result);
        case ArgumentKind::address:
        case ArgumentKind::network: {
            const bool one = option.kind == ArgumentKind::address;
            const Word* word = cursor.argument(one ? "an IP address belongs here" : "a network belongs here");
            if (word == nullptr) return;
            const auto network = read_network(*word);
            if (!network) return cursor.wrong(network.error());
            return add_network(*network, *word, cursor, result);
        }
        case ArgumentKind::interface:
            if (auto name = cursor.interface()) result.words.push_back(std::move(*name));
            return;
        case ArgumentKind::scope:
            if (const auto scope = read_scope(cursor)) result.words.push_back(std::to_string(*scope));
            return;
        case ArgumentKind::choice:
            if (const auto word = cursor.choice(option.values)) result.words.emplace_back(*word);
            return;
        default: break;
    }
    if (option.kind == ArgumentKind::locked_number || option.kind == ArgumentKind::time) {
        if (cursor.take_if("lock")) result.words.emplace_back("lock");
    }
    if (const Word* word = cursor.argument(option.high != 0 ? fmt::format("{} to {}", option.low, option.high) : "a word belongs here")) {
        read_value(option, *word, cursor, result);
    }
}

}  // namespace lvx::config::keepalived
