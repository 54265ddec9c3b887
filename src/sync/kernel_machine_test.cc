#include "sync/kernel_machine.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sync/simulation.hh"

namespace lvx::sync {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;

class KernelPair : public testing::Test {
 protected:
    Moment moment() const { return {.table = {.tick = static_cast<std::uint32_t>(now / 1s), .tick_us = 1'000'000}, .now = now}; }
    KernelMaster master(const KernelTuning& tuning) {
        a.told_packets = told_packets(tuning);
        return {*a.side, tuning, 7, 1472, moment()};
    }

    // Everything the master has to say within `time`, to the backup; how many entries that were.
    std::size_t carry(KernelMaster& from, Microseconds time) {
        std::size_t entries = 0;
        for (const Microseconds end = now + time; now < end; now += 10ms) {
            hear_of_changes(from);
            for (const Datagram& datagram : from.diff(moment())) {
                entries += kernel::decode(datagram.bytes, 7).message.entries.size();
                (void)backup.apply(datagram.bytes, moment());
            }
        }
        return entries;
    }
    void hear_of_changes(KernelMaster& master) {
        const Marked marked = a.marked();
        for (const std::uint32_t slot : marked.changed) master.note(slot);
        for (const std::uint32_t slot : marked.counted) master.note_counted(slot);
    }
    // The client's handshake and, when established, a request: three packets.
    void open(std::uint16_t port, std::uint32_t event) {
        a.packet(1, port, 0, table::FLOW_syn, moment().table.tick, dice);
        if (event == table::FLOW_syn) return;
        a.packet(1, port, 0, event, moment().table.tick, dice);
        a.packet(1, port, 0, event, moment().table.tick, dice);
    }
    // Which of the client's `packets` made the master tell the connection.
    std::vector<int> told_at(KernelMaster& from, int packets, Microseconds apart) {
        std::vector<int> told;
        for (int packet = 1; packet <= packets; ++packet) {
            a.packet(1, 1, 0, packet == 1 ? table::FLOW_syn : table::FLOW_ack, moment().table.tick, dice);
            if (carry(from, apart) > 0) told.push_back(packet);
        }
        return told;
    }
    std::size_t known() { return b.contents(moment().table.tick).size(); }

    Microseconds now{100s};
    Dice dice{1};
    SimulatedDirector a{1, 64, 1}, b{2, 64, 2};
    KernelBackup backup{*b.side, 7};
};

TEST_F(KernelPair, AnEstablishedConnectionIsToldAtTheThresholdsPacketAndAHalfOpenOneNever) {
    KernelMaster from = master({});
    open(1, table::FLOW_syn);
    a.packet(1, 1, 0, table::FLOW_syn, moment().table.tick, dice);
    a.packet(1, 1, 0, table::FLOW_syn, moment().table.tick, dice);
    EXPECT_EQ(carry(from, 20s), 0u);
    open(2, table::FLOW_ack);
    EXPECT_EQ(carry(from, 100ms), 1u);
    EXPECT_EQ(known(), 1u);
    EXPECT_THAT(*b.contents(moment().table.tick).begin(), testing::EndsWith(" 1"));
}

struct Schedule {
    std::uint32_t threshold, period;
    std::vector<int> at;  // of 160 packets
};

TEST_F(KernelPair, AConnectionIsToldAtThePacketsAtWhichIpvsTells) {
    const Schedule cases[] = {{3, 50, {3, 53, 103, 153}}, {0, 50, {50, 100, 150}}, {49, 50, {49, 99, 149}}, {2, 3, {2, 5, 8, 11, 14}}, {3, 0, {3}}, {100, 0, {100}},
                             {150, 2000, {150}}, {161, 2000, {}}, {1, 2, {3, 5, 7, 9}}, {0, 0, {}}};
    for (const Schedule& each : cases) {
        a.forget(moment().table.tick);
        KernelMaster from = master({.threshold = each.threshold, .period = each.period});
        carry(from, 50ms);
        std::vector<int> told = told_at(from, 160, 30ms);
        if (each.period > 0 && each.period < 5 && told.size() > each.at.size()) told.resize(each.at.size());
        EXPECT_EQ(told, each.at) << each.threshold << " " << each.period;
    }
}

TEST_F(KernelPair, WithPeriodAndRefreshBothMustSaySo) {
    KernelMaster from = master({.threshold = 3, .period = 5, .refresh = 30s});
    EXPECT_EQ(told_at(from, 60, 1s), (std::vector<int>{3, 33})) << "each fifth packet, but not within thirty seconds";
}

TEST_F(KernelPair, WithoutAPeriodEveryPacketWillDoOnceTheRefreshTimeIsOver) {
    KernelMaster from = master({.threshold = 3, .period = 0, .refresh = 30s});
    EXPECT_EQ(a.told_packets, 0u) << "nothing needs to be counted";
    EXPECT_EQ(told_at(from, 2, 1s), (std::vector<int>{2}));
}

TEST_F(KernelPair, TheCountBeginsAnewWithAConnectionOfTheSamePort) {
    KernelMaster from = master({});
    EXPECT_EQ(told_at(from, 3, 30ms), (std::vector<int>{3}));
    a.forget(moment().table.tick);
    carry(from, 50ms);
    EXPECT_EQ(told_at(from, 3, 30ms), (std::vector<int>{3}));
}

TEST_F(KernelPair, EveryClosingStateIsToldAndTheBackupTakesIt) {
    KernelMaster from = master({});
    open(1, table::FLOW_ack);
    carry(from, 50ms);
    a.packet(1, 1, 0, table::FLOW_fin, moment().table.tick, dice);
    EXPECT_EQ(carry(from, 50ms), 1u);
    EXPECT_EQ(a.contents(moment().table.tick), b.contents(moment().table.tick));
    for (std::uint32_t id = 0; id < b.tables().server_count(); ++id) EXPECT_EQ(b.tables().load(id).active, 0u);
}

TEST_F(KernelPair, ThresholdZeroWithPeriodZeroTellsClosingStatesOnly) {
    KernelMaster from = master({.threshold = 0, .period = 0});
    open(1, table::FLOW_ack);
    EXPECT_EQ(carry(from, 100ms), 0u);
    a.packet(1, 1, 0, table::FLOW_fin, moment().table.tick, dice);
    EXPECT_EQ(carry(from, 100ms), 1u);
}

TEST_F(KernelPair, AConnectionInUseIsToldAgainAndAnIdleOneIsNot) {
    KernelMaster from = master({.threshold = 3, .period = 10});
    open(1, table::FLOW_ack);
    open(2, table::FLOW_ack);
    carry(from, 100ms);
    std::size_t entries = 0;
    for (int i = 0; i < 40; ++i) {
        a.packet(1, 1, 0, table::FLOW_ack, moment().table.tick, dice);
        entries += carry(from, 1s);
    }
    EXPECT_EQ(entries, 4u) << "each tenth packet";
}

TEST_F(KernelPair, ARefreshPeriodBoundsWhatIsToldAgain) {
    KernelMaster from = master({.period = 0, .refresh = 100s});
    open(1, table::FLOW_ack);
    std::size_t entries = carry(from, 100ms);
    for (int i = 0; i < 250; ++i) {
        a.packet(1, 1, 0, table::FLOW_ack, moment().table.tick, dice);
        entries += carry(from, 1s);
    }
    EXPECT_EQ(entries, 3u) << "at once, and after each hundred seconds";
}

TEST_F(KernelPair, RetriesAreToldOnTop) {
    KernelMaster from = master({.period = 0, .refresh = 100s, .retries = 2});
    open(1, table::FLOW_ack);
    std::size_t entries = carry(from, 100ms);
    for (int i = 0; i < 90; ++i) {
        a.packet(1, 1, 0, table::FLOW_ack, moment().table.tick, dice);
        entries += carry(from, 1s);
    }
    EXPECT_EQ(entries, 3u);
}

TEST_F(KernelPair, EntriesGoToTheirPortAndMessagesKeepToTheirLength) {
    const KernelTuning tuning{.ports = 2};
    a.told_packets = told_packets(tuning);
    KernelMaster from(*a.side, tuning, 7, 8 + 3 * 36, moment());
    for (std::uint16_t port = 1; port <= 40; ++port) open(port, table::FLOW_ack);
    hear_of_changes(from);
    now += 50ms;
    std::size_t entries = 0;
    std::set<std::uint32_t> ports;
    for (int i = 0; i < 3; ++i, now += 50ms)
        for (const Datagram& datagram : from.diff(moment())) {
            EXPECT_LE(datagram.bytes.size(), 8u + 3 * 36);
            entries += kernel::decode(datagram.bytes, 0).message.entries.size();
            ports.insert(datagram.port);
        }
    EXPECT_EQ(entries, 40u);
    EXPECT_EQ(ports, (std::set<std::uint32_t>{0, 1}));
}

TEST_F(KernelPair, ABackupKeepsItsOwnServerAgainstAClosingEntryAndTakesAnActiveOne) {
    KernelMaster from = master({});
    open(1, table::FLOW_ack);
    carry(from, 50ms);
    const auto placed = [&](std::uint32_t flags, std::uint16_t state, const char* server) {
        const kernel::Entry entry{.flags = flags, .state = state, .client = {Address::v4(0xc0a80001), 0x0100},
                                  .destination = {Address::v4(0xc0000201), 80}, .server = {*Address::parse(server), 8080}, .timeout_s = 60};
        (void)backup.apply(kernel::encode({.version = 1, .sync_id = 7, .entries = {entry}}), moment());
        return *b.contents(moment().table.tick).begin();
    };
    const std::string before = *b.contents(moment().table.tick).begin();
    const char* other = before.find("10.0.0.1:") == std::string::npos ? "10.0.0.1" : "10.0.0.2";
    EXPECT_EQ(placed(kernel::flag_inactive, STATE_time_wait, other), before);
    EXPECT_THAT(placed(0, STATE_established, other), testing::HasSubstr(other));
    EXPECT_EQ(known(), 1u);
}

TEST_F(KernelPair, WhatHasNoPlaceIsCountedByItsReason) {
    const auto apply = [&](kernel::Entry entry) {
        entry.client = {Address::v4(9), 9};
        (void)backup.apply(kernel::encode({.version = 1, .sync_id = 7, .entries = {entry}}), moment());
    };
    const Endpoint service{Address::v4(0xc0000201), 80};
    apply({.state = 1, .destination = {Address::v4(5), 80}, .server = {Address::v4(6), 80}});
    apply({.state = 1, .destination = service, .server = {Address::v4(6), 80}});
    apply({.flags = kernel::flag_no_client_port, .destination = service, .server = {*Address::parse("10.0.0.1"), 8080}});
    const auto count = [&](KeptOut reason) { return backup.counters().kept_out[static_cast<std::size_t>(reason)]; };
    EXPECT_EQ(count(KeptOut::no_service), 1u);
    EXPECT_EQ(count(KeptOut::no_server), 1u);
    EXPECT_EQ(count(KeptOut::not_in_table), 1u);
    EXPECT_EQ(known(), 0u);
}

TEST_F(KernelPair, ATemplateIsToldWhenMadeAndWhenRenewedWithItsWholeTime) {
    a.persist();
    b.persist();
    KernelMaster from = master({});
    a.packet(1, 1000, SimulatedDirector::persistent, table::FLOW_syn, moment().table.tick, dice);
    std::vector<kernel::Entry> entries;
    const auto hear = [&](Microseconds time) {
        for (const Microseconds end = now + time; now < end; now += 10ms) {
            hear_of_changes(from);
            for (const Datagram& datagram : from.diff(moment())) {
                for (const kernel::Entry& entry : kernel::decode(datagram.bytes, 7).message.entries) entries.push_back(entry);
                (void)backup.apply(datagram.bytes, moment());
            }
        }
    };
    hear(1s);
    ASSERT_EQ(entries.size(), 1u);  // the connection is half open
    EXPECT_EQ(entries[0].flags, kernel::flag_template | kernel::flag_inactive);
    EXPECT_EQ(entries[0].timeout_s, 300u);
    EXPECT_LT(entries[0].state, 2u);
    EXPECT_EQ(entries[0].client, (Endpoint{Address::v4(0xc0a80000), 0}));
    EXPECT_EQ(known(), 1u);
    now += 250s;
    a.packet(2, 1000, SimulatedDirector::persistent, table::FLOW_syn, moment().table.tick, dice);
    hear(1s);
    now += 250s;
    EXPECT_EQ(known(), 1u);
    now += 60s;
    EXPECT_EQ(known(), 0u);
}

TEST_F(KernelPair, WithTemplatesAloneTheirConnectionsAreNotTold) {
    a.persist();
    b.persist();
    KernelMaster from = master({});
    a.side->tell(Telling::templates);
    a.packet(1, 1000, SimulatedDirector::persistent, table::FLOW_syn, moment().table.tick, dice);
    a.packet(1, 1000, SimulatedDirector::persistent, table::FLOW_ack, moment().table.tick, dice);
    open(1, table::FLOW_ack);
    EXPECT_EQ(carry(from, 1s), 2u);
    EXPECT_EQ(known(), 2u);
}

TEST_F(KernelPair, AKernelsTemplatesFindTheirServiceAndItsServer) {
    a.persist();
    b.persist();
    const Endpoint service{Address::v4(0xc0000202), 81}, server{*Address::parse("10.0.0.1"), 8080};
    const auto apply = [&](const kernel::Entry& entry, std::uint8_t version) {
        (void)backup.apply(kernel::encode({.version = version, .sync_id = 7, .entries = {entry}}), moment());
    };
    const kernel::Entry told{.flags = kernel::flag_template | kernel::flag_inactive, .client = {Address::v4(0xc0a80100), 0}, .destination = service,
                             .server = server, .timeout_s = 100};
    apply(told, 1);
    EXPECT_EQ(known(), 1u);
    now += 100s;
    EXPECT_EQ(known(), 1u);  // through the tick it ends in
    now += 1s;
    EXPECT_EQ(known(), 0u);
    apply(told, 0);  // says no time: 180 s
    now += 180s;
    EXPECT_EQ(known(), 1u);
    kernel::Entry elsewhere = told;
    elsewhere.server = {*Address::parse("10.0.0.2"), 8080};
    apply(elsewhere, 1);
    EXPECT_EQ(known(), 1u);
    EXPECT_THAT(*b.contents(moment().table.tick).begin(), testing::HasSubstr("10.0.0.2:8080"));
}

TEST_F(KernelPair, WhatABackupHeardIsNotToldBackByTheMasterBesideIt) {
    KernelMaster from = master({});
    open(1, table::FLOW_ack);
    KernelMaster beside(*b.side, {}, 8, 1472, moment());
    hear_of_changes(from);
    now += 30ms;
    (void)from.diff(moment());
    now += 30ms;
    for (const Datagram& datagram : from.diff(moment()))
        for (const Placed& placed : backup.apply(datagram.bytes, moment())) beside.know(placed);
    now += 30s;
    EXPECT_THAT(beside.diff(moment()), IsEmpty());
}

}  // namespace
}  // namespace lvx::sync
