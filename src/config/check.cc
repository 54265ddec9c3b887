#include "config/check.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/text.hh"
#include "config/keyword.hh"
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
        case Argument::command: return {1, any};
        case Argument::any:
        case Argument::special: return {0, any};
        default: return {1, 1};
    }
}

std::string_view wanted(Argument argument) {
    switch (argument) {
        case Argument::number: return "a number belongs here";
        case Argument::seconds: return "a number of seconds belongs here";
        case Argument::address: return "an IP address belongs here";
        case Argument::port: return "a port belongs here";
        case Argument::command: return "a command belongs here";
        default: return "a word belongs here";
    }
}

// Given twice, the last one counts, and the first was probably not meant.
bool single(Argument argument) {
    return argument == Argument::number || argument == Argument::optional_number || argument == Argument::seconds ||
           argument == Argument::word || argument == Argument::choice || argument == Argument::address ||
           argument == Argument::port;
}

class Checker {
 public:
    explicit Checker(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

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
    }

 private:
    void unknown(const Statement& one, Block where) {
        const std::string& name = one.keyword();
        Diagnostic found{.code = one.has_block ? Code::unknown_block : Code::unknown_keyword,
                         .place = one.words.front().place,
                         .message = fmt::format("unknown keyword \"{}\" in {}", name, block_name(where))};
        if (const Keyword* elsewhere = find_elsewhere(name)) {
            found.code = Code::misplaced_keyword;
            found.message = fmt::format("\"{}\" does not belong into {}", name, block_name(where));
            found.note = fmt::format("it belongs into {}", block_name(elsewhere->block));
            if (find_keyword(where, elsewhere->canonical) != nullptr) {
                found.caret = fmt::format("the name here is \"{}\"", elsewhere->canonical);
            }
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
        Diagnostic found{.severity = Severity::warning, .code = Code::ignored_value, .place = one.words.front().place,
                         .message = fmt::format("\"{}\" has no effect", keyword.name),
                         .note = std::string(keyword.topic)};
        if (keyword.status == Status::later) {
            found.code = Code::later;
            found.message = fmt::format("\"{}\" belongs to {}, which lvx does not do yet", keyword.name, keyword.topic);
            found.note = keyword.opens == Block::none ? "it is read but has no effect"
                                                      : "the block is read but has no effect";
        }
        if (keyword.status == Status::not_needed) found.code = Code::not_needed;
        auto& waiting = waiting_.try_emplace(std::string(keyword.name), Waiting{std::move(found), {}}).first->second;
        waiting.places.insert(one.words.front().place);
    }

    void arguments(const Statement& one, const Keyword& keyword) {
        const std::size_t count = one.words.size() - 1;
        const Arity expected = arity(keyword.argument);
        if (count < expected.least) return diagnostics_.add(missing_argument(one, wanted(keyword.argument)));
        if (count > expected.most) surplus(one, keyword, expected.most + 1);
        if (count > 0 && expected.most > 0 && !odd(one, keyword)) value(one.words[1], keyword);
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

    void value(const Word& word, const Keyword& keyword) {
        const auto keep = [this](const auto& read) {
            if (!read) diagnostics_.add(read.error());
        };
        switch (keyword.argument) {
            case Argument::flag: return keep(read_flag(word));
            case Argument::number:
            case Argument::optional_number: return keep(read_number(keyword, word));
            case Argument::seconds: return keep(read_seconds(keyword, word));
            case Argument::choice: return keep(read_choice(word, keyword.values));
            case Argument::address: return keep(read_address(word));
            case Argument::port: return keep(read_port(word));
            default: return;
        }
    }

    void repeated(const Statement& one, const Keyword& keyword, std::map<std::string_view, const Statement*>& seen) {
        if (!single(keyword.argument) || keyword.opens != Block::none || keyword.block == Block::root) return;
        const auto [before, first] = seen.try_emplace(keyword.canonical, &one);
        if (first) return;
        diagnostics_.add({.severity = Severity::warning, .code = Code::repeated_keyword, .place = one.place(),
                          .message = fmt::format("\"{}\" is given again", keyword.name),
                          .caret = fmt::format("this one counts, not that of line {}", before->second->place().line)});
        before->second = &one;
    }

    void inner(const Statement& one, const Keyword& keyword) {
        if (!one.has_block) return;
        if (keyword.opens == Block::none) {
            return diagnostics_.add({.code = Code::stray_brace, .place = one.opened,
                                     .message = fmt::format("\"{}\" takes no block", keyword.name),
                                     .caret = "the block is left out"});
        }
        if (keyword.opens != Block::free) block(one.block, keyword.opens);
    }

    struct Waiting {
        Diagnostic diagnostic;
        std::set<Place> places;
    };

    Diagnostics& diagnostics_;
    std::map<std::string, Waiting, std::less<>> waiting_;
    std::map<std::pair<Block, std::string>, std::string> suggestions_;
};

}  // namespace

void check(const std::vector<Statement>& statements, Diagnostics& diagnostics) {
    Checker checker(diagnostics);
    checker.block(statements, Block::root);
    checker.say_what_does_nothing();
}

}  // namespace lvx::config
