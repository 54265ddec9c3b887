// Directors, their clocks and the paths between them, simulated: the same Routers as in the daemon, packets that are lost,
// doubled, late or out of order, directors that freeze, die, lose a link, are asked to hand over.  One seed is one story, and
// the same seed is always the same story.
//
// What is checked after every event (the bound of ARCHITECTURE.md, "Who answers"):
//   lease      a director that does not run answers for no longer than its lease
//   silence    nobody takes over by its timer from one that answers, unless an advert between the two was lost
//   hearing    of two that answer, the worse one stops in the step in which it takes in an advert of the better one
//   agreement  when all is well again, exactly one answers
#pragma once

#include <cstdint>
#include <string>

#include "vrrp/timers.hh"

namespace lvx::vrrp {

struct Story {
    std::uint64_t seed = 0;
    std::string violation;            // a sentence; empty: none
    std::uint64_t takeovers = 0;      // a director became master
    std::uint64_t faults = 0;
    Microseconds longest_overlap{0};  // of two answering directors
    Microseconds interval{0};
    bool operator==(const Story&) const = default;
};

[[nodiscard]] Story tell(std::uint64_t seed);

}  // namespace lvx::vrrp
