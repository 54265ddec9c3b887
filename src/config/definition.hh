// The spelling of comments, definitions, references and repetitions; what they mean is preprocess.cc's business.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/line.hh"

namespace lvx::config {

// "#" or "!" outside "..." begins a comment; "\#" and "\!" are the letters themselves.
[[nodiscard]] Line without_comment(Line line);

// "$NAME=VALUE" at the beginning of a text (after blanks).
struct DefinitionHead {
    std::string_view name;
    std::size_t value_at = 0;  // offset of VALUE, leading blanks dropped
};
[[nodiscard]] std::optional<DefinitionHead> definition_head(std::string_view text);

// Offset of the "\" that ends a line which goes on on the next one.
[[nodiscard]] std::optional<std::size_t> continuation(std::string_view text);

// "$NAME" before a blank, ")" or the end; "${NAME}" anywhere; "${_RANDOM 1 6}" with arguments.
struct Reference {
    std::size_t offset = 0, length = 0;
    std::string_view name, arguments;
};
[[nodiscard]] std::optional<Reference> next_reference(std::string_view text, std::size_t from);

// "~SEQ(", "~SEQx(" or "~LST(" and its closing parenthesis.
enum class RepetitionKind : std::uint8_t { decimal, hexadecimal, list };
struct RepetitionHead {
    RepetitionKind kind = RepetitionKind::decimal;
    std::size_t offset = 0, length = 0;  // of the whole
    std::string_view arguments;
};
// Nothing: there is none.  A text: what is wrong with the one that is there.
[[nodiscard]] std::optional<std::expected<RepetitionHead, std::string>> next_repetition(std::string_view text);

// The variables of a repetition and the values they take in each round.
struct Rounds {
    std::vector<std::string> variables;
    std::vector<std::vector<std::string>> values;  // one per round, as many as variables
};
inline constexpr std::size_t most_rounds = 1ul << 18;
[[nodiscard]] std::expected<Rounds, std::string> rounds(RepetitionKind kind, std::string_view arguments);

// The alternatives of a pattern with csh-style braces: "a{b,c}d" -> abd, acd.  At most 256.
[[nodiscard]] std::vector<std::string> brace_alternatives(std::string_view pattern);

}  // namespace lvx::config
