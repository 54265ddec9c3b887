// Words and braces of a line.  Two ways to read words, as keepalived has them:
//   general     blanks separate; "..." is one word, may be empty and hold { } # !; braces are words of their own
//   command     of keywords that take a command line: also '...', and backslash escapes as in a shell's $'...'
// Comments are gone already (preprocess.hh).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostic.hh"
#include "config/line.hh"

namespace lvx::config {

enum class TokenKind : std::uint8_t { word, open, close };

struct Token {
    TokenKind kind = TokenKind::word;
    std::string text;
    Place place;
    bool quoted = false;
};

// `takes_command(keyword)` tells whose arguments are read the second way.
using TakesCommand = bool (*)(std::string_view keyword);

[[nodiscard]] std::vector<Token> tokenise(const Line& line, TakesCommand takes_command, Diagnostics& diagnostics);

// The words inside an argument that is a command line: "/bin/check 'a b' c" in quotation marks is read once more.
[[nodiscard]] std::vector<std::string> command_words(const Token& token, Diagnostics& diagnostics);

}  // namespace lvx::config
