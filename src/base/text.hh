// Small functions on text that more than one room needs: numbers, near spellings, showing foreign bytes safely.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lvx {

// Decimal digits with an optional '-', the whole text, inside the type's range; nothing else.
[[nodiscard]] std::optional<std::int64_t> parse_integer(std::string_view text);

// Decimal number with an optional fraction ("2", "0.25"), the whole text, not negative, in millionths.
[[nodiscard]] std::optional<std::int64_t> parse_millionths(std::string_view text);

// 1 to 65535, digits only.
[[nodiscard]] std::optional<std::uint16_t> parse_port(std::string_view text);

// Insertions, deletions, replacements and swaps of neighbours that turn one text into the other.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

// The candidate nearest to `word`: at most 1 edit away for words up to 4 letters, else at most 2.
[[nodiscard]] std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> candidates);

// Words between blanks and tabs.
[[nodiscard]] std::vector<std::string_view> split_words(std::string_view text);
[[nodiscard]] std::vector<std::string_view> split_at(std::string_view text, char separator);
[[nodiscard]] std::string_view trim(std::string_view text);

// The text with control characters replaced by '?', so that a file's bytes cannot steer a terminal.  Tabs stay.
[[nodiscard]] std::string printable(std::string_view text);

// As long as `form`, with a digit wherever that has a "d", and everything else the same: "dd:dd".
[[nodiscard]] bool has_form(std::string_view text, std::string_view form);

}  // namespace lvx
