// What the table of keywords says, for people: "lvx help KEYWORD", and the words that manual page and help share.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/keyword.hh"

namespace lvx::config {

// All blocks that know the keyword, what it takes and means there; of a keyword that opens a block, also the keywords in
// it.  The error is one line: there is no such keyword, and what was near.
[[nodiscard]] std::expected<std::string, std::string> keyword_help(std::string_view name);

// What a code of a diagnostic is about: "E0112", "W0301"; nothing when it is none.
[[nodiscard]] std::optional<std::string> code_help(std::string_view name);

// What stands behind the keyword: "N", "on|off", "WORD ..."; empty where its sentence says it.
[[nodiscard]] std::string argument_text(const Keyword& keyword);
// What the sentence says beyond syntax, and the syntax it begins with ("HOST [PORT]: the mail server").
struct Sentence {
    std::string syntax, meaning;
};
[[nodiscard]] Sentence split_sentence(const Keyword& keyword);
[[nodiscard]] std::string range_text(const Keyword& keyword);   // "1 to 255", "one of 2 3"; empty: none
[[nodiscard]] std::string status_text(const Keyword& keyword);  // empty: it works
[[nodiscard]] std::vector<std::string_view> old_spellings(const Keyword& keyword);

}  // namespace lvx::config
