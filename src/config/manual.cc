#include "config/manual.hh"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "config/keyword_help.hh"

namespace lvx::config {
namespace {

// Text as man(7) takes it: no letter of it is a request or an escape.
std::string roff(std::string_view text) {
    std::string result;
    for (const char c : text) {
        if (c == '\\') result += "\\e";
        else if (c == '-') result += "\\-";
        else result += c;
    }
    if (result.starts_with('.') || result.starts_with('\'')) result.insert(0, "\\&");
    return result;
}

std::string entry(const Keyword& keyword) {
    const Sentence sentence = split_sentence(keyword);
    const std::string argument = sentence.syntax.empty() ? argument_text(keyword) : sentence.syntax;
    std::string text = fmt::format(".TP\n\\fB{}\\fR", roff(keyword.name));
    if (!argument.empty()) text += fmt::format(" {}", roff(argument));
    if (keyword.opens != Block::none) text += " { ... }";
    text += "\n" + roff(sentence.meaning) + "\n";
    std::string more;
    if (const std::string range = range_text(keyword); !range.empty()) more += range + ".  ";
    if (!keyword.standard.empty()) more += fmt::format("Default: {}.  ", keyword.standard);
    const auto old = old_spellings(keyword);
    if (!old.empty()) more += fmt::format("Also: {}.  ", fmt::join(old, ", "));
    if (const std::string status = status_text(keyword); !status.empty()) more += status + ".  ";
    while (more.ends_with(' ')) more.pop_back();
    return more.empty() ? text : text + roff(more) + "\n";
}

bool told(const Keyword& keyword) {
    return keyword.name == keyword.canonical && (keyword.status == Status::works || keyword.status == Status::covered || keyword.status == Status::later);
}

// Checks have much in common: it is told once, in the block of the simplest one.
bool told_of_checks(const Keyword& keyword) {
    if (keyword.block == Block::check) return false;
    const Keyword* common = find_keyword(Block::check, keyword.name);
    return common != nullptr && common->sentence == keyword.sentence && common->argument == keyword.argument;
}

std::string section(Block block) {
    std::string text, common;
    for (const Keyword& keyword : keywords()) {
        if (keyword.block != block || !told(keyword)) continue;
        if (told_of_checks(keyword)) common += (common.empty() ? "" : ", ") + std::string(keyword.name);
        else text += entry(keyword);
    }
    if (text.empty() && common.empty()) return {};
    text = fmt::format(".SS {}\n", roff(block_name(block))) + text;
    if (!common.empty()) text += fmt::format(".PP\nAs in {}: {}.\n", roff(block_name(Block::check)), roff(common));
    return text;
}

std::string without_effect() {
    std::map<std::string_view, std::string> by_topic;
    for (const Keyword& keyword : keywords()) {
        if (keyword.status != Status::not_needed) continue;
        std::string& names = by_topic[keyword.topic];
        if (names.find(fmt::format(" {},", keyword.name)) == std::string::npos) names += fmt::format(" {},", keyword.name);
    }
    std::string text = ".SH KEYWORDS WITHOUT EFFECT\nKnown from keepalived, accepted with one note for each file.\n";
    for (const auto& [topic, names] : by_topic) {
        text += fmt::format(".TP\n{}:\n{}\n", roff(topic), roff(std::string_view(names).substr(1, names.size() - 2)));
    }
    return text;
}

}  // namespace

std::string manual_page() {
    std::string text(manual_text());
    text += ".SH KEYWORDS\n";
    // The top level first; then blocks in the order of the table.
    std::vector<Block> blocks;
    for (const Keyword& keyword : keywords()) {
        if (std::ranges::find(blocks, keyword.block) == blocks.end()) blocks.push_back(keyword.block);
    }
    std::ranges::sort(blocks);
    for (const Block block : blocks) text += section(block);
    text += without_effect();
    text += ".SH SEE ALSO\n.BR lvx (8),\n.BR lvxd (8),\n.BR keepalived.conf (5)\n";
    return text;
}

}  // namespace lvx::config
