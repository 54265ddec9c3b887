// Statements and blocks: what the tokens of all lines together say, before anybody knows what a keyword means.
//
//   real_server 10.0.0.2 80 {      Statement{words: real_server, 10.0.0.2, 80; block:
//       weight 3                       Statement{words: weight, 3}
//   }                              }
#pragma once

#include <vector>

#include "config/diagnostic.hh"
#include "config/lexer.hh"
#include "config/line.hh"

namespace lvx::config {

using Word = Token;

struct Statement {
    std::vector<Word> words;  // the keyword and its arguments; never empty
    bool has_block = false;
    Place opened;  // the brace; line 0 where it is missing
    std::vector<Statement> block;

    [[nodiscard]] const std::string& keyword() const { return words.front().text; }
    // From the keyword to the last argument.
    [[nodiscard]] Place place() const;
};

// What the tree has to know of the language, to find missing braces.
struct Grammar {
    TakesCommand takes_command = nullptr;
    bool (*needs_block)(std::string_view keyword) = nullptr;  // a block must follow
    bool (*only_at_root)(std::string_view keyword) = nullptr; // opens a block, and never inside another
};

inline constexpr std::size_t deepest_block = 16;  // keepalived's own language needs 5

[[nodiscard]] std::vector<Statement> build_tree(const std::vector<Line>& lines, const Grammar& grammar,
                                                Diagnostics& diagnostics);

}  // namespace lvx::config
