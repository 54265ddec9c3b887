#include "config/value.hh"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "base/text.hh"

namespace lvx::config {
namespace {

std::unexpected<Diagnostic> wrong(Code code, const Word& word, std::string message, std::string caret,
                                  std::string note) {
    std::string help;
    if (word.text.find('$') != std::string::npos) help = "no definition of this name comes before this line";
    const Severity severity = unfilled_template(word.text) ? Severity::warning : Severity::error;
    return std::unexpected(Diagnostic{.severity = severity, .code = code, .place = word.place, .message = std::move(message),
                                      .caret = std::move(caret), .note = std::move(note), .help = std::move(help)});
}

std::string what_keepalived_does(const Keyword& keyword) {
    if (only_ours(keyword)) return {};
    if (keyword.standard.empty()) return "keepalived would ignore this line";
    return fmt::format("keepalived would ignore this line and use {}", keyword.standard);
}

std::string range(std::int64_t low, std::int64_t high) { return fmt::format("{} to {}", low, high); }

Read<std::uint8_t> read_dotted_mask(const Word& word, const Address& mask) {
    const std::uint32_t bits = mask.v4_value();
    if (std::countl_one(bits) + std::countr_zero(bits) < 32) {
        return wrong(Code::bad_mask, word, fmt::format("{} is not a network mask", word.text), "ones after zeros", {});
    }
    return static_cast<std::uint8_t>(std::countl_one(bits));
}

}  // namespace

Read<std::int64_t> read_number(const Keyword& keyword, const Word& word) {
    const auto number = parse_integer(word.text);
    if (!number) {
        return wrong(Code::not_a_number, word, fmt::format("{} needs a number, not \"{}\"", keyword.name, word.text),
                     range(keyword.low, keyword.high), what_keepalived_does(keyword));
    }
    if (*number >= keyword.low && *number <= keyword.high) return *number;
    return wrong(Code::out_of_range, word, fmt::format("{} {} is out of range", keyword.name, word.text),
                 range(keyword.low, keyword.high), what_keepalived_does(keyword));
}

Read<std::chrono::microseconds> read_seconds(const Keyword& keyword, const Word& word) {
    const auto number = parse_millionths(word.text);
    if (!number) {
        return wrong(Code::not_a_number, word, fmt::format("{} needs seconds, not \"{}\"", keyword.name, word.text),
                     "a decimal number such as 3 or 0.5", what_keepalived_does(keyword));
    }
    constexpr std::int64_t second = 1000000;
    const bool positive = keyword.argument == Argument::positive_seconds;
    const bool enough = positive ? *number > 0 : *number >= keyword.low * second;
    if (enough && *number <= keyword.high * second) return std::chrono::microseconds{*number};
    return wrong(Code::out_of_range, word, fmt::format("{} {} is out of range", keyword.name, word.text),
                 positive ? fmt::format("more than 0, up to {} seconds", keyword.high) : range(keyword.low, keyword.high) + " seconds",
                 what_keepalived_does(keyword));
}

Read<std::chrono::microseconds> read_milliseconds(const Keyword& keyword, const Word& word) {
    const auto number = parse_millionths(word.text);
    constexpr std::int64_t millisecond = 1000000;  // in millionths
    if (!number) {
        return wrong(Code::not_a_number, word, fmt::format("{} needs milliseconds, not \"{}\"", keyword.name, word.text),
                     "a decimal number such as 10 or 0.5", what_keepalived_does(keyword));
    }
    if (*number >= keyword.low * millisecond && *number <= keyword.high * millisecond) return std::chrono::microseconds{*number / 1000};
    return wrong(Code::out_of_range, word, fmt::format("{} {} is out of range", keyword.name, word.text),
                 range(keyword.low, keyword.high) + " milliseconds", what_keepalived_does(keyword));
}

Read<bool> read_flag(const Word& word) {
    for (const std::string_view yes : {"on", "true", "yes"}) {
        if (word.text == yes) return true;
    }
    for (const std::string_view no : {"off", "false", "no"}) {
        if (word.text == no) return false;
    }
    return wrong(Code::not_a_boolean, word, fmt::format("\"{}\" is neither yes nor no", word.text),
                 "on, true, yes or off, false, no", {});
}

Read<Address> read_address(const Word& word) {
    if (const auto address = Address::parse(word.text)) return *address;
    const std::size_t slash = word.text.find('/');
    if (slash != std::string::npos && Address::parse(word.text.substr(0, slash))) {
        return wrong(Code::bad_address, word, fmt::format("\"{}\" is a network, not an address", word.text),
                     "without the \"/\" and what follows", {});
    }
    return wrong(Code::bad_address, word, fmt::format("\"{}\" is not an IP address", word.text),
                 "numbers only, such as 192.0.2.1 or 2001:db8::1", {});
}

Read<Port> read_port(const Word& word) {
    if (const auto port = parse_port(word.text)) return *port;
    return wrong(Code::bad_port, word, fmt::format("\"{}\" is not a port", word.text), "1 to 65535", {});
}

Read<Port> read_service_port(const Word& word) {
    if (word.text == "0") return Port{0};
    auto port = read_port(word);
    if (!port) port.error().note = "keepalived would leave this service or server out";
    return port;
}

Read<std::uint8_t> read_prefix(const Word& word, Family family) {
    const int longest = family == Family::v4 ? 32 : 128;
    const auto mask = family == Family::v4 ? Address::parse(word.text) : std::nullopt;
    if (mask && mask->is_v4()) return read_dotted_mask(word, *mask);
    const std::string_view digits = std::string_view(word.text).substr(word.text.starts_with('/') ? 1 : 0);
    const auto bits = parse_integer(digits);
    if (bits && *bits >= 1 && *bits <= longest) return static_cast<std::uint8_t>(*bits);
    return wrong(Code::bad_mask, word, fmt::format("\"{}\" is not a mask of {}", word.text, family == Family::v4 ? "IPv4" : "IPv6"),
                 family == Family::v4 ? "such as 255.255.255.0, or 1 to 32" : "1 to 128",
                 "keepalived would use all bits of the address");
}

Read<std::string_view> read_choice(const Word& word, std::string_view choices) {
    const auto all = split_words(choices);
    const auto found = std::ranges::find(all, std::string_view(word.text));
    if (found != all.end()) return *found;
    std::string hint = suggestion(word.text, all);
    return wrong(Code::bad_choice, word, fmt::format("\"{}\" is not possible here", word.text),
                 hint.empty() ? fmt::format("one of: {}", choices) : std::move(hint), {});
}

bool unfilled_template(std::string_view word) {
    const std::size_t at = word.find("${");
    return at != std::string_view::npos && word.find(":-", at) != std::string_view::npos;
}

Diagnostic missing_argument(const Statement& statement, std::string_view what) {
    Place end = statement.place();
    end.column += end.width;
    end.width = 1;
    return {.code = Code::missing_argument, .place = end,
            .message = fmt::format("\"{}\" needs an argument", statement.keyword()), .caret = std::string(what),
            .note = "keepalived would stop here, at a reload too"};
}

std::string suggestion(std::string_view word, std::span<const std::string_view> candidates) {
    if (word.size() < 2) return {};  // everything is near to a single letter
    const auto near = nearest(word, candidates);
    return near ? fmt::format("did you mean \"{}\"?", *near) : std::string{};
}

}  // namespace lvx::config
