// A table made for a stated capacity takes that many connections, and any one that replaces one that ended.
#include <gtest/gtest.h>

#include "bpf/table/test_table.hh"

namespace lvx::table {
namespace {

constexpr std::uint8_t udp = 17;

int insert(TestTable& table, std::uint64_t key) {
    lookup asked = table.request(mapped(static_cast<std::uint32_t>(key >> 16)),
                                 static_cast<std::uint16_t>(key), udp, 0, 100);
    opening offered = table.to(0, 0, STATE_udp);
    asked.hash = hash_client(table.get(), &asked.client, asked.client_port, asked.protocol);
    return table_insert(table.get(), &asked, &offered);
}

// Ends a random connection; whichever stands in a random used slot.
void end_one(TestTable& table, std::uint64_t& random) {
    for (;;) {
        const auto index = static_cast<std::uint32_t>((splitmix(random) >> 32) * table.slot_count() >> 32);
        const std::uint64_t control = table.slot(index).control;
        if (control_status(control) == SLOT_live && table_remove(table.get(), index, control, 0, 100)) return;
    }
}

// How many insertions failed.
std::uint64_t fill_and_churn(std::uint32_t capacity, std::uint64_t seed, std::uint64_t rounds) {
    TestTable table(
        {.buckets = static_cast<std::uint32_t>(buckets_for_capacity(capacity)), .services = 1, .seed = seed});
    std::uint64_t random = seed;
    std::uint64_t failed = 0;
    for (std::uint32_t number = 0; number < capacity; ++number)
        failed += insert(table, splitmix(random) & 0xffffffffffff) < 0;
    for (std::uint64_t round = 0; round < rounds * capacity; ++round) {
        end_one(table, random);
        failed += insert(table, splitmix(random) & 0xffffffffffff) < 0;
    }
    const Recount counted = recount(table);
    EXPECT_EQ(counted.live, capacity - failed);
    EXPECT_EQ(counted.wrong_tags, 0u);
    EXPECT_EQ(table.load(0).total, counted.live);
    return failed;
}

TEST(Capacity, NoInsertionFailsUpToItEvenWhileConnectionsComeAndGo) {
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        EXPECT_EQ(fill_and_churn(1u << 10, seed, 10), 0u);
        EXPECT_EQ(fill_and_churn(1u << 14, seed, 10), 0u);
    }
    EXPECT_EQ(fill_and_churn(1u << 17, 1, 4), 0u);
}

TEST(Capacity, CostsAtMost92BytesAConnection) {
    for (const std::uint64_t capacity : {1u << 14, 1u << 17, 1u << 20}) {
        const std::uint64_t bytes = buckets_for_capacity(capacity) *
                                    (SLOTS_PER_BUCKET * sizeof(abi::connection) + sizeof(abi::tag_line));
        EXPECT_LE(bytes, capacity * 92);
    }
}

TEST(Capacity, IsNeverRoundedDown) {
    for (std::uint64_t capacity = 1; capacity < 5000; ++capacity)
        EXPECT_GE(buckets_for_capacity(capacity) * SLOTS_PER_BUCKET * LOAD_PERCENT, capacity * 100);
}

}  // namespace
}  // namespace lvx::table
