#include "config/keepalived/line_cursor.hh"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.hh"

namespace lvx::config::keepalived {
namespace {

constexpr std::size_t longest_interface = 15;

std::optional<Network> any_network(std::string_view text) {
    if (text == "default" || text == "any" || text == "all") return Network{.address = Address{}, .length = 0};
    if (text == "default6") return Network{.address = Address::v6({}), .length = 0};
    return std::nullopt;
}

}  // namespace

std::optional<std::int64_t> parse_number(std::string_view text) {
    if (!text.starts_with("0x") && !text.starts_with("0X")) return parse_integer(text);
    std::int64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data() + 2, end, value, 16);
    if (error != std::errc{} || stopped != end || text.size() == 2) return std::nullopt;
    return value;
}

Read<Network> read_network(const Word& word) {
    if (const auto any = any_network(word.text)) return *any;
    const std::size_t slash = word.text.find('/');
    Word address_word = word;
    address_word.text = word.text.substr(0, slash);
    const auto address = read_address(address_word);
    if (!address) {
        Diagnostic wrong = address.error();
        wrong.message = fmt::format("\"{}\" is not an IP address", word.text);
        return std::unexpected(wrong);
    }
    const int longest = address->is_v4() ? 32 : 128;
    if (slash == std::string::npos) return Network{.address = *address, .length = static_cast<std::uint8_t>(longest)};
    const auto length = parse_integer(std::string_view(word.text).substr(slash + 1));
    if (length && *length >= 0 && *length <= longest) {
        return Network{.address = *address, .length = static_cast<std::uint8_t>(*length)};
    }
    Place place = word.place;
    if (!word.quoted && place.width == word.text.size()) {
        place.column += static_cast<std::uint32_t>(slash);
        place.width -= static_cast<std::uint32_t>(slash);
    }
    return std::unexpected(Diagnostic{.code = Code::bad_mask, .place = place,
                                      .message = fmt::format("\"{}\" is not a prefix length of {}",
                                                             word.text.substr(slash), address->is_v4() ? "IPv4" : "IPv6"),
                                      .caret = fmt::format("/0 to /{}", longest),
                                      .note = fmt::format("keepalived would use /{}", longest)});
}

Read<std::string> read_interface(const Word& word) {
    const std::string& name = word.text;
    const bool letters = std::ranges::all_of(name, [](char c) { return c > ' ' && c != '/' && c != 0x7f; });
    if (!name.empty() && name.size() <= longest_interface && letters && name != "." && name != "..") return name;
    const Severity severity = unfilled_template(name) ? Severity::warning : Severity::error;
    return std::unexpected(Diagnostic{.severity = severity, .code = Code::bad_name, .place = word.place,
                                      .message = fmt::format("\"{}\" cannot be the name of an interface", name),
                                      .caret = "at most 15 letters, no \"/\" among them"});
}

bool LineCursor::take_if(std::string_view text) {
    if (!next_is(text)) return false;
    ++at_;
    return true;
}

const Word* LineCursor::argument(std::string_view what) {
    if (more()) return &take();
    const Word& before = statement_.words[at_ - 1];
    Place end = before.place;
    end.column += end.width;
    end.width = 1;
    wrong({.code = Code::missing_argument, .place = end, .message = fmt::format("\"{}\" needs an argument", before.text),
           .caret = std::string(what), .note = "keepalived would stop here, at a reload too"});
    return nullptr;
}

std::optional<std::int64_t> LineCursor::number(Range range) {
    const Word& name = statement_.words[at_ - 1];
    const Word* word = argument(fmt::format("{} to {}", range.low, range.high));
    if (word == nullptr) return std::nullopt;
    Word decimal = *word;
    if (const auto number = parse_number(word->text)) decimal.text = std::to_string(*number);
    return keep(read_number(Keyword{.name = name.text, .low = range.low, .high = range.high}, decimal));
}

std::optional<std::string_view> LineCursor::choice(std::string_view words) {
    const Word* word = argument(fmt::format("one of: {}", words));
    if (word == nullptr) return std::nullopt;
    return keep(read_choice(*word, words));
}

std::optional<Address> LineCursor::address() {
    const Word* word = argument("an IP address belongs here");
    return word == nullptr ? std::nullopt : keep(read_address(*word));
}

std::optional<Network> LineCursor::network() {
    const Word* word = argument("a network belongs here");
    if (word == nullptr) return std::nullopt;
    const auto network = keep(read_network(*word));
    if (network) return network;
    const auto address = Address::parse(std::string_view(word->text).substr(0, word->text.find('/')));
    if (!address) return std::nullopt;
    return Network{.address = *address, .length = static_cast<std::uint8_t>(address->is_v4() ? 32 : 128)};
}

std::optional<std::string> LineCursor::interface() {
    const Word* word = argument("the name of an interface belongs here");
    return word == nullptr ? std::nullopt : keep(read_interface(*word));
}

void LineCursor::unknown(const Word& word, std::string_view where, std::string_view known) {
    understood_ = false;
    std::string hint = suggestion(word.text, split_words(known));
    wrong({.code = Code::unknown_word, .place = word.place,
           .message = fmt::format("unknown word \"{}\" in {}", word.text, where), .caret = std::move(hint),
           .help = fmt::format("known: {}", known)});
}

void LineCursor::wrong(Diagnostic diagnostic) {
    good_ = false;
    reading_.report(std::move(diagnostic));
}

}  // namespace lvx::config::keepalived
