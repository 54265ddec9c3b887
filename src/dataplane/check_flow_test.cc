#include "dataplane/check_flow.hh"

#include <gtest/gtest.h>

#include <utility>

#include "bpf/table/find.h"
#include "bpf/table/test_table.hh"

namespace lvx::dataplane {
namespace {

constexpr Port port = 40000;

// Service 0 of the table's shape, whose servers answer on 8080.
CheckFlow flow_to(std::uint32_t server) {
    return {.place = {{.address = Address::v4(0xc0000201), .port = 80}, {Address::v4(0x0a000001 + server), 8080}},
            .client = {Address::v4(0xa9fe4d02), port}, .destination = {Address::v4(0xc0000201), 80}, .ifindex = 7, .station = {2, 0, 0, 0, 0, 9}};
}

struct Bench {
    table::TestTable table{table::TableShape{}};
    CheckFlowIds ids{.tick = 1000, .client_generation = 3};

    Bench() {
        for (std::uint32_t id = 0; id < table.server_count(); ++id) table.server(id).flags = abi::SERVER_AVAILABLE;
    }
    Result<void> insert(std::uint32_t server) {
        CheckFlowIds to = ids;
        to.server = server;
        return insert_check(*table.get(), flow_to(server), to);
    }
    int find() {
        auto lookup = table.request(table::mapped(0xa9fe4d02), static_cast<std::uint16_t>(port << 8 | port >> 8), 6, 0, ids.tick);
        return table::table_find_request(table.get(), &lookup);
    }
};

TEST(CheckFlow, LeadsTheFirstPacketToTheServerUnderCheckWhateverItsWeight) {
    Bench bench;
    bench.table.server(2).weight = 0;
    ASSERT_TRUE(bench.insert(2));
    const int slot = bench.find();
    ASSERT_GE(slot, 0);
    const abi::connection& connection = bench.table.slot(static_cast<std::uint32_t>(slot));
    EXPECT_EQ(connection.server, 2U);
    EXPECT_EQ(connection.return_ifindex, 7U);
    EXPECT_EQ(connection.return_generation, 3U) << "the way back needs no looking up";
    EXPECT_EQ(connection.return_mac[5], 9);
    EXPECT_EQ(bench.table.load(2).total, 1U);
}

TEST(CheckFlow, AsksTheServersOwnPortButThePacketsWhereTheServiceTakesAny) {
    for (const bool any : {false, true}) {
        Bench bench;
        const std::uint16_t asked = std::exchange(bench.table.service(0).port, any ? std::uint16_t{0} : bench.table.service(0).port);
        bench.table.service(0).flags |= any ? abi::SERVICE_KEEPS_PORT : 0;
        bench.table.server(1).port = 0x901f;  // 8080 in network order
        ASSERT_TRUE(bench.insert(1));
        bench.table.service(0).port = asked;  // what find() asks for
        const int slot = bench.find();
        ASSERT_GE(slot, 0);
        EXPECT_EQ(bench.table.slot(static_cast<std::uint32_t>(slot)).server_port, any ? asked : 0x901f);
    }
}

TEST(CheckFlow, EndsWithTheGaugeAsItWas) {
    Bench bench;
    ASSERT_TRUE(bench.insert(1));
    remove_check(*bench.table.get(), flow_to(1), 0, bench.ids.tick);
    EXPECT_LT(bench.find(), 0);
    EXPECT_EQ(bench.table.load(1).total, 0U);
    EXPECT_EQ(bench.table.load(1).active, 0U);
    remove_check(*bench.table.get(), flow_to(1), 0, bench.ids.tick);
    EXPECT_EQ(bench.table.load(1).total, 0U) << "twice is once";
}

TEST(CheckFlow, OfAPortThatAnEarlierCheckLeftTakesItsPlace) {
    Bench bench;
    ASSERT_TRUE(bench.insert(1));
    ASSERT_TRUE(bench.insert(3));
    const int slot = bench.find();
    ASSERT_GE(slot, 0);
    EXPECT_EQ(bench.table.slot(static_cast<std::uint32_t>(slot)).server, 3U);
    EXPECT_EQ(bench.table.load(1).total, 0U);
}

TEST(CheckFlow, ToAServerThatIsGoneIsRefused) {
    Bench bench;
    bench.table.server(1).flags = 0;
    EXPECT_FALSE(bench.insert(1));
    EXPECT_LT(bench.find(), 0);
}

}  // namespace
}  // namespace lvx::dataplane
