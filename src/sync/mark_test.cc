// Connections and templates of firewall marks between directors, and what a kernel says of them.
#include <gtest/gtest.h>

#include "sync/kernel_machine.hh"
#include "sync/simulation.hh"

namespace lvx::sync {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t mark = 7, leader = 0, member = 1;
const TableTime clock_now{.tick = 100, .tick_us = 1'000'000};
const Address vip = Address::v4(0xc0000201);
const Endpoint client{Address::v4(0xc0a80001), 40000}, server{Address::v4(0x0a000001), 81};

// Service 0 is the mark's, service 1 a member of it of `port` (0: any); servers have no port of their own.
class Marked {
 public:
    explicit Marked(Port port) {
        abi::service& mark_row = end.tables().service(leader);
        mark_row.address = table::mapped(mark);
        mark_row.port = 0;
        mark_row.protocol = 0;
        mark_row.family = 4;
        mark_row.flags = abi::SERVICE_PRESENT | abi::SERVICE_PERSISTENT | abi::SERVICE_MARK | abi::SERVICE_KEEPS_PORT;
        mark_row.persistence_s = mark_row.timeout_ticks[STATE_template] = 300;
        abi::service& row = end.tables().service(member);
        row.address = table::mapped(0xc0000201);
        row.port = static_cast<std::uint16_t>(port << 8 | port >> 8);
        row.family = 4;
        row.flags = abi::SERVICE_PRESENT | abi::SERVICE_PERSISTENT | abi::SERVICE_MEMBER | abi::SERVICE_KEEPS_PORT;
        row.leader = leader;
        for (std::uint32_t place = 0; place < 4; ++place) end.tables().server(end.tables().server_of(leader, place)).port = 0;
        end.side->learn_ids(0);
    }
    SimulatedDirector end{1, 64, 1};
};

model::ServiceKey member_key(Port port) { return {.protocol = model::Protocol::tcp, .address = vip, .port = port, .fwmark = mark}; }

SyncedConnection connection() {
    return {.key = {.protocol = 6, .client = client, .destination = {vip, 81}},
            .server = server,
            .service = member_key(81),
            .server_port = 0,
            .state = STATE_established,
            .fwmark = mark,
            .remaining = 100s};
}

SyncedConnection template_of_the_mark() {
    return {.key = {.protocol = 0, .client = {client.address, 0}, .destination = {Address::v4(mark), 0}},
            .server = {server.address, 0},
            .service = model::mark_key(mark, Family::v4),
            .server_port = 0,
            .state = STATE_template,
            .is_template = true,
            .fwmark = mark,
            .remaining = 200s,
            .timeout = 300s};
}

SyncedConnection read_back(Marked& to, const SyncedConnection& told) {
    const auto placed = to.end.side->insert(told, clock_now);
    EXPECT_TRUE(placed) << kept_out_name(placed ? KeptOut::count : placed.error());
    std::uint64_t control = 0;
    return placed ? to.end.side->read(placed->slot, clock_now, control).value_or(SyncedConnection{}) : SyncedConnection{};
}

TEST(SyncedMarks, AConnectionGoesToTheMembersRowAndTheMarksServer) {
    Marked to(81);
    const SyncedConnection read = read_back(to, connection());
    EXPECT_EQ(read.service, member_key(81));
    EXPECT_EQ(read.server, server);
    EXPECT_EQ(read.fwmark, mark);
    EXPECT_EQ(to.end.tables().load(to.end.tables().server_of(leader, 0)).total, 1u);
}

TEST(SyncedMarks, AMemberOfAnyPortHereTakesItToo) {
    Marked to(0);
    const SyncedConnection read = read_back(to, connection());
    EXPECT_EQ(read.service, member_key(0));
    EXPECT_EQ(read.key, connection().key);
}

TEST(SyncedMarks, WithoutAMemberThatNamesItItIsKeptOut) {
    Marked to(82);
    const auto kept = to.end.side->insert(connection(), clock_now);
    ASSERT_FALSE(kept);
    EXPECT_EQ(kept.error(), KeptOut::no_service);
    SyncedConnection other = connection();
    other.service.fwmark = 8;
    EXPECT_EQ(to.end.side->insert(other, clock_now).error(), KeptOut::no_service);
}

TEST(SyncedMarks, ATemplateIsTheMarksAndIsFoundAgain) {
    Marked to(81);
    const SyncedConnection read = read_back(to, template_of_the_mark());
    EXPECT_EQ(read.key, template_of_the_mark().key);
    EXPECT_EQ(read.service, model::mark_key(mark, Family::v4));
    EXPECT_TRUE(to.end.side->find(template_of_the_mark(), clock_now));
    EXPECT_EQ(to.end.tables().load(to.end.tables().server_of(leader, 0)).persistent, 1u);
    SyncedConnection broken = template_of_the_mark();
    broken.key.protocol = 6;
    EXPECT_EQ(to.end.side->insert(broken, clock_now).error(), KeptOut::not_in_table);
}

TEST(SyncedMarks, WhatAKernelTellsWithAMarkIsTheMarksHere) {
    Marked here(81);
    const Directory& directory = here.end.side->directory();
    kernel::Entry entry = entry_of(connection());
    EXPECT_EQ(entry.fwmark, mark);
    ASSERT_TRUE(connection_of(entry, directory));
    EXPECT_EQ(connection_of(entry, directory)->service, member_key(81));
    EXPECT_EQ(connection_of(entry, directory)->server_port, 0);
    entry.destination.port = 99;
    EXPECT_EQ(connection_of(entry, directory).error(), KeptOut::no_service);
    entry.fwmark = 8;  // of no service here: by the address
    entry.destination = {Address::v4(0xc0000202), 80};
    entry.server.port = 8080;
    ASSERT_TRUE(connection_of(entry, directory));
    EXPECT_EQ(connection_of(entry, directory)->service.fwmark, 0u);
    entry.fwmark = mark;
    EXPECT_EQ(connection_of(entry, directory).error(), KeptOut::no_service);
}

TEST(SyncedMarks, ATemplateIsToldToAKernelAsItTellsItsOwn) {
    Marked here(81);
    const kernel::Entry entry = entry_of(template_of_the_mark());
    EXPECT_EQ(entry.protocol, 0);
    EXPECT_EQ(entry.destination, (Endpoint{Address::v4(mark), 0}));
    EXPECT_EQ(entry.server.port, 0);
    const auto back = connection_of(entry, here.end.side->directory());
    ASSERT_TRUE(back);
    EXPECT_EQ(back->service, model::mark_key(mark, Family::v4));
    EXPECT_EQ(back->key, template_of_the_mark().key);
    kernel::Entry other = entry;
    other.fwmark = 8;
    EXPECT_EQ(connection_of(other, here.end.side->directory()).error(), KeptOut::no_service);
}

}  // namespace
}  // namespace lvx::sync
