#include "bpf/table/table.h"

#include <gtest/gtest.h>

#include "bpf/table/test_table.hh"

namespace lvx::table {
namespace {

constexpr std::uint8_t tcp = 6, udp = 17;
constexpr std::uint16_t port = 0x1234;
const abi::address client = mapped(0xc0a85815);

class Table : public testing::Test {
 protected:
    lookup request(std::uint32_t service, std::uint32_t now) const {
        return table.request(client, port, tcp, service, now);
    }
    // Inserts what a SYN at tick `now` opens; the slot's index.
    int open(std::uint32_t service, std::uint32_t server, std::uint32_t now) {
        lookup asked = request(service, now);
        EXPECT_EQ(table_find_request(table.get(), &asked), TABLE_MISS);
        opening offered = table.to(service, server, STATE_syn_recv);
        return table_insert(table.get(), &asked, &offered);
    }
    int touch(int index, std::uint32_t direction, std::uint32_t event, std::uint32_t now) {
        lookup seen = request(0, now);
        seen.control = table.slot(static_cast<std::uint32_t>(index)).control;
        return table_touch(table.get(), &seen, static_cast<std::uint32_t>(index), &table.service(0),
                           direction, event);
    }
    abi::connection& slot(int index) { return table.slot(static_cast<std::uint32_t>(index)); }
    void expect_exact_gauges() {
        const Recount counted = recount(table);
        for (std::uint32_t id = 0; id < table.server_count(); ++id) {
            EXPECT_EQ(table.load(id).total, counted.loads[id].total);
            EXPECT_EQ(table.load(id).active, counted.loads[id].active);
        }
        EXPECT_EQ(counted.wrong_tags, 0u);
        EXPECT_EQ(counted.claimed, 0u);
    }

    TestTable table{{.buckets = 64}};
};

TEST_F(Table, FindsAConnectionByItsRequestAndByItsReply) {
    const int index = open(0, 1, 100);
    ASSERT_GE(index, 0);
    lookup asked = request(0, 100);
    EXPECT_EQ(table_find_request(table.get(), &asked), index);
    EXPECT_EQ(asked.control, slot(index).control);
    lookup answered = table.reply(client, port, tcp, 1, 100);
    EXPECT_EQ(table_find_reply(table.get(), &answered), index);
    EXPECT_EQ(answered.control, slot(index).control);
}

TEST_F(Table, ANewConnectionIsWhatItsOpeningSaid) {
    const int index = open(2, 9, 100);
    const abi::connection copy = table_copy(table.get(), static_cast<std::uint32_t>(index));
    EXPECT_EQ(control_status(copy.control), SLOT_live);
    EXPECT_EQ(control_state(copy.control), STATE_syn_recv);
    EXPECT_EQ(control_expires(copy.control), 160u);
    EXPECT_EQ(copy.client.words[3], client.words[3]);
    EXPECT_EQ(copy.client_port, port);
    EXPECT_EQ(copy.virtual_port, table.service(2).port);
    EXPECT_EQ(copy.server_port, table.server(9).port);
    EXPECT_EQ(copy.protocol, tcp);
    EXPECT_EQ(copy.service, 2u);
    EXPECT_EQ(copy.server, 9u);
    EXPECT_EQ(copy.return_ifindex, 7u);
    EXPECT_EQ(copy.return_mac[5], 1);
    EXPECT_EQ(copy.flags, 0);
}

TEST_F(Table, AnythingElseAboutThePacketIsAnotherConnection) {
    ASSERT_GE(open(0, 1, 100), 0);
    const auto missed = [&](lookup asked) { return table_find_request(table.get(), &asked) == TABLE_MISS; };
    EXPECT_TRUE(missed(table.request(mapped(0xc0a85816), port, tcp, 0, 100)));
    EXPECT_TRUE(missed(table.request(client, port + 1, tcp, 0, 100)));
    EXPECT_TRUE(missed(table.request(client, port, udp, 0, 100)));
    EXPECT_TRUE(missed(table.request(client, port, tcp, 1, 100)));  // other port of the same address
    EXPECT_TRUE(missed(table.request(client, port, tcp, 2, 100)));  // same port of the other address
    const auto missed_reply = [&](lookup answered) {
        return table_find_reply(table.get(), &answered) == TABLE_MISS;
    };
    EXPECT_TRUE(missed_reply(table.reply(client, port, tcp, 0, 100)));  // another server
    EXPECT_TRUE(missed_reply(table.reply(client, port, udp, 1, 100)));
    lookup other_port = table.reply(client, port, tcp, 1, 100);
    other_port.other_port = 1;
    EXPECT_TRUE(missed_reply(other_port));
}

TEST_F(Table, OneClientPortMayReachTwoServicesAtTwoServers) {
    const int one = open(0, table.server_of(0, 0), 100), two = open(2, table.server_of(2, 1), 100);
    ASSERT_GE(one, 0);
    ASSERT_GE(two, 0);
    ASSERT_NE(one, two);
    lookup first = request(0, 100), second = request(2, 100);
    EXPECT_EQ(table_find_request(table.get(), &first), one);
    EXPECT_EQ(table_find_request(table.get(), &second), two);
    lookup from_first = table.reply(client, port, tcp, table.server_of(0, 0), 100);
    lookup from_second = table.reply(client, port, tcp, table.server_of(2, 1), 100);
    EXPECT_EQ(table_find_reply(table.get(), &from_first), one);
    EXPECT_EQ(table_find_reply(table.get(), &from_second), two);
}

TEST_F(Table, OneClientPortCannotReachOneServerByTwoServices) {
    ASSERT_GE(open(0, table.server_of(0, 3), 100), 0);
    EXPECT_EQ(open(2, table.server_of(2, 3), 100), TABLE_AMBIGUOUS);
    expect_exact_gauges();
    EXPECT_GE(open(2, table.server_of(2, 2), 100), 0);
    // Over UDP it is another reply.
    lookup asked = table.request(client, port, udp, 2, 100);
    opening offered = table.to(2, table.server_of(2, 3), STATE_udp);
    EXPECT_EQ(table_find_request(table.get(), &asked), TABLE_MISS);
    EXPECT_GE(table_insert(table.get(), &asked, &offered), 0);
}

TEST_F(Table, TheSameServerOnAnotherPortIsNotAmbiguous) {
    table.server(table.server_of(2, 3)).port = 1;
    ASSERT_GE(open(0, table.server_of(0, 3), 100), 0);
    EXPECT_GE(open(2, table.server_of(2, 3), 100), 0);
}

TEST_F(Table, AnExpiredConnectionMakesNothingAmbiguous) {
    ASSERT_GE(open(0, table.server_of(0, 3), 100), 0);
    EXPECT_GE(open(2, table.server_of(2, 3), 161), 0);
}

TEST_F(Table, InsertingTwiceAnswersTheFirst) {
    const int index = open(0, 1, 100);
    lookup again = request(0, 100);
    again.hash = hash_client(table.get(), &client, port, tcp);
    opening offered = table.to(0, 2, STATE_syn_recv);
    EXPECT_EQ(table_insert(table.get(), &again, &offered), index);
    EXPECT_EQ(offered.existed, 1);
    EXPECT_EQ(again.control, slot(index).control);
    expect_exact_gauges();
}

TEST_F(Table, IsFoundUntilItsLastTickAndNotAfter) {
    const int index = open(0, 1, 100);
    lookup last = request(0, 160), late = request(0, 161);
    EXPECT_EQ(table_find_request(table.get(), &last), index);
    EXPECT_EQ(table_find_request(table.get(), &late), TABLE_MISS);
}

TEST_F(Table, APacketOfTheSameTickAndStateWritesNothing) {
    const int index = open(0, 1, 100);
    EXPECT_EQ(touch(index, FLOW_input, FLOW_ack, 100), 1);
    const __u64 before = slot(index).control;
    EXPECT_EQ(touch(index, FLOW_input, FLOW_ack, 100), 1);
    EXPECT_EQ(slot(index).control, before);
    EXPECT_EQ(touch(index, FLOW_output, FLOW_ack, 101), 1);
    EXPECT_EQ(control_expires(slot(index).control), 101u + 900u);
}

TEST_F(Table, StatesMoveTheActiveGaugeExactlyOnce) {
    const int index = open(0, 1, 100);
    EXPECT_EQ(table.load(1).active, 1u);
    EXPECT_EQ(touch(index, FLOW_input, FLOW_ack, 100), 1);
    EXPECT_EQ(table.load(1).active, 1u);
    EXPECT_EQ(touch(index, FLOW_input, FLOW_fin, 100), 1);
    EXPECT_EQ(control_state(slot(index).control), STATE_close_wait);
    EXPECT_EQ(table.load(1).active, 0u);
    EXPECT_EQ(touch(index, FLOW_output, FLOW_fin, 100), 1);
    EXPECT_EQ(control_state(slot(index).control), STATE_time_wait);
    EXPECT_EQ(table.load(1).active, 0u);
    EXPECT_EQ(table.load(1).total, 1u);
    EXPECT_EQ(touch(index, FLOW_input, FLOW_syn, 100), 1);
    EXPECT_EQ(table.load(1).active, 1u);
    expect_exact_gauges();
}

TEST_F(Table, AStaleLookupTouchesNothing) {
    const int index = open(0, 1, 100);
    lookup stale = request(0, 101);
    ASSERT_EQ(table_find_request(table.get(), &stale), index);
    ASSERT_EQ(table_remove(table.get(), static_cast<std::uint32_t>(index), stale.control, 0, 101), 1);
    ASSERT_EQ(open(0, 2, 101), index);
    const __u64 other = slot(index).control;
    EXPECT_EQ(table_touch(table.get(), &stale, static_cast<std::uint32_t>(index), &table.service(0),
                          FLOW_input, FLOW_fin),
              0);
    EXPECT_EQ(table_remove(table.get(), static_cast<std::uint32_t>(index), stale.control, 0, 101), 0);
    EXPECT_EQ(slot(index).control, other);
    expect_exact_gauges();
}

TEST_F(Table, AnExpiredConnectionIsNotRevived) {
    const int index = open(0, 1, 100);
    EXPECT_EQ(touch(index, FLOW_input, FLOW_ack, 161), 0);
}

TEST_F(Table, RemovingClearsTagAndGauges) {
    const int index = open(0, 1, 100);
    EXPECT_EQ(table_remove(table.get(), static_cast<std::uint32_t>(index), slot(index).control, 0, 100), 1);
    EXPECT_EQ(table.load(1).total, 0u);
    EXPECT_EQ(table.load(1).active, 0u);
    expect_exact_gauges();
    lookup asked = request(0, 100);
    EXPECT_EQ(table_find_request(table.get(), &asked), TABLE_MISS);
}

TEST_F(Table, SweepFreesWhatHasExpiredAndNothingElse) {
    const int index = open(0, 1, 100);
    sweep_count seen = table_sweep(table.get(), 0, table.slot_count(), 0, 160);
    EXPECT_EQ(seen.live, 1u);
    EXPECT_EQ(seen.expired, 0u);
    seen = table_sweep(table.get(), static_cast<std::uint32_t>(index) + 1, table.slot_count(), 0, 161);
    EXPECT_EQ(seen.expired, 0u);
    seen = table_sweep(table.get(), static_cast<std::uint32_t>(index), 1, 0, 161);
    EXPECT_EQ(seen.live, 0u);
    EXPECT_EQ(seen.expired, 1u);
    EXPECT_EQ(control_status(slot(index).control), SLOT_free);
    expect_exact_gauges();
}

TEST_F(Table, SweepLeavesClaimsAloneHoweverOld) {
    slot(5).control = control_claim(0, 100);
    EXPECT_EQ(table_sweep(table.get(), 0, table.slot_count(), 0, 100'000'000).expired, 0u);
    EXPECT_EQ(slot(5).control, control_claim(0, 100));
}

TEST_F(Table, AnAbandonedClaimIsFreedWithItsTag) {
    const __u64 claimed = slot(5).control = control_claim(0, 100);
    tag_store(&table.line(0), 5, 0x8001);
    EXPECT_EQ(claim_abandoned(table.get(), 5, claimed, 101), 1);
    EXPECT_EQ(control_status(slot(5).control), SLOT_free);
    expect_exact_gauges();
}

TEST_F(Table, AClaimThatWasFinishedIsNotAbandoned) {
    const int index = open(0, 1, 100);
    const __u64 live = slot(index).control, claimed = control_claim(control_make(control_generation(live) - 1, 0, 0, 0), 100);
    EXPECT_EQ(claim_abandoned(table.get(), static_cast<std::uint32_t>(index), claimed, 101), 0);
    EXPECT_EQ(claim_abandoned(table.get(), static_cast<std::uint32_t>(index), live, 101), 0);
    EXPECT_EQ(slot(index).control, live);
    EXPECT_EQ(claim_abandoned(table.get(), table.slot_count(), claimed, 101), 0);
}

TEST_F(Table, ACopyOfAFreeOrClaimedSlotIsEmpty) {
    slot(5).control = control_claim(0, 100);
    EXPECT_EQ(table_copy(table.get(), 5).control, 0u);
    EXPECT_EQ(table_copy(table.get(), 6).control, 0u);
    EXPECT_EQ(table_copy(table.get(), table.slot_count()).control, 0u);
}

TEST_F(Table, UsesTheActiveSet) {
    table.service(table.get()->max_services + 0).address =
        mapped(0xcb007101);  // in set 1 the service has moved
    const int index = open(0, 1, 100);
    lookup asked = request(0, 100);
    asked.set = 1;
    EXPECT_EQ(table_find_request(table.get(), &asked), TABLE_MISS);
    asked.other = mapped(0xcb007101);
    EXPECT_EQ(table_find_request(table.get(), &asked), index);
}

TEST_F(Table, OverloadBeginsAtTheUpperThresholdAndEndsBelowTheLower) {
    table.server(0).upper_threshold = 4;  // lower: three quarters, 3
    std::vector<int> indexes;
    for (std::uint16_t number = 0; number < 4; ++number) {
        EXPECT_EQ(table.load(0).overloaded, 0u);
        lookup asked = table.request(client, number, tcp, 0, 100);
        opening offered = table.to(0, 0, STATE_syn_recv);
        table_find_request(table.get(), &asked);
        indexes.push_back(table_insert(table.get(), &asked, &offered));
        ASSERT_GE(indexes.back(), 0);
    }
    EXPECT_EQ(table.load(0).overloaded, 1u);
    const auto end = [&](int index) {
        return table_remove(table.get(), static_cast<std::uint32_t>(index), slot(index).control, 0, 100);
    };
    end(indexes[0]);
    EXPECT_EQ(table.load(0).overloaded, 1u);  // 3 is not below 3
    end(indexes[1]);
    EXPECT_EQ(table.load(0).overloaded, 0u);
}

TEST_F(Table, AnExplicitLowerThresholdRules) {
    table.server(0).upper_threshold = 10;
    table.server(0).lower_threshold = 2;
    EXPECT_EQ(lower_threshold(&table.server(0)), 2u);
    table.server(0).lower_threshold = 0;
    EXPECT_EQ(lower_threshold(&table.server(0)), 8u);  // 75 %, rounded up
}

}  // namespace
}  // namespace lvx::table
