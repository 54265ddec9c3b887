// What a packet's mark is when it leaves PREROUTING, for all packets at once: the space of destinations is cut into boxes
// that rules treat alike, from the first chain of the first priority to the last.  Pure; compared at random with
// naive.hh, which follows one packet through the rules.
//
//   one box, mark 0 --rule: ip daddr A tcp dport 80 mark set 7--> [A tcp 80: 7] and what is left around it: 0 --...
//
// Bounded by work_limit; what is beyond it is no member, and is said.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "marks/rules.hh"
#include "model/mark.hh"

namespace lvx::marks {

inline constexpr std::uint64_t widest_prefix = 256;           // addresses in a row that become members
inline constexpr std::uint64_t work_limit = 400'000'000;      // boxes looked at: about three seconds
inline constexpr std::size_t box_limit = 65'536;              // at once
inline constexpr std::size_t depth_limit = 16;                // jumps within jumps, as nftables has it (NFT_JUMP_STACK_SIZE)
inline constexpr std::size_t not_followed_limit = 256;        // named; further ones are counted

struct NotFollowed {
    std::string rule, why;
    auto operator<=>(const NotFollowed&) const = default;
};

struct Evaluation {
    // By address, protocol and port.  No two name the same packet, but where most of an address's ports have one mark: then
    // the others come first, with mark 0 where they have none, and one member of any port after them.
    model::MarkMembers members;
    std::vector<NotFollowed> not_followed;  // in the order met, each once
    std::uint64_t not_named = 0;            // beyond not_followed_limit
    std::uint64_t beyond_limit = 0;         // members that the limits of model/mark.hh left out
    bool operator==(const Evaluation&) const = default;
};

[[nodiscard]] Evaluation evaluate(const Ruleset& rules);
// With another bound than work_limit.
[[nodiscard]] Evaluation evaluate_within(const Ruleset& rules, std::uint64_t work);

// The bases of prerouting in the order packets meet them.
struct Stop {
    const Table* table;
    const Base* base;
};
[[nodiscard]] std::vector<Stop> road(const Ruleset& rules);

}  // namespace lvx::marks
