// One line "-A CHAIN ..." of iptables-save as steps, or why it is not followed.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "marks/rules.hh"

namespace lvx::marks {

struct SavedWord {
    std::string text;
    bool quoted = false;  // then it is no option
};

// Words between blanks, with quotes and backslashes as iptables-save writes them.
[[nodiscard]] std::vector<SavedWord> saved_words(std::string_view line);

struct SavedContext {
    Family family = Family::v4;
    const std::set<std::string>& chains;  // of the table
};

// `words`: those behind the chain's name.
[[nodiscard]] Rule saved_rule(std::string name, const std::vector<SavedWord>& words, const SavedContext& context);

}  // namespace lvx::marks
