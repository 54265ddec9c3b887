#include "config/keyword.hh"

#include <algorithm>
#include <array>
#include <unordered_map>

namespace lvx::config {
namespace {

constexpr std::int64_t max_int = 2147483647;
constexpr std::int64_t month = 2678400;  // 31 days in seconds

constexpr Keyword table[] = {
#define BLOCK(name, spelling)
#define KEYWORD(block, name, canonical, argument, low, high, values, standard, status, opens, topic, sentence)      \
    Keyword{Block::block,     name, canonical, Argument::argument, low,      high, values, standard, Status::status, \
            Block::opens, topic, sentence},
#include "config/keywords.def"
#undef BLOCK
#undef KEYWORD
};

struct OwnKeyword {
    Block block;
    std::string_view name;
};
constexpr OwnKeyword own[] = {
#define KEYWORD(block, name, ...) {Block::block, name},
#include "config/keywords/lvx.def"
#undef KEYWORD
};

constexpr std::string_view block_names[] = {
#define BLOCK(name, spelling) spelling,
#define KEYWORD(...)
#include "config/keywords.def"
#undef BLOCK
#undef KEYWORD
};

using Index = std::unordered_multimap<std::string_view, const Keyword*>;

const Index& index() {
    static const Index by_name = [] {
        Index made;
        for (const Keyword& keyword : table) made.emplace(keyword.name, &keyword);
        return made;
    }();
    return by_name;
}

bool any_of_name(std::string_view name, auto condition) {
    const auto [first, last] = index().equal_range(name);
    return std::any_of(first, last, [&](const auto& entry) { return condition(*entry.second); });
}

}  // namespace

std::span<const Keyword> keywords() { return table; }

const Keyword* find_keyword(Block block, std::string_view name) {
    const auto [first, last] = index().equal_range(name);
    const auto found = std::find_if(first, last, [&](const auto& entry) { return entry.second->block == block; });
    return found == last ? nullptr : found->second;
}

std::vector<const Keyword*> find_elsewhere(std::string_view name) {
    const auto [first, last] = index().equal_range(name);
    std::vector<const Keyword*> found;
    std::transform(first, last, std::back_inserter(found), [](const auto& entry) { return entry.second; });
    std::ranges::sort(found);  // all of one table
    return found;
}

bool first_counts(const Keyword& keyword) {
    if (keyword.canonical == "regex") return false;  // read like a command for its escapes only
    return keyword.argument == Argument::command || keyword.canonical == "sni_name" || keyword.canonical == "helo_name";
}

std::vector<std::string_view> names_in(Block block) {
    std::vector<std::string_view> names;
    for (const Keyword& keyword : table) {
        if (keyword.block == block) names.push_back(keyword.name);
    }
    return names;
}

std::string_view block_name(Block block) { return block_names[static_cast<std::size_t>(block)]; }

bool only_ours(const Keyword& keyword) {
    return std::ranges::any_of(own, [&](const OwnKeyword& one) { return one.block == keyword.block && one.name == keyword.name; });
}

bool takes_command(std::string_view name) {
    return any_of_name(name, [](const Keyword& k) { return k.argument == Argument::command; });
}

bool needs_block(std::string_view name) {
    const auto [first, last] = index().equal_range(name);
    // A block keyword that takes anything has its words on its own line too ("group A B").
    const auto opens = [](const auto& entry) {
        return entry.second->opens != Block::none && entry.second->argument != Argument::any;
    };
    return first != last && std::all_of(first, last, opens);
}

bool only_at_root(std::string_view name) {
    return needs_block(name) && !any_of_name(name, [](const Keyword& k) { return k.block != Block::root; });
}

}  // namespace lvx::config
