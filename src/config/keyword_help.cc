#include "config/keyword_help.hh"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hh"
#include "config/diagnostic.hh"
#include "config/value.hh"

namespace lvx::config {
namespace {

// Keywords that look the same in several blocks are told once.
bool same(const Keyword& a, const Keyword& b) {
    return a.canonical == b.canonical && a.argument == b.argument && a.low == b.low && a.high == b.high &&
           a.values == b.values && a.standard == b.standard && a.status == b.status && a.sentence == b.sentence;
}

struct Entry {
    const Keyword* keyword;
    std::vector<Block> blocks;
};

std::vector<Entry> entries_of(std::string_view name) {
    std::vector<Entry> entries;
    for (const Keyword& keyword : keywords()) {
        if (keyword.name != name) continue;
        const auto known = std::ranges::find_if(entries, [&](const Entry& one) { return same(*one.keyword, keyword); });
        if (known == entries.end()) entries.push_back({&keyword, {keyword.block}});
        else known->blocks.push_back(keyword.block);
    }
    return entries;
}

std::string names_of(const std::vector<Block>& blocks) {
    std::string text;
    for (const Block block : blocks) text += (text.empty() ? "" : ", ") + std::string(block_name(block));
    return text;
}

std::string line(std::string_view label, std::string_view text) {
    return text.empty() ? std::string{} : fmt::format("    {:<10}{}\n", label, text);
}

std::string head(const Keyword& keyword) {
    const Sentence sentence = split_sentence(keyword);
    const std::string argument = sentence.syntax.empty() ? argument_text(keyword) : sentence.syntax;
    return fmt::format("{}{}{}{}", keyword.name, argument.empty() ? "" : " ", argument, keyword.opens == Block::none ? "" : " { ... }");
}

std::string entry_text(const Entry& entry) {
    const Keyword& keyword = *entry.keyword;
    std::string text = fmt::format("{}\n    {}\n", head(keyword), split_sentence(keyword).meaning);
    text += line("in", names_of(entry.blocks));
    text += line("range", range_text(keyword));
    text += line("default", keyword.standard);
    if (keyword.name != keyword.canonical) text += line("today", keyword.canonical);
    text += line("also", fmt::format("{}", fmt::join(old_spellings(keyword), " ")));
    text += line("status", keyword.status == Status::works || keyword.status == Status::covered ? "works" : status_text(keyword));
    return text;
}

std::string block_text(Block block) {
    std::string text = fmt::format("\nkeywords in {}:\n", block_name(block));
    for (const Keyword& keyword : keywords()) {
        if (keyword.block != block || keyword.name != keyword.canonical || keyword.status == Status::junk) continue;
        const std::string mark = keyword.status == Status::not_needed ? "(no effect) " : "";
        text += fmt::format("  {:<28}{}{}\n", keyword.name, mark, split_sentence(keyword).meaning);
    }
    return text;
}

std::vector<std::string_view> all_names() {
    std::vector<std::string_view> names;
    for (const Keyword& keyword : keywords()) names.push_back(keyword.name);
    std::ranges::sort(names);
    const auto tail = std::ranges::unique(names);
    names.erase(tail.begin(), tail.end());
    return names;
}

bool is_syntax(std::string_view text) {
    return text.find_first_of(".;,") == std::string_view::npos || text.starts_with('[') || text.find("...") != std::string_view::npos ||
           text.find('[') != std::string_view::npos;
}

}  // namespace

std::string argument_text(const Keyword& keyword) {
    switch (keyword.argument) {
        case Argument::flag: return "[on|off]";
        case Argument::number: return "N";
        case Argument::optional_number: return "[N]";
        case Argument::seconds:
        case Argument::positive_seconds: return "SECONDS";
        case Argument::milliseconds: return "MILLISECONDS";
        case Argument::weight: return "N [reverse]";
        case Argument::word: return "WORD";
        case Argument::words: return "WORD ...";
        case Argument::command: return "COMMAND";
        case Argument::address: return "ADDRESS";
        case Argument::port: return "PORT";
        case Argument::choice: return fmt::format("{}", fmt::join(split_words(keyword.values), "|"));
        case Argument::choices: return fmt::format("{} ...", fmt::join(split_words(keyword.values), "|"));
        case Argument::none:
        case Argument::any:
        case Argument::special: return {};
    }
    return {};
}

Sentence split_sentence(const Keyword& keyword) {
    constexpr std::string_view colon = ": ";
    const std::size_t at = keyword.sentence.find(colon);
    const bool fixed = keyword.argument == Argument::choice || keyword.argument == Argument::flag;
    if (fixed || at == std::string_view::npos || !is_syntax(keyword.sentence.substr(0, at))) return {{}, std::string(keyword.sentence)};
    std::string_view syntax = keyword.sentence.substr(0, at);
    // Syntax is written in capitals, brackets and words of the language; a clause of a sentence begins with a capital
    // and goes on in small letters.
    const bool capital = syntax.size() > 1 && syntax[0] >= 'A' && syntax[0] <= 'Z';
    const bool clause = syntax.starts_with("A ") || (capital && syntax[1] >= 'a' && syntax[1] <= 'z');
    if (clause) return {{}, std::string(keyword.sentence)};
    std::string meaning(keyword.sentence.substr(at + colon.size()));
    if (!meaning.empty() && meaning[0] >= 'a' && meaning[0] <= 'z') meaning[0] = static_cast<char>(meaning[0] - 'a' + 'A');
    return {std::string(syntax), std::move(meaning)};
}

std::string range_text(const Keyword& keyword) {
    switch (keyword.argument) {
        case Argument::number:
        case Argument::optional_number:
        case Argument::weight: return fmt::format("{} to {}", keyword.low, keyword.high);
        case Argument::seconds: return fmt::format("{} to {} seconds", keyword.low, keyword.high);
        case Argument::positive_seconds: return fmt::format("above 0, up to {} seconds", keyword.high);
        case Argument::milliseconds: return fmt::format("{} to {} milliseconds", keyword.low, keyword.high);
        case Argument::port: return "1 to 65535";
        default: return {};
    }
}

std::string status_text(const Keyword& keyword) {
    switch (keyword.status) {
        case Status::works:
        case Status::covered: return {};
        case Status::later: return fmt::format("read, but does nothing yet: it belongs to {}", keyword.topic);
        case Status::not_needed: return fmt::format("no effect: {}", keyword.topic);
        case Status::junk: return fmt::format("no effect: {}", keyword.topic);
    }
    return {};
}

std::vector<std::string_view> old_spellings(const Keyword& keyword) {
    std::vector<std::string_view> names;
    for (const Keyword& other : keywords()) {
        const bool old = other.block == keyword.block && other.canonical == keyword.name && other.name != other.canonical;
        if (old && other.status != Status::junk) names.push_back(other.name);
    }
    return names;
}

std::optional<std::string> code_help(std::string_view name) {
    for (const Code code : all_codes())
        for (const Severity severity : {Severity::error, Severity::warning})
            if (name == code_text(severity, code)) return fmt::format("{}: {}\n", name, explanation(code));
    return std::nullopt;
}

std::expected<std::string, std::string> keyword_help(std::string_view name) {
    const auto entries = entries_of(name);
    if (entries.empty()) {
        const std::string hint = suggestion(name, all_names());
        return std::unexpected(fmt::format("there is no keyword \"{}\"{}{}\n", printable(name), hint.empty() ? "" : "; ", hint));
    }
    std::string text;
    for (const Entry& entry : entries) text += (text.empty() ? "" : "\n") + entry_text(entry);
    std::vector<Block> opened;
    for (const Entry& entry : entries) {
        const Block block = entry.keyword->opens;
        if (block == Block::none || block == Block::free || std::ranges::find(opened, block) != opened.end()) continue;
        opened.push_back(block);
        text += block_text(block);
    }
    return text;
}

}  // namespace lvx::config
