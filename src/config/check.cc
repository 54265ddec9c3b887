#include "config/check.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/text.hh"
#include "config/keyword.hh"
#include "config/unneeded.hh"
#include "config/value.hh"

namespace lvx::config {
namespace {

// Values found in working files that never did what they look like.
struct OddValue {
    std::string_view keyword, value, note;
};
constexpr std::array odd_values = {
    OddValue{"persistence_timeout", "0", "keepalived ignores the line; persistence is off without it"},
    OddValue{"quorum", "0", "keepalived ignores the line and uses 1"},
    OddValue{"state", "SLAVE", "keepalived ignores the line and uses BACKUP"},
    OddValue{"state", "PEER", "keepalived ignores the line and uses BACKUP"},
    OddValue{"vrrp_garp_interval", "0", "keepalived ignores the line; 0 is the default"},
    OddValue{"vrrp_gna_interval", "0", "keepalived ignores the line; 0 is the default"},
};

struct Arity {
    std::size_t least = 0, most = 0;
};

Arity arity(Argument argument) {
    constexpr std::size_t any = SIZE_MAX;
    switch (argument) {
        case Argument::none: return {0, 0};
        case Argument::flag:
        case Argument::optional_number: return {0, 1};
        case Argument::words:
        case Argument::choices:
        case Argument::command: return {1, any};
        case Argument::any:
        case Argument::special: return {0, any};
        case Argument::weight: return {1, 2};
        default: return {1, 1};
    }
}

std::string_view wanted(Argument argument) {
    switch (argument) {
        case Argument::number:
        case Argument::weight: return "a number belongs here";
        case Argument::milliseconds: return "a number of milliseconds belongs here";
        case Argument::positive_seconds:
        case Argument::seconds: return "a number of seconds belongs here";
        case Argument::address: return "an IP address belongs here";
        case Argument::port: return "a port belongs here";
        case Argument::command: return "a command belongs here";
        default: return "a word belongs here";
    }
}

// Given twice, one of them was probably not meant.
bool single(const Keyword& keyword) {
    switch (keyword.argument) {
        case Argument::number:
        case Argument::optional_number:
        case Argument::seconds:
        case Argument::positive_seconds:
        case Argument::milliseconds:
        case Argument::weight:
        case Argument::word:
        case Argument::choice:
        case Argument::address:
        case Argument::port: return true;
        default: return first_counts(keyword);
    }
}

// "global_defs", "virtual_server or real_server", "A, B or C"; each once.
std::string blocks_of(const std::vector<const Keyword*>& keywords) {
    std::vector<std::string_view> names;
    for (const Keyword* keyword : keywords) {
        // What help calls "a check" has no block of its own.
        const std::string_view name = keyword->block == Block::check ? "TCP_CHECK and PING_CHECK" : block_name(keyword->block);
        if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    }
    std::string text(names.front());
    for (std::size_t i = 1; i < names.size(); ++i) text += fmt::format("{}{}", i + 1 == names.size() ? " or " : ", ", names[i]);
    return text;
}

class Checker {
 public:
    Checker(const std::vector<Statement>& statements, Diagnostics& diagnostics)
        : statements_(statements), diagnostics_(diagnostics) {}

    void block(const std::vector<Statement>& statements, Block where) {
        std::map<std::string_view, const Statement*> seen;
        for (const Statement& one : statements) {
            const Keyword* keyword = find_keyword(where, one.keyword());
            if (keyword == nullptr) {
                unknown(one, where);
                continue;
            }
            status(one, *keyword);
            if (keyword->status == Status::junk) continue;
            arguments(one, *keyword);
            repeated(one, *keyword, seen);
            inner(one, *keyword);
        }
    }

    // One word for each keyword that does nothing yet, at its first place.
    void say_what_does_nothing() {
        for (auto& [name, waiting] : waiting_) {
            const std::size_t more = waiting.places.size() - 1;
            Diagnostic& one = waiting.diagnostic;
            if (more > 0) one.note += fmt::format("; it stands at {} more place{}", more, more == 1 ? "" : "s");
            diagnostics_.add(std::move(one));
        }
        unneeded_.report(diagnostics_);
    }

 private:
    // The oldest form of a sync group: its members stand in it without "group".
    bool bare_member(const Statement& one, Block where) {
        if (where != Block::vrrp_sync_group || one.has_block || one.words.size() > 1) return false;
        const auto named = [&](const Statement& other) {
            return other.keyword() == "vrrp_instance" && other.words.size() > 1 && other.words[1].text == one.keyword();
        };
        if (std::ranges::none_of(statements_, named)) return false;
        diagnostics_.add({.severity = Severity::warning, .code = Code::misplaced_keyword, .place = one.place(),
                          .message = fmt::format("{} is taken as a member of the group", one.keyword()),
                          .note = "keepalived ignores the line today", .help = "members stand in group { ... }"});
        return true;
    }

    void unknown(const Statement& one, Block where) {
        if (bare_member(one, where)) return;
        const std::string& name = one.keyword();
        Diagnostic found{.code = one.has_block ? Code::unknown_block : Code::unknown_keyword,
                         .place = one.words.front().place,
                         .message = fmt::format("unknown keyword \"{}\" in {}", name, block_name(where))};
        if (const auto elsewhere = find_elsewhere(name); !elsewhere.empty()) {
            found.code = Code::misplaced_keyword;
            found.message = fmt::format("\"{}\" does not belong into {}", name, block_name(where));
            found.note = fmt::format("it belongs into {}", blocks_of(elsewhere));
            const auto here = std::ranges::find_if(elsewhere, [where](const Keyword* one) { return find_keyword(where, one->canonical) != nullptr; });
            if (here != elsewhere.end()) found.caret = fmt::format("the name here is \"{}\"", (*here)->canonical);
        } else {
            found.caret = suggested(name, where);
            found.note = one.has_block ? "the whole block is left out" : "the line is left out, as keepalived does";
            if (found.caret.empty()) found.severity = Severity::warning;
        }
        diagnostics_.add(std::move(found));
    }

    // Looked for once: a definition may repeat a mistake thousands of times.
    const std::string& suggested(const std::string& name, Block where) {
        const auto [found, first] = suggestions_.try_emplace({where, name});
        if (first) found->second = suggestion(name, names_in(where));
        return found->second;
    }

    void status(const Statement& one, const Keyword& keyword) {
        if (keyword.status == Status::works || keyword.status == Status::covered) return;
        if (keyword.status == Status::not_needed) return unneeded_.add(keyword, one.words.front().place);
        Diagnostic found{.severity = Severity::warning, .code = Code::ignored_value, .place = one.words.front().place,
                         .message = fmt::format("\"{}\" has no effect", keyword.name),
                         .note = std::string(keyword.topic)};
        if (keyword.status == Status::later) {
            found.code = Code::later;
            found.message = fmt::format("\"{}\" belongs to {}, which lvx does not do yet", keyword.name, keyword.topic);
            found.note = keyword.opens == Block::none ? "it is read but has no effect"
                                                      : "the block is read but has no effect";
        }
        auto& waiting = waiting_.try_emplace(std::string(keyword.name), Waiting{std::move(found), {}}).first->second;
        waiting.places.insert(one.words.front().place);
    }

    void arguments(const Statement& one, const Keyword& keyword) {
        const std::size_t count = one.words.size() - 1;
        const Arity expected = arity(keyword.argument);
        if (count < expected.least) return diagnostics_.add(missing_argument(one, wanted(keyword.argument)));
        if (count > expected.most) surplus(one, keyword, expected.most + 1);
        if (count > 0 && expected.most > 0 && !odd(one, keyword)) values(one, keyword);
    }

    void surplus(const Statement& one, const Keyword& keyword, std::size_t first) {
        const Word& word = one.words[first];
        const bool statement = find_keyword(keyword.block, word.text) != nullptr;
        diagnostics_.add({.severity = statement ? Severity::error : Severity::warning, .code = Code::surplus_argument,
                          .place = word.place,
                          .message = fmt::format("\"{}\" is one word too many for {}", word.text, keyword.name),
                          .caret = statement ? "a keyword begins on a line of its own" : "this is left out"});
    }

    bool odd(const Statement& one, const Keyword& keyword) {
        for (const OddValue& value : odd_values) {
            if (value.keyword != keyword.canonical || value.value != one.words[1].text) continue;
            diagnostics_.add({.severity = Severity::warning, .code = Code::ignored_value, .place = one.words[1].place,
                              .message = fmt::format("{} {} has no effect", keyword.name, value.value),
                              .note = std::string(value.note)});
            return true;
        }
        return false;
    }

    void values(const Statement& one, const Keyword& keyword) {
        const std::size_t last = keyword.argument == Argument::choices ? one.words.size() - 1 : 1;
        for (std::size_t at = 1; at <= last; ++at) value(one.words[at], keyword);
        if (keyword.argument != Argument::weight || one.words.size() < 3) return;
        if (const auto reverse = read_choice(one.words[2], "reverse"); !reverse) diagnostics_.add(reverse.error());
    }

    void value(const Word& word, const Keyword& keyword) {
        const auto keep = [this](const auto& read) {
            if (!read) diagnostics_.add(read.error());
        };
        switch (keyword.argument) {
            case Argument::flag: return keep(read_flag(word));
            case Argument::number:
            case Argument::weight:
            case Argument::optional_number: return keep(read_number(keyword, word));
            case Argument::milliseconds: return keep(read_milliseconds(keyword, word));
            case Argument::positive_seconds:
            case Argument::seconds: return keep(read_seconds(keyword, word));
            case Argument::choices:
            case Argument::choice: return keep(read_choice(word, keyword.values));
            case Argument::address: return keep(read_address(word));
            case Argument::port: return keep(read_port(word));
            default: return;
        }
    }

    void repeated(const Statement& one, const Keyword& keyword, std::map<std::string_view, const Statement*>& seen) {
        if (!single(keyword) || keyword.opens != Block::none || keyword.block == Block::root) return;
        const auto [before, first] = seen.try_emplace(keyword.canonical, &one);
        if (first) return;
        const std::uint32_t line = before->second->place().line;
        diagnostics_.add({.severity = Severity::warning, .code = Code::repeated_keyword, .place = one.place(),
                          .message = fmt::format("\"{}\" is given again", keyword.name),
                          .caret = first_counts(keyword) ? fmt::format("that of line {} counts, not this one", line)
                                                         : fmt::format("this one counts, not that of line {}", line)});
        if (!first_counts(keyword)) before->second = &one;
    }

    void inner(const Statement& one, const Keyword& keyword) {
        if (!one.has_block) return;
        if (keyword.opens == Block::none) {
            return diagnostics_.add({.code = Code::stray_brace, .place = one.opened,
                                     .message = fmt::format("\"{}\" takes no block", keyword.name),
                                     .caret = "the block is left out"});
        }
        if (keyword.opens != Block::free) return block(one.block, keyword.opens);
        for (const Statement& line : one.block) {
            if (!line.has_block) continue;
            diagnostics_.add({.code = Code::stray_brace, .place = line.opened,
                              .message = fmt::format("a line of {} takes no block", keyword.name), .caret = "the block is left out"});
        }
    }

    struct Waiting {
        Diagnostic diagnostic;
        std::set<Place> places;
    };

    const std::vector<Statement>& statements_;  // of the top level
    Diagnostics& diagnostics_;
    Unneeded unneeded_;
    std::map<std::string, Waiting, std::less<>> waiting_;
    std::map<std::pair<Block, std::string>, std::string> suggestions_;
};

}  // namespace

void check(const std::vector<Statement>& statements, Diagnostics& diagnostics) {
    Checker checker(statements, diagnostics);
    checker.block(statements, Block::root);
    checker.say_what_does_nothing();
}

}  // namespace lvx::config
