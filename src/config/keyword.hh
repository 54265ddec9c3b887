// The one list of keywords: what each takes, in which block it stands, and what becomes of it.  Parser, help, manual
// page and the completeness test read keywords.def through this header.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace lvx::config {

enum class Block : std::uint8_t {
#define BLOCK(name, spelling) name,
#define KEYWORD(...)
#include "config/keywords.def"
#undef BLOCK
#undef KEYWORD
};

// What stands behind a keyword.
enum class Argument : std::uint8_t {
    none,
    flag,             // optional on/off/true/false/yes/no
    number,           // low..high
    optional_number,  // the same, may be missing
    seconds,          // decimal, low..high
    positive_seconds, // the same, more than 0
    milliseconds,     // decimal, low..high
    weight,           // low..high, and "reverse" may follow
    word,             // exactly one
    choice,           // one of the words of `values`
    choices,          // one or more of them
    words,            // one or more, kept as they are
    command,          // a command line
    address,
    port,
    any,              // anything, even nothing
    special,          // read by the code of its block
};

enum class Status : std::uint8_t {
    works,
    covered,     // of health checks: no word about it, since the check it belongs to is answered
    later,       // understood and validated; `topic` says what it belongs to
    not_needed,  // without meaning in lvx; `topic` says why
    junk,        // in working files though it never did anything; `topic` says what to do
};

struct Keyword {
    Block block;
    std::string_view name;
    std::string_view canonical;  // the name in use today; the same for all but old spellings
    Argument argument;
    std::int64_t low, high;
    std::string_view values;   // of choice
    std::string_view standard; // default, as text
    Status status;
    Block opens;               // `none`: takes no block
    std::string_view topic;
    std::string_view sentence; // for help
};

[[nodiscard]] std::span<const Keyword> keywords();
[[nodiscard]] const Keyword* find_keyword(Block block, std::string_view name);
// Where else the name is known, in the order of the list; empty if nowhere.
[[nodiscard]] std::vector<const Keyword*> find_elsewhere(std::string_view name);
// Given twice in a block, the first one counts; with all other keywords of one value it is the last.
[[nodiscard]] bool first_counts(const Keyword& keyword);
[[nodiscard]] std::vector<std::string_view> names_in(Block block);
[[nodiscard]] std::string_view block_name(Block block);  // as a user writes it

// Only lvx knows it: nobody can say what keepalived would do.
[[nodiscard]] bool only_ours(const Keyword& keyword);

// For the lexer and the tree: by name alone.
[[nodiscard]] bool takes_command(std::string_view name);
[[nodiscard]] bool needs_block(std::string_view name);
[[nodiscard]] bool only_at_root(std::string_view name);

}  // namespace lvx::config
