// lc and wlc: the comparison the data plane makes, beside the division IPVS's documentation speaks of.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <optional>

#include "bpf/schedule/least.h"
#include "bpf/schedule/sequence.h"
#include "plan/schedule/schedule.hh"

namespace lvx::plan {
namespace {

struct Candidate {
    std::uint32_t active = 0, inactive = 0, weight = 0;
    bool overloaded = false;
};

// bpf/step/schedule.h's walk.
std::optional<std::size_t> chosen(const std::vector<Candidate>& list, bool weighted) {
    std::optional<std::size_t> best;
    abi::contender least = {};
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (list[i].overloaded || list[i].weight == 0) continue;
        const abi::contender contender = {abi::load_overhead(list[i].active, list[i].active + list[i].inactive),
                                          weighted ? list[i].weight : 1};
        if (best && !abi::contender_beats(&contender, &least)) continue;
        least = contender;
        best = i;
    }
    return best;
}

// The first of the usable servers with the smallest exact quotient; an active connection counts 257 times an inactive.
std::optional<std::size_t> by_division(const std::vector<Candidate>& list, bool weighted) {
    std::optional<std::size_t> best;
    long double least = 0;
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (list[i].overloaded || list[i].weight == 0) continue;
        const long double load = 257.0L * list[i].active + list[i].inactive;
        const long double quotient = weighted ? load / list[i].weight : load;
        if (best && quotient >= least) continue;
        best = i;
        least = quotient;
    }
    return best;
}

RC_GTEST_PROP(LeastConnections, ChoosesTheFirstOfTheSmallestLoads, ()) {
    std::vector<Candidate> list(*rc::gen::inRange<std::size_t>(0, 8));
    for (Candidate& candidate : list)
        candidate = {.active = *rc::gen::inRange(0u, 4u), .inactive = *rc::gen::element(0u, 1u, 257u, 514u, 100000u),
                     .weight = *rc::gen::element(0u, 1u, 2u, 3u, 7u, 65535u), .overloaded = *rc::gen::inRange(0, 4) == 0};
    RC_ASSERT(chosen(list, false) == by_division(list, false));
    RC_ASSERT(chosen(list, true) == by_division(list, true));
}

TEST(LeastConnections, GivesTiesToTheServerAddedLast) {
    EXPECT_EQ(chosen({{.active = 1, .weight = 1}, {.active = 1, .weight = 1}}, true), 0u);
    EXPECT_EQ(chosen({{.active = 2, .weight = 2}, {.active = 1, .weight = 1}}, true), 0u);
    EXPECT_EQ(chosen({{.active = 2, .weight = 2}, {.active = 1, .weight = 1}}, false), 1u);
}

TEST(LeastConnections, FindsNobodyWhenAllAreQuiescedOrOverloaded) {
    EXPECT_EQ(chosen({{.weight = 0}, {.weight = 5, .overloaded = true}}, true), std::nullopt);
}

// The data plane's search over segments, in the words of bpf/step/schedule.h.
std::uint32_t as_packets_find_it(const Ring& ring, std::uint64_t ticket) {
    const auto position = static_cast<std::uint32_t>(ticket % ring.period);
    std::uint32_t low = 0, high = static_cast<std::uint32_t>(ring.segments.size());
    for (int step = 0; step < abi::SEGMENT_STEPS && low + 1 < high; ++step) {
        const std::uint32_t middle = (low + high) / 2;
        if (ring.segments[middle].first <= position) low = middle;
        else high = middle;
    }
    const Segment& found = ring.segments[low];
    const abi::segment segment = {found.first, found.offset, found.words};
    return ring.words[abi::segment_word(&segment, position)];
}

RC_GTEST_PROP(Sequence, IsReadByPacketsAsItIsWritten, ()) {
    std::vector<Target> servers(*rc::gen::inRange<std::size_t>(1, 12));
    for (std::size_t i = 0; i < servers.size(); ++i)
        servers[i] = {.id = static_cast<std::uint32_t>(i), .weight = *rc::gen::inRange(1u, 65536u)};
    const Ring ring = wrr_ring(servers);
    const auto ticket = *rc::gen::arbitrary<std::uint64_t>();
    RC_ASSERT(as_packets_find_it(ring, ticket) == at(ring, ticket));
    RC_ASSERT(as_packets_find_it(ring, ring.period - 1) == at(ring, ring.period - 1));
}

}  // namespace
}  // namespace lvx::plan
