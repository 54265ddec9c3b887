// Two threads that open the same connection, or two connections a reply could not tell apart, at the same
// moment.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>
#include <utility>
#include <vector>

#include "bpf/table/test_table.hh"

namespace lvx::table {
namespace {

constexpr std::uint8_t tcp = 6;
constexpr std::uint32_t rounds = 6000;

// Both threads do `round` of the same number at about the same time.
template <typename Round>
void run_twice(Round round) {
    std::array<std::atomic<std::uint32_t>, 2> reached{};
    const auto run = [&](std::uint32_t self) {
        for (std::uint32_t number = 0; number < rounds; ++number) {
            reached[self].store(number + 1);
            while (reached[1 - self].load() < number + 1)
                std::this_thread::yield();
            round(self, number);
        }
    };
    std::thread other(run, 1);
    run(0);
    other.join();
}

int open(TestTable& table, std::uint32_t client, std::uint32_t service, std::uint32_t server,
         opening& offered) {
    lookup asked = table.request(mapped(client), 5, tcp, service, 100);
    asked.hash = hash_client(table.get(), &asked.client, asked.client_port, asked.protocol);
    offered = table.to(service, server, STATE_syn_recv);
    return table_insert(table.get(), &asked, &offered);
}

void expect_exact(TestTable& table, const Recount& counted) {
    EXPECT_EQ(counted.claimed, 0u);
    EXPECT_EQ(counted.wrong_tags, 0u);
    for (std::uint32_t id = 0; id < table.server_count(); ++id) {
        EXPECT_EQ(table.load(id).total, counted.loads[id].total);
        EXPECT_EQ(table.load(id).active, counted.loads[id].active);
    }
}

TEST(Race, OfTwoEqualInsertionsOneConnectionStays) {
    TestTable table({.buckets = 2 * rounds / SLOTS_PER_BUCKET});
    std::atomic<std::uint32_t> refused{0};
    run_twice([&](std::uint32_t self, std::uint32_t number) {
        opening offered{};
        refused += open(table, number, 0, self, offered) < 0;
    });
    const Recount counted = recount(table);
    EXPECT_EQ(refused, 0u);
    EXPECT_EQ(counted.live, rounds);
    expect_exact(table, counted);
    for (std::uint32_t number = 0; number < rounds; ++number) {
        lookup asked = table.request(mapped(number), 5, tcp, 0, 100);
        EXPECT_GE(table_find_request(table.get(), &asked), 0);
    }
}

TEST(Race, OfTwoThatAReplyCouldNotTellApartAtMostOneStays) {
    TestTable table({.buckets = 4 * rounds / SLOTS_PER_BUCKET});
    std::atomic<std::uint32_t> odd_answers{0};
    run_twice([&](std::uint32_t self, std::uint32_t number) {
        opening offered{};
        const std::uint32_t service = 2 * self;
        const int index = open(table, number, service, table.server_of(service, 1), offered);
        odd_answers += index < 0 && index != TABLE_AMBIGUOUS;
    });
    EXPECT_EQ(odd_answers, 0u);
    const Recount counted = recount(table);
    expect_exact(table, counted);
    for (std::uint32_t number = 0; number < rounds; ++number) {
        lookup first = table.request(mapped(number), 5, tcp, 0, 100),
               second = table.request(mapped(number), 5, tcp, 2, 100);
        EXPECT_LE(
            (table_find_request(table.get(), &first) >= 0) + (table_find_request(table.get(), &second) >= 0),
            1);
    }
}

// The two moments of an insertion by hand, so that the unlucky order of two CPUs happens every time.
struct Half {
    lookup asked;
    opening offered;
    std::uint32_t index = 0;
    __u64 live = 0;
};

Half publish_half(TestTable& table, std::uint32_t service, std::uint32_t server) {
    Half half{.asked = table.request(mapped(1), 5, tcp, service, 100),
              .offered = table.to(service, server, STATE_syn_recv)};
    half.asked.hash =
        hash_client(table.get(), &half.asked.client, half.asked.client_port, half.asked.protocol);
    half.index = static_cast<std::uint32_t>(claim(table.get(), &half.asked));
    EXPECT_EQ(publish(table.get(), &half.asked, &half.offered, half.index, &table.slot(half.index)), 1);
    half.live = half.asked.control;
    return half;
}

int finish_half(TestTable& table, Half& half) {
    const int stays = settle(table.get(), &half.asked, &half.offered, half.index);
    if (stays != TABLE_MISS) table_withdraw(table.get(), &half.asked, half.index, half.live);
    return stays;
}

// Two equal connections by servers 0 and 1, the one a lookup meets first in front: the later one may have got a slot
// before the one its hash likes best.
std::array<Half, 2> publish_equals(TestTable& table) {
    std::array<Half, 2> halves = {publish_half(table, 0, 0), publish_half(table, 0, 1)};
    if (halves[1].index < halves[0].index) std::swap(halves[0], halves[1]);
    return halves;
}

// One bucket, and in it connections that stay, but for one slot, which somebody has claimed and not filled yet.
struct SlowClaim {
    static constexpr std::uint32_t others = SLOTS_PER_BUCKET - 1, long_after = 100 + 1'000'000;
    TestTable table{{.buckets = 1}};
    lookup asked{};
    opening offered{};
    std::uint32_t index = 0;

    SlowClaim() {
        for (std::uint32_t id : {0u, 1u})
            for (std::uint32_t& ticks : table.service(id).timeout_ticks) ticks = 1u << 30;
        opening ignored{};
        for (std::uint32_t client = 10; client < 10 + others; ++client)
            EXPECT_GE(open(table, client, 0, 0, ignored), 0);
        asked = table.request(mapped(1), 5, tcp, 0, 100);
        asked.hash = hash_client(table.get(), &asked.client, asked.client_port, asked.protocol);
        offered = table.to(0, 1, STATE_syn_recv);
        index = static_cast<std::uint32_t>(claim(table.get(), &asked));
    }
    int open_long_after(std::uint32_t client) {
        lookup late = table.request(mapped(client), 5, tcp, 0, long_after);
        opening wanted = table.to(0, 2, STATE_syn_recv);
        if (table_find_request(table.get(), &late) >= 0) return TABLE_FAULT;
        return table_insert(table.get(), &late, &wanted);
    }
    int publish_at_last() { return publish(table.get(), &asked, &offered, index, &table.slot(index)); }
};

TEST(Race, WhoClaimedASlotKeepsItHoweverLateItIsFilled) {
    SlowClaim slow;
    EXPECT_EQ(slow.open_long_after(2), TABLE_FULL);
    EXPECT_EQ(table_sweep(slow.table.get(), 0, slow.table.slot_count(), 0, SlowClaim::long_after).expired, 0u);
    EXPECT_EQ(slow.open_long_after(2), TABLE_FULL);
    EXPECT_EQ(slow.publish_at_last(), 1);
    lookup found = slow.table.request(mapped(1), 5, tcp, 0, 100);
    EXPECT_EQ(table_find_request(slow.table.get(), &found), static_cast<int>(slow.index));
    expect_exact(slow.table, recount(slow.table));
}

// As step/plain.h does for the slot's former connection, whose packet was under way when the slot was claimed.
void write_expiry_late(TestTable& table, std::uint32_t index, std::uint32_t expires) {
    store_u32(reinterpret_cast<__u32*>(&table.slot(index).control), expires);
}

TEST(Race, ALateExpiryDoesNotKeepASlotClaimed) {
    SlowClaim slow;
    write_expiry_late(slow.table, slow.index, 7777);
    EXPECT_EQ(slow.publish_at_last(), 1);
    expect_exact(slow.table, recount(slow.table));

    slow.asked.control = slow.table.slot(slow.index).control = control_claim(slow.table.slot(slow.index).control, 100);
    gauge_unbind(slow.table.get(), 0, 1, 1);
    write_expiry_late(slow.table, slow.index, 7777);
    slot_free(slow.table.get(), slow.index, &slow.table.slot(slow.index), slow.asked.control);
    expect_exact(slow.table, recount(slow.table));
    EXPECT_EQ(slow.open_long_after(2), static_cast<int>(slow.index));
}

TEST(Race, AClaimGivenBackForItsDeadOwnerCannotBePublished) {
    SlowClaim slow;
    EXPECT_EQ(claim_abandoned(slow.table.get(), slow.index, slow.table.slot(slow.index).control, 101), 1);
    const __u64 before = slow.table.slot(slow.index).control;
    EXPECT_EQ(claim_end(&slow.table.slot(slow.index), slow.asked.control, 0), 0) << "of another generation";
    EXPECT_EQ(slow.table.slot(slow.index).control, before);
    EXPECT_EQ(slow.open_long_after(2), static_cast<int>(slow.index));
    expect_exact(slow.table, recount(slow.table));
}

TEST(Race, TheConnectionThatALookupMeetsFirstStaysWhoeverNoticesFirst) {
    for (const bool first_notices : {true, false}) {
        TestTable table({.buckets = 4});
        auto [first, second] = publish_equals(table);
        if (first_notices) EXPECT_EQ(finish_half(table, first), TABLE_MISS);
        EXPECT_EQ(finish_half(table, second), static_cast<int>(first.index));
        if (!first_notices) EXPECT_EQ(finish_half(table, first), TABLE_MISS);
        const Recount counted = recount(table);
        EXPECT_EQ(counted.live, 1u);
        EXPECT_EQ(table.load(first.offered.server).total, 1u);
        EXPECT_EQ(table.load(second.offered.server).total, 0u);
        expect_exact(table, counted);
    }
}

TEST(Race, TheFirstRemovesASecondThatThoughtItWasAlone) {
    TestTable table({.buckets = 4});
    auto [first, second] = publish_equals(table);
    EXPECT_EQ(finish_half(table, first), TABLE_MISS);
    EXPECT_EQ(recount(table).live, 1u);
    lookup asked = table.request(mapped(1), 5, tcp, 0, 100);
    EXPECT_EQ(table_find_request(table.get(), &asked), static_cast<int>(first.index));
    expect_exact(table, recount(table));
}

// Moves the connection of a slot to its other bucket, as an insertion that finds its bucket full does.
std::uint32_t move_away(TestTable& table, std::uint32_t index) {
    lookup scratch = table.request(mapped(99), 5, tcp, 0, 100);
    const __u64 birth = slot_birth(&table.slot(index));
    EXPECT_EQ(table_move(table.get(), &scratch, index), 1);
    slot_free(table.get(), index, &table.slot(index), scratch.control);
    for (std::uint32_t at = 0; at < table.slot_count(); ++at)
        if (control_status(table.slot(at).control) == SLOT_live && slot_birth(&table.slot(at)) == birth) return at;
    ADD_FAILURE() << "lost by its move";
    return index;
}

TEST(Race, TheOneThatYieldsIsEndedWhereItWasMovedTo) {
    TestTable table({.buckets = 4});
    auto [first, second] = publish_equals(table);
    EXPECT_EQ(finish_half(table, first), TABLE_MISS);
    Half again = publish_half(table, 0, 2);  // behind the first, in the same bucket
    ASSERT_GT(again.index, first.index);
    EXPECT_NE(move_away(table, again.index), again.index);
    EXPECT_EQ(finish_half(table, again), static_cast<int>(first.index));
    EXPECT_EQ(recount(table).live, 1u);
    expect_exact(table, recount(table));
}

TEST(Race, AnEqualConnectionThatMovesToThePrimaryBucketMeanwhileIsMet) {
    TestTable table({.buckets = 4});
    const Half rival = publish_half(table, 0, 0);
    const std::uint32_t away = move_away(table, rival.index);
    Half half = publish_half(table, 0, 1);
    ASSERT_NE(half.index / SLOTS_PER_BUCKET, away / SLOTS_PER_BUCKET);
    int stays = TABLE_MISS;
    for (std::uint32_t look = 0; stays == TABLE_MISS && look < SETTLE_LOOKS; ++look) {
        stays = table_settle(table.get(), &half.asked, &half.offered, half.index, look & 1);
        if (look == 0) move_away(table, away);
    }
    if (stays != TABLE_MISS) table_withdraw(table.get(), &half.asked, half.index, half.live);
    EXPECT_EQ(recount(table).live, 1u);
    expect_exact(table, recount(table));
}

TEST(Race, OfTwoThatAReplyCouldNotTellApartTheFirstToNoticeWithdraws) {
    TestTable table({.buckets = 4});
    Half one = publish_half(table, 0, table.server_of(0, 1)),
         other = publish_half(table, 2, table.server_of(2, 1));
    EXPECT_EQ(finish_half(table, one), TABLE_AMBIGUOUS);
    EXPECT_EQ(finish_half(table, other), TABLE_MISS);  // the one has withdrawn by now
    EXPECT_EQ(recount(table).live, 1u);
    expect_exact(table, recount(table));
}

}  // namespace
}  // namespace lvx::table
