// Rules that mark, as both readers (nft.hh, iptables.hh) give them and evaluate.hh works them out: tables of chains of
// rules, a rule a row of steps.  A rule that depends on anything but the destination has no steps, but a refusal: nothing
// is guessed about it, it counts as absent and is named.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "marks/destination.hh"

namespace lvx::marks {

// The packets of one of the destinations, or of none of them.
struct Match {
    std::vector<Destination> any_of;
    bool negated = false;
    bool operator==(const Match&) const = default;
};

// Those whose mark, under the mask, is in one of the ranges (or in none).
struct MarkTest {
    std::uint32_t mask = 0xffffffff;
    Ranges values;
    bool negated = false;
    bool operator==(const MarkTest&) const = default;
};

// mark = (mark & keep) ^ flip
struct MarkChange {
    std::uint32_t keep = 0, flip = 0;
    bool operator==(const MarkChange&) const = default;
};

enum class Verdict : std::uint8_t { accept, drop, leave };  // leave: "return"

// With `comes_back` ("jump"), what falls out of the chain goes on at the next rule; without ("goto"), it leaves this chain.
struct Jump {
    std::string chain;
    bool comes_back = true;
    bool operator==(const Jump&) const = default;
};

using Action = std::variant<MarkChange, Verdict, Jump>;

// A map: the first choice that a packet belongs to; what belongs to none does not match the rule.
struct Choice {
    Destination when;
    Action then;
    bool operator==(const Choice&) const = default;
};
using Choices = std::vector<Choice>;

using Step = std::variant<Match, MarkTest, Action, Choices>;

// What a rule does to packets, as far as marks are concerned.
enum class Effect : std::uint8_t { none, flow, marks };  // flow: ends or leads elsewhere

struct Rule {
    std::string name;  // "nft ip mangle prerouting handle 4"
    Effect effect = Effect::none;
    std::vector<Step> steps;
    std::string refused = {};  // "depends on source address"; then without steps
    bool operator==(const Rule&) const = default;
};

// A rule as read: what never touches a tcp or udp packet, or does nothing to one, is left without effect; a refused one
// without steps.
[[nodiscard]] Rule settled(Rule rule);

enum class Hook : std::uint8_t { prerouting, input, ingress };

struct Base {
    Hook hook = Hook::prerouting;
    std::int64_t priority = 0;
    std::string chain;
    bool drops = false;  // its policy
    bool operator==(const Base&) const = default;
};

struct Table {
    std::string name;  // "nft ip mangle", "iptables mangle"
    Ranges packets{whole_line};
    std::vector<Base> bases;
    std::map<std::string, std::vector<Rule>> chains;
    bool operator==(const Table&) const = default;
};

using Ruleset = std::vector<Table>;

}  // namespace lvx::marks
