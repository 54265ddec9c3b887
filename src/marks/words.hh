// Words of netfilter's tools, each with what it means to a reader of `lvx marks`.
#pragma once

#include <algorithm>
#include <optional>
#include <string_view>

namespace lvx::marks {

struct Word {
    std::string_view word, meaning;
};

template <class List>
[[nodiscard]] std::optional<std::string_view> meaning(const List& list, std::string_view word) {
    const auto found = std::ranges::find(list, word, &Word::word);
    if (found == list.end()) return std::nullopt;
    return found->meaning;
}

}  // namespace lvx::marks
