#include "config/definition.hh"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>

#include "base/text.hh"

namespace lvx::config {
namespace {

constexpr std::string_view blanks = " \t\r\v\f";
constexpr std::size_t most_alternatives = 256;
constexpr std::size_t longest_reference = 256;

bool begins_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool in_name(char c) { return begins_name(c) || (c >= '0' && c <= '9'); }

std::size_t name_length(std::string_view text) {
    if (text.empty() || !begins_name(text.front())) return 0;
    std::size_t length = 1;
    while (length < text.size() && in_name(text[length])) ++length;
    return length;
}

std::optional<Reference> braced(std::string_view text, std::size_t at) {
    const std::size_t length = name_length(text.substr(at + 2));
    if (length == 0) return std::nullopt;
    // Bounded, so that a line of nothing but openings is not read again from each of them.
    const std::size_t end = text.substr(0, at + longest_reference).find('}', at);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view name = text.substr(at + 2, length);
    const std::string_view rest = text.substr(at + 2 + length, end - (at + 2 + length));
    const bool predefined = name.front() == '_';
    if (!rest.empty() && (!predefined || blanks.find(rest.front()) == std::string_view::npos)) return std::nullopt;
    return Reference{.offset = at, .length = end + 1 - at, .name = name, .arguments = trim(rest)};
}

std::optional<Reference> bare(std::string_view text, std::size_t at) {
    const std::size_t length = name_length(text.substr(at + 1));
    const std::size_t end = at + 1 + length;
    if (length == 0) return std::nullopt;
    if (end < text.size() && text[end] != ')' && blanks.find(text[end]) == std::string_view::npos) return std::nullopt;
    return Reference{.offset = at, .length = length + 1, .name = text.substr(at + 1, length), .arguments = {}};
}

std::optional<std::int64_t> sequence_number(std::string_view text) {
    const bool negative = text.starts_with('-');
    const std::string_view digits = negative ? text.substr(1) : text;
    const bool hexadecimal = digits.starts_with("0x") || digits.starts_with("0X");
    const std::string_view plain = hexadecimal ? digits.substr(2) : digits;
    std::uint32_t value = 0;
    const auto result = std::from_chars(plain.data(), plain.data() + plain.size(), value, hexadecimal ? 16 : 10);
    if (plain.empty() || result.ec != std::errc{} || result.ptr != plain.data() + plain.size()) return std::nullopt;
    return negative ? -std::int64_t{value} : std::int64_t{value};
}

std::string sequence_text(RepetitionKind kind, std::int64_t value) {
    return kind == RepetitionKind::hexadecimal ? fmt::format("{:x}", value) : fmt::format("{}", value);
}

std::expected<Rounds, std::string> sequence(RepetitionKind kind, std::string_view arguments) {
    const auto parts = split_at(arguments, ',');
    if (parts.size() < 2 || parts.size() > 4) return std::unexpected("expected (variable[, start[, step]], end)");
    const std::string_view variable = trim(parts[0]);
    if (variable.empty() || name_length(variable) != variable.size()) {
        return std::unexpected("the first argument is the name of a variable");
    }
    std::vector<std::int64_t> numbers;
    for (std::size_t i = 1; i < parts.size(); ++i) {
        const auto number = sequence_number(trim(parts[i]));
        if (!number) return std::unexpected(fmt::format("\"{}\" is not a number", trim(parts[i])));
        numbers.push_back(*number);
    }
    const std::int64_t end = numbers.back();
    const std::int64_t start = numbers.size() > 1 ? numbers[0] : end < 0 ? -1 : 1;
    const std::int64_t step = numbers.size() > 2 ? numbers[1] : start <= end ? 1 : -1;
    if (step == 0) return std::unexpected("a step of 0 never reaches the end");
    if ((end - start) / step > static_cast<std::int64_t>(most_rounds)) {
        return std::unexpected(fmt::format("more than {} rounds", most_rounds));
    }
    Rounds result{.variables = {std::string(variable)}, .values = {}};
    for (std::int64_t value = start; step > 0 ? value <= end : value >= end; value += step) {
        result.values.push_back({sequence_text(kind, value)});
    }
    return result;
}

// Arguments between commas, where "{a,b}" is one argument.
std::vector<std::string_view> list_arguments(std::string_view text) {
    std::vector<std::string_view> parts;
    std::size_t from = 0, depth = 0;
    for (std::size_t at = 0; at <= text.size(); ++at) {
        if (at < text.size() && text[at] == '{') ++depth;
        if (at < text.size() && text[at] == '}' && depth > 0) --depth;
        if (at < text.size() && (text[at] != ',' || depth > 0)) continue;
        parts.push_back(trim(text.substr(from, at - from)));
        from = at + 1;
    }
    return parts;
}

std::vector<std::string> group(std::string_view argument) {
    std::vector<std::string> result;
    if (argument.starts_with('{') && argument.ends_with('}')) {
        argument = argument.substr(1, argument.size() - 2);
        for (const std::string_view part : split_at(argument, ',')) result.emplace_back(trim(part));
        return result;
    }
    result.emplace_back(argument);
    return result;
}

std::expected<Rounds, std::string> list(std::string_view arguments) {
    const auto parts = list_arguments(arguments);
    Rounds result{.variables = group(parts.front()), .values = {}};
    for (const std::string& variable : result.variables) {
        if (variable.empty() || name_length(variable) != variable.size()) {
            return std::unexpected("the first argument is the name of a variable, or {several}");
        }
    }
    if (parts.size() < 2) return std::unexpected("there are no values");
    for (std::size_t i = 1; i < parts.size(); ++i) {
        result.values.push_back(group(parts[i]));
        if (result.values.back().size() != result.variables.size()) {
            return std::unexpected(fmt::format("\"{}\" has not {} values", parts[i], result.variables.size()));
        }
    }
    return result;
}

}  // namespace

Line without_comment(Line line) {
    if (line.text.find_first_of("#!") == std::string::npos) return line;
    bool quoted = false;
    Line result{.text = {}, .file = line.file, .number = line.number, .pieces = {}};
    std::size_t from = 0;
    for (std::size_t at = 0; at < line.text.size(); ++at) {
        const char c = line.text[at];
        if (c == '"') quoted = !quoted;
        if (quoted) continue;
        const bool escaped = c == '\\' && at + 1 < line.text.size() && (line.text[at + 1] == '#' || line.text[at + 1] == '!');
        if (escaped) {
            result.append(line.part(from, at - from));
            from = ++at;
        } else if (c == '#' || c == '!') {
            line = line.part(0, at);
            break;
        }
    }
    if (result.text.empty() && from == 0) return line;
    result.append(line.part(from, line.text.size() - from));
    return result;
}

std::optional<DefinitionHead> definition_head(std::string_view text) {
    const std::size_t dollar = text.find_first_not_of(blanks);
    if (dollar == std::string_view::npos || text[dollar] != '$') return std::nullopt;
    const std::size_t length = name_length(text.substr(dollar + 1));
    const std::size_t equals = dollar + 1 + length;
    if (length == 0 || equals >= text.size() || text[equals] != '=') return std::nullopt;
    const std::size_t value = text.find_first_not_of(blanks, equals + 1);
    return DefinitionHead{.name = text.substr(dollar + 1, length),
                          .value_at = value == std::string_view::npos ? text.size() : value};
}

std::optional<std::size_t> continuation(std::string_view text) {
    const std::size_t last = text.find_last_not_of(blanks);
    if (last == std::string_view::npos || text[last] != '\\') return std::nullopt;
    return last;
}

std::optional<Reference> next_reference(std::string_view text, std::size_t from) {
    for (std::size_t at = text.find('$', from); at != std::string_view::npos; at = text.find('$', at + 1)) {
        const bool brace = at + 1 < text.size() && text[at + 1] == '{';
        if (const auto found = brace ? braced(text, at) : bare(text, at)) return found;
    }
    return std::nullopt;
}

std::optional<std::expected<RepetitionHead, std::string>> next_repetition(std::string_view text) {
    struct Spelling {
        std::string_view word;
        RepetitionKind kind;
    };
    constexpr Spelling spellings[] = {{"~SEQ(", RepetitionKind::decimal},
                                      {"~SEQx(", RepetitionKind::hexadecimal},
                                      {"~LST(", RepetitionKind::list}};
    for (std::size_t at = text.find('~'); at != std::string_view::npos; at = text.find('~', at + 1)) {
        for (const Spelling& spelling : spellings) {
            if (!text.substr(at).starts_with(spelling.word)) continue;
            const std::size_t end = text.find(')', at);
            if (end == std::string_view::npos) return std::unexpected("the closing parenthesis is missing");
            const std::size_t inside = at + spelling.word.size();
            return RepetitionHead{.kind = spelling.kind, .offset = at, .length = end + 1 - at,
                                  .arguments = text.substr(inside, end - inside)};
        }
    }
    return std::nullopt;
}

std::expected<Rounds, std::string> rounds(RepetitionKind kind, std::string_view arguments) {
    return kind == RepetitionKind::list ? list(arguments) : sequence(kind, arguments);
}

std::vector<std::string> brace_alternatives(std::string_view pattern) {
    std::vector<std::string> done, waiting = {std::string(pattern)};
    while (!waiting.empty() && done.size() + waiting.size() <= most_alternatives) {
        const std::string one = std::move(waiting.back());
        waiting.pop_back();
        const std::size_t close = one.find('}');
        const std::size_t open = close == std::string::npos ? close : one.rfind('{', close);
        if (open == std::string::npos) {
            done.push_back(one);
            continue;
        }
        const auto parts = split_at(std::string_view(one).substr(open + 1, close - open - 1), ',');
        for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
            waiting.push_back(one.substr(0, open) + std::string(*part) + one.substr(close + 1));
        }
    }
    return done;
}

}  // namespace lvx::config
