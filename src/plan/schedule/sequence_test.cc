// rr and wrr beside their literal twins, through random histories of choices and changes.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "abi/limits.h"
#include "plan/ipvs_twin.hh"
#include "plan/schedule/schedule.hh"

namespace lvx::plan {
namespace {

Target target(std::uint32_t id, std::uint32_t weight) {
    return {.id = id, .endpoint = {Address::v4(0x0a000000 | id), 80}, .weight = weight, .last_weight = weight};
}

std::vector<std::uint32_t> first(const Ring& ring, std::size_t count) {
    std::vector<std::uint32_t> result;
    for (std::size_t i = 0; i < count; ++i) result.push_back(at(ring, i));
    return result;
}

using Ids = std::vector<std::uint32_t>;

TEST(RoundRobin, TakesUsableServersInListOrder) {
    const std::vector<Target> servers = {target(3, 1), target(2, 0), target(1, 7)};
    EXPECT_EQ(first(rr_ring(servers), 5), (Ids{3, 1, 3, 1, 3}));
}

TEST(RoundRobin, HasNoRingWhenEveryServerIsQuiesced) {
    const std::vector<Target> servers = {target(1, 0)};
    EXPECT_EQ(rr_ring(servers).period, 0u);
    EXPECT_EQ(at(rr_ring(servers), 0), ID_NONE);
}

TEST(RoundRobin, GoesOnAfterTheLastChosenServerWhenOneIsAdded) {
    const std::vector<Target> before = {target(2, 1), target(1, 1)};
    const std::vector<Target> after = {target(3, 1), target(2, 1), target(1, 1)};
    const Standing next = rr_resume(before, after, {.position = 1});  // 2 was chosen
    EXPECT_EQ(at(rr_ring(after), next.position), 1u);
}

TEST(RoundRobin, MovesBackOneWhenTheLastChosenServerIsDeleted) {
    const std::vector<Target> before = {target(3, 1), target(2, 1), target(1, 1)};
    const std::vector<Target> after = {target(3, 1), target(1, 1)};
    const Standing next = rr_resume(before, after, {.position = 2});  // 3 and 2 were chosen
    EXPECT_EQ(at(rr_ring(after), next.position), 1u);
}

TEST(WeightedRoundRobin, GivesHeavyServersRuns) {
    const std::vector<Target> servers = {target(1, 4), target(2, 3), target(3, 2)};
    EXPECT_EQ(first(wrr_ring(servers), 9), (Ids{1, 1, 2, 1, 2, 3, 1, 2, 3}));
}

TEST(WeightedRoundRobin, DividesWeightsByTheirGreatestCommonDivisor) {
    const std::vector<Target> servers = {target(1, 60000), target(2, 30000)};
    EXPECT_EQ(wrr_ring(servers).period, 3u);
    EXPECT_EQ(first(wrr_ring(servers), 3), (Ids{1, 1, 2}));
}

TEST(WeightedRoundRobin, StaysShortForWeightsWithoutCommonDivisor) {
    const std::vector<Target> servers = {target(1, 65535), target(2, 65534), target(3, 1)};
    const Ring ring = wrr_ring(servers);
    EXPECT_EQ(ring.period, 131070u);
    EXPECT_EQ(ring.words.size(), 6u);
    EXPECT_EQ(ring.segments.size(), 3u);
}

template <class Twin>
void live_through_changes(scheduler number) {
    std::uint32_t next_id = 0;
    const auto weight = [] { return *rc::gen::element<std::uint32_t>(0, 1, 2, 3, 4, 6, 8, 10, 100, 65535); };
    std::vector<Target> servers;
    for (auto count = *rc::gen::inRange(0, 5); count > 0; --count) servers.push_back(target(next_id++, weight()));
    Twin twin(servers);
    Standing standing;
    for (auto steps = *rc::gen::inRange(1, 12); steps > 0; --steps) {
        const Ring ring = ring_of(number, servers);
        for (auto choices = *rc::gen::inRange(0, 9); choices > 0; --choices) {
            const auto expected = twin.schedule();
            RC_ASSERT(at(ring, standing.position) == expected.value_or(ID_NONE));
            if (ring.period == 0) continue;
            ++standing.position;
            standing.anchor.reset();
        }
        const std::vector<Target> before = servers;
        const auto kind = *rc::gen::inRange(0, 3);
        if (kind == 0 || servers.empty()) {
            twin.add(target(next_id, weight()));
            ++next_id;
        } else if (kind == 1) {
            twin.remove(*rc::gen::inRange<std::size_t>(0, servers.size()));
        } else {
            // An edit that changes nothing is none here; IPVS would reset wrr's pointer even then.
            const auto place = *rc::gen::inRange<std::size_t>(0, servers.size());
            if (const auto other = weight(); other != servers[place].weight) twin.edit(place, other);
        }
        servers = twin.servers();
        if (sequence_changed(number, before, servers)) standing = resume(number, before, servers, standing);
    }
}

RC_GTEST_PROP(RoundRobin, ChoosesAsItsTwinThroughAnyHistory, ()) { live_through_changes<twin::RoundRobin>(SCHEDULER_rr); }

RC_GTEST_PROP(WeightedRoundRobin, ChoosesAsItsTwinThroughAnyHistory, ()) {
    live_through_changes<twin::WeightedRoundRobin>(SCHEDULER_wrr);
}

}  // namespace
}  // namespace lvx::plan
