// Full buckets: what is taken when there is no free slot, in a table so small that every bucket is met.
#include <gtest/gtest.h>

#include <vector>

#include "bpf/table/test_table.hh"

namespace lvx::table {
namespace {

constexpr std::uint8_t udp = 17;

class Crowd : public testing::Test {
 protected:
    int insert(std::uint32_t number, std::uint32_t now) {
        lookup asked = table.request(mapped(number), 99, udp, 0, now);
        opening offered = table.to(0, number % 4, STATE_udp);
        EXPECT_EQ(table_find_request(table.get(), &asked), TABLE_MISS);
        return table_insert(table.get(), &asked, &offered);
    }
    bool finds(std::uint32_t number, std::uint32_t now) {
        lookup asked = table.request(mapped(number), 99, udp, 0, now);
        return table_find_request(table.get(), &asked) >= 0;
    }
    std::uint32_t fill(std::uint32_t now) {
        std::uint32_t number = 0;
        while (insert(number, now) >= 0)
            ++number;
        return number;
    }
    void expect_exact(std::uint32_t live) {
        const Recount counted = recount(table);
        EXPECT_EQ(counted.live, live);
        EXPECT_EQ(counted.claimed, 0u);
        EXPECT_EQ(counted.wrong_tags, 0u);
        for (std::uint32_t id = 0; id < table.server_count(); ++id)
            EXPECT_EQ(table.load(id).total, counted.loads[id].total);
    }

    TestTable table{{.buckets = 32, .services = 1}};
};

TEST_F(Crowd, IsFullOnlyWhenNoneIsFreeExpiredOrMovable) {
    const std::uint32_t filled = fill(100);
    EXPECT_GT(filled, table.slot_count() * 85 / 100);
    EXPECT_LE(filled, table.slot_count());
    EXPECT_EQ(insert(filled, 100), TABLE_FULL);
    for (std::uint32_t number = 0; number < filled; ++number)
        EXPECT_TRUE(finds(number, 100)) << number;
    expect_exact(filled);
}

TEST_F(Crowd, AFullTableTakesNewConnectionsOnceTheOldHaveExpired) {
    const std::uint32_t filled = fill(100);
    const std::uint32_t later = 100 + table.service(0).timeout_ticks[STATE_udp] + 1;
    for (std::uint32_t number = 1000; number < 1000 + filled / 2; ++number)
        EXPECT_GE(insert(number, later), 0);
    EXPECT_FALSE(finds(0, later));
    for (std::uint32_t number = 1000; number < 1000 + filled / 2; ++number)
        EXPECT_TRUE(finds(number, later));
    table_sweep(table.get(), 0, table.slot_count(), 0, later);
    expect_exact(filled / 2);
}

TEST_F(Crowd, AMovedConnectionIsFoundWithItsStateExpiryAndGauges) {
    const std::uint32_t filled = table.slot_count() * 3 / 4;
    for (std::uint32_t number = 0; number < filled; ++number)
        ASSERT_GE(insert(number, 100), 0);
    std::uint32_t moved = 0;
    for (std::uint32_t bucket = 0; bucket < table.slot_count() / SLOTS_PER_BUCKET; ++bucket) {
        lookup scratch = table.request(mapped(0), 99, udp, 0, 100);
        const int left = table_make_room(table.get(), &scratch, bucket);
        if (left < 0) continue;
        ++moved;
        EXPECT_EQ(static_cast<std::uint32_t>(left) / SLOTS_PER_BUCKET, bucket);
        const auto index = static_cast<std::uint32_t>(left);
        slot_free(table.get(), index, &table.slot(index), scratch.control);
    }
    EXPECT_GT(moved, 10u);
    for (std::uint32_t number = 0; number < filled; ++number) {
        lookup asked = table.request(mapped(number), 99, udp, 0, 100);
        ASSERT_GE(table_find_request(table.get(), &asked), 0);
        EXPECT_EQ(control_expires(asked.control), 100 + table.service(0).timeout_ticks[STATE_udp]);
        EXPECT_EQ(control_state(asked.control), STATE_udp);
    }
    expect_exact(filled);
}

}  // namespace
}  // namespace lvx::table
