// Gauges that a killed daemon left wrong.
#include "dataplane/recount.hh"

#include <gtest/gtest.h>

#include "bpf/table/control.h"

namespace lvx::dataplane {
namespace {

abi::connection connection(std::uint32_t server, abi::slot_status status, connection_state state) {
    abi::connection slot{};
    slot.server = server;
    slot.control = table::control_make(7, status, state, 100);
    return slot;
}

const std::vector<abi::connection> table_of_four = {
    connection(1, abi::SLOT_live, STATE_established),
    connection(1, abi::SLOT_live, STATE_time_wait),
    connection(1, abi::SLOT_claimed, STATE_established),
    connection(2, abi::SLOT_free, STATE_established),
    connection(1, abi::SLOT_live, STATE_template),
    connection(1, abi::SLOT_live, STATE_template),
};

TEST(Recount, CountsLiveSlotsOnlyAndActiveStatesAsIPVSDoes) {
    const std::vector<Gauges> counted = count_connections(table_of_four, 3);
    EXPECT_EQ(counted, (std::vector<Gauges>{{}, {.active = 1, .total = 2, .persistent = 2}, {}}));
}

TEST(Recount, LeavesRightGaugesAlone) {
    std::vector<abi::server_load> loads(3);
    loads[1] = {.active = 1, .total = 2, .persistent = 2, .overloaded = 1};
    EXPECT_EQ(recount(table_of_four, loads), 0u);
    EXPECT_EQ(loads[1].active, 1u);
    EXPECT_EQ(loads[1].persistent, 2u);
    EXPECT_EQ(loads[1].overloaded, 1u);
}

TEST(Recount, CorrectsGaugesThatAreTooHighOrTooLow) {
    std::vector<abi::server_load> loads(3);
    loads[1] = {.active = 0, .total = 1, .persistent = 3};
    loads[2] = {.active = 1, .total = 1};
    EXPECT_EQ(recount(table_of_four, loads), 2u);
    EXPECT_EQ(loads[1].active, 1u);
    EXPECT_EQ(loads[1].total, 2u);
    EXPECT_EQ(loads[1].persistent, 2u);
    EXPECT_EQ(loads[2].active, 0u);
    EXPECT_EQ(loads[2].total, 0u);
}

TEST(Recount, IgnoresASlotThatNamesNoServer) {
    std::vector<abi::server_load> loads(1);
    EXPECT_EQ(recount(table_of_four, loads), 0u);
}

}  // namespace
}  // namespace lvx::dataplane
