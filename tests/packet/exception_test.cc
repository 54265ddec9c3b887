// What is not simply sent: passed, answered, dropped.  Every verdict of the list is reached here or in flow_test.cc.
#include <atomic>
#include <chrono>
#include <thread>

#include "abi/connection.h"
#include "tests/packet/packet_test.hh"

namespace lvx::test {
namespace {

using ExceptionTest = PacketTest;

TEST_P(ExceptionTest, PassesUntouchedWhatIsNotOurs) {
    configure(both_services());
    const auto expect_pass = [&](const Bytes& frame, ::verdict verdict) {
        const Outcome outcome = run(frame);
        EXPECT_EQ(outcome.verdict, verdict);
        EXPECT_EQ(outcome.action, Action::passed);
        EXPECT_EQ(outcome.frame, frame);
    };
    Bytes arp(60, 0);
    std::copy(director_mac.begin(), director_mac.end(), arp.begin());
    arp[12] = 8, arp[13] = 6;
    expect_pass(arp, VERDICT_not_ip);
    Packet foreign = request(Family::v4, syn);
    foreign.destination_mac = {2, 0, 0, 0, 0, 9};
    expect_pass(build_frame(foreign), VERDICT_other_station);
    foreign.destination_mac = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    expect_pass(build_frame(foreign), VERDICT_other_station);
    Packet elsewhere = request(Family::v6, syn);
    elsewhere.destination = address("2001:db8::9");
    expect_pass(build_frame(elsewhere), VERDICT_not_ours);
    Packet other_port = request(Family::v4, syn);
    std::get<Tcp>(other_port.transport).destination_port = 22;
    expect_pass(build_frame(other_port), VERDICT_not_ours);
    Packet ping = request(Family::v4, 0);
    ping.transport = Icmp{};
    expect_pass(build_frame(ping), VERDICT_other_protocol);
    ping.transport = Other{.protocol = 47};
    expect_pass(build_frame(ping), VERDICT_other_protocol);
    for (const Family family : families) {
        expect_pass(build_frame(request(family, ack)), VERDICT_unknown_flow);
        expect_pass(build_frame(request(family, syn | rst)), VERDICT_unknown_flow);
        expect_pass(build_frame(reply(family, ack, 1)), VERDICT_unknown_reply);
    }
    Packet server_ping = reply(Family::v4, 0, 0);
    server_ping.transport = Icmp{};
    expect_pass(build_frame(server_ping), VERDICT_unknown_reply);
    EXPECT_TRUE(fixture.live().empty());
}

TEST_P(ExceptionTest, PassesWhatComesInByAnUnknownInterface) {
    configure(both_services());
    fixture.interfaces[1].ifindex = 0;
    EXPECT_EQ(run(request(Family::v4, syn)).verdict, VERDICT_unknown_interface);
}

TEST_P(ExceptionTest, FindsAnInterfaceUpToThreePlacesOn) {
    configure(both_services());
    fixture.interfaces[4] = fixture.interfaces[1];
    fixture.interfaces[1].ifindex = 1025;
    EXPECT_EQ(run(request(Family::v4, syn)).verdict, VERDICT_request_opened);
}

TEST_P(ExceptionTest, DropsWhatItsReceiverCouldNotRead) {
    configure(both_services());
    const auto verdict_of = [&](Bytes frame) { return run(frame).verdict; };
    Bytes four = build_frame(request(Family::v4, syn)), six = build_frame(request(Family::v6, syn));
    Bytes changed = four;
    changed[14] = 0x44;  // a header of 16 bytes
    EXPECT_EQ(verdict_of(changed), VERDICT_bad_ipv4);
    changed = six;
    changed[14] = 0x40;
    EXPECT_EQ(verdict_of(changed), VERDICT_bad_ipv6);
    changed = four;
    changed[46] = 0x40;  // TCP: a header of 16 bytes
    EXPECT_EQ(verdict_of(changed), VERDICT_bad_tcp);
    changed = build_frame(datagram(Family::v4));
    changed[39] = 4;  // UDP: a length below its header's
    EXPECT_EQ(verdict_of(changed), VERDICT_bad_udp);
    changed = Bytes(14, 0);
    changed[12] = 0x81;  // a tag that is cut off
    EXPECT_EQ(verdict_of(changed), VERDICT_bad_ethernet);
}

TEST_P(ExceptionTest, AnswersPortUnreachableWhereNoServerIsUsable) {
    for (const Family family : families) {
        const Addresses all = addresses(family);
        configure(cluster({service(family, model::Protocol::tcp, "rr", 0), service(family, model::Protocol::udp, "wlc", 0)}));
        for (const Packet& packet : {request(family, syn), datagram(family)}) {
            const Outcome outcome = run(packet);
            EXPECT_EQ(outcome.verdict, VERDICT_no_server);
            EXPECT_EQ(outcome.action, Action::redirected);
            EXPECT_EQ(frame_fault(outcome.frame), std::nullopt);
            EXPECT_EQ(destination_of(outcome.frame), all.client);
            const std::size_t icmp = family == Family::v4 ? 34 : 54;
            EXPECT_EQ(outcome.frame[icmp], family == Family::v4 ? 3 : 1);
            EXPECT_EQ(outcome.frame[icmp + 1], family == Family::v4 ? 3 : 4);
            // Quoted: the header as it came, and at least eight bytes behind it.
            const Bytes quoted = build_network(packet);
            const std::size_t enough = (family == Family::v4 ? 20 : 40) + 8;
            ASSERT_GE(outcome.frame.size(), icmp + 8 + enough);
            EXPECT_TRUE(std::equal(quoted.begin(), quoted.begin() + static_cast<std::ptrdiff_t>(enough),
                                   outcome.frame.begin() + static_cast<std::ptrdiff_t>(icmp) + 8));
        }
    }
}

TEST_P(ExceptionTest, IsSilentWhereNoAnswerMayBeGiven) {
    configure(cluster({service(Family::v4, model::Protocol::tcp, "rr", 0)}));
    Packet packet = request(Family::v4, syn);
    packet.source = address("224.0.0.5");
    const Outcome outcome = run(packet);
    EXPECT_EQ(outcome.verdict, VERDICT_no_server_silent);
    EXPECT_EQ(outcome.action, Action::dropped);
}

TEST_P(ExceptionTest, GivesNothingToServersOfWeightZeroAndKeepsTheirConnections) {
    model::Service one = service(Family::v4, model::Protocol::tcp, "rr", 1);
    configure(cluster({one}));
    run(request(Family::v4, syn));
    one.servers[0].weight = 0;
    configure(cluster({one}));
    EXPECT_EQ(run(request(Family::v4, ack)).verdict, VERDICT_request_sent);
    Packet another = request(Family::v4, syn);
    std::get<Tcp>(another.transport).source_port = 40001;
    EXPECT_EQ(run(another).verdict, VERDICT_no_server);
}

TEST_P(ExceptionTest, DropsForARemovedServerButLetsItsRepliesOut) {
    model::Service one = service(Family::v4, model::Protocol::tcp, "rr", 1);
    const model::Service before = one;
    configure(cluster({one}));
    run(request(Family::v4, syn));
    one.servers.clear();
    configure(cluster({one}));
    const Outcome outcome = run(request(Family::v4, ack));
    EXPECT_EQ(outcome.verdict, VERDICT_server_gone);
    EXPECT_EQ(outcome.action, Action::dropped);
    configure(cluster({before}));
    EXPECT_EQ(run(request(Family::v4, ack)).verdict, VERDICT_request_sent);
}

TEST_P(ExceptionTest, AnswersTimeExceededWhereTheLastHopIsThisOne) {
    for (const Family family : families) {
        configure(cluster({service(family, model::Protocol::tcp, "rr", 1)}));
        Packet packet = request(family, syn);
        packet.ttl = 1;
        const Outcome in = run(packet);
        EXPECT_EQ(in.verdict, VERDICT_ttl_expired);
        EXPECT_EQ(in.frame[family == Family::v4 ? 34 : 54], family == Family::v4 ? 11 : 3);
        EXPECT_EQ(frame_fault(in.frame), std::nullopt);
        EXPECT_EQ(destination_of(in.frame), addresses(family).client);
        packet.ttl = 2;
        EXPECT_EQ(run(packet).verdict, VERDICT_request_sent);
        Packet answer = reply(family, ack, 0);
        answer.ttl = 1;
        const Outcome out = run(answer);
        EXPECT_EQ(out.verdict, VERDICT_ttl_expired);
        EXPECT_EQ(destination_of(out.frame), addresses(family).servers[0]);
        EXPECT_EQ(frame_fault(out.frame), std::nullopt);
    }
}

TEST_P(ExceptionTest, SaysHowMuchFitsWhereAPacketIsTooLarge) {
    for (const Family family : families) {
        configure(cluster({service(family, model::Protocol::tcp, "rr", 1)}));
        run(request(family, syn));
        fixture.nexthops[nexthop_same].mtu = 1400;
        Packet packet = request(family, ack);
        packet.payload = Bytes(1400 - (family == Family::v4 ? 40 : 60), 'x');
        EXPECT_EQ(run(packet).verdict, VERDICT_request_sent);
        packet.payload.push_back('x');
        const Outcome in = run(packet);
        EXPECT_EQ(in.verdict, VERDICT_too_big);
        EXPECT_EQ(frame_fault(in.frame), std::nullopt);
        const std::size_t icmp = family == Family::v4 ? 34 : 54;
        EXPECT_EQ(in.frame[icmp], family == Family::v4 ? 3 : 2);
        EXPECT_EQ(in.frame[icmp + 6] << 8 | in.frame[icmp + 7], 1400);

        fixture.interfaces[1].mtu = 1300;
        Packet answer = reply(family, ack, 0);
        answer.payload = Bytes(1300, 'y');
        const Outcome out = run(answer);
        EXPECT_EQ(out.verdict, VERDICT_too_big);
        EXPECT_EQ(destination_of(out.frame), addresses(family).servers[0]);
        EXPECT_EQ(frame_fault(out.frame), std::nullopt);
        fixture.nexthops[nexthop_same].mtu = 1500;
        fixture.interfaces[1].mtu = 1500;
    }
}

TEST_P(ExceptionTest, LeavesALargePacketThatMayBeFragmentedToTheKernel) {
    configure(cluster({service(Family::v4, model::Protocol::udp, "rr", 1)}));
    fixture.nexthops[nexthop_same].mtu = 600;
    Packet packet = datagram(Family::v4);
    packet.dont_fragment = false;
    packet.payload = Bytes(1000, 'x');
    const Outcome outcome = run(packet);
    EXPECT_EQ(outcome.verdict, VERDICT_request_opened);
    EXPECT_EQ(outcome.action, Action::passed);
    EXPECT_EQ(destination_of(outcome.frame), address("10.0.0.2"));
    EXPECT_EQ(frame_fault(outcome.frame), std::nullopt);
}

TEST_P(ExceptionTest, JudgesASuperFrameByItsSegments) {
    if (GetParam() == Hook::xdp) return;  // there are none
    configure(cluster({service(Family::v4, model::Protocol::tcp, "rr", 1)}));
    run(request(Family::v4, syn));
    Packet packet = request(Family::v4, ack);
    packet.payload = Bytes(3000, 'x');
    EXPECT_EQ(run(build_frame(packet), {.gso_size = 1460}).verdict, VERDICT_request_sent);
    EXPECT_EQ(run(build_frame(packet), {.gso_size = 1461}).verdict, VERDICT_too_big);
}

TEST_P(ExceptionTest, DropsFirstFragmentsOfServicesAndPassesTheRest) {
    configure(both_services());
    Packet packet = datagram(Family::v4);
    packet.dont_fragment = false;
    packet.fragment = Fragment{.offset = 0, .more = true};
    packet.payload = Bytes(64, 'x');
    EXPECT_EQ(run(packet).verdict, VERDICT_fragment);
    packet.fragment = Fragment{.offset = 64, .more = false};
    EXPECT_EQ(run(packet).verdict, VERDICT_unknown_flow);
    Packet answer = datagram_reply(Family::v4, 0);
    answer.fragment = Fragment{.offset = 0, .more = true};
    answer.payload = Bytes(64, 'x');
    EXPECT_EQ(run(answer).verdict, VERDICT_unknown_reply);
    EXPECT_TRUE(fixture.live().empty());
    run(datagram(Family::v4));
    EXPECT_EQ(run(answer).verdict, VERDICT_fragment);
}

TEST_P(ExceptionTest, SaysWhenTheTableHasNoPlace) {
    configure(both_services());
    const std::uint32_t far = fixture.tick() + 1000;
    // Every slot is another connection's: live, and of a client nobody looks for.
    for (std::size_t at = 0; at < fixture.connections.rows.size(); ++at) {
        fixture.connections[at].control = std::uint64_t{abi::SLOT_claimed} << abi::CONTROL_STATUS_SHIFT | far;
        fixture.tags[at / SLOTS_PER_BUCKET].tags[at % SLOTS_PER_BUCKET] = 0x8001;
    }
    EXPECT_EQ(run(request(Family::v4, syn)).verdict, VERDICT_table_full);
}

TEST_P(ExceptionTest, NoticesWhenASlotChangesHandsWhileItIsRead) {
    if (std::thread::hardware_concurrency() < 2) return;  // nobody else can change it on one CPU
    configure(both_services());
    run(request(Family::v4, syn));
    run(request(Family::v4, ack));
    const auto slot = std::ranges::find_if(fixture.connections.rows, [](const auto& each) { return each.control != 0; });
    std::atomic_ref control(slot->control);
    const std::uint64_t first = control.load(), second = first + (std::uint64_t{1} << abi::CONTROL_GENERATION_SHIFT);
    std::jthread other_owner([&](const std::stop_token& stop) {
        while (!stop.stop_requested()) control.store(second), control.store(first);
    });
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes{1};
    while (run(request(Family::v4, ack)).verdict != VERDICT_contended)
        ASSERT_LT(std::chrono::steady_clock::now(), deadline);
}

TEST_P(ExceptionTest, ReusesTheSlotsOfExpiredConnections) {
    configure(both_services());
    for (int round = 0; round < 2; ++round) {
        for (Port port = 0; port < 300; ++port) {
            Packet packet = request(Family::v4, syn);
            std::get<Tcp>(packet.transport).source_port = static_cast<Port>(1000 + 300 * round + port);
            EXPECT_EQ(run(packet).verdict, VERDICT_request_opened);
        }
        EXPECT_EQ(fixture.live().size(), 300);
        fixture.age(100000);
    }
}

TEST_P(ExceptionTest, SendsOneClientPortToOneServerByOneAddressOnly) {
    model::Service one = service(Family::v4, model::Protocol::tcp, "rr", 2), two = one;
    two.key.address = address("192.168.88.24");
    configure(cluster({one, two}));
    Packet by_second = request(Family::v4, syn);
    by_second.destination = two.key.address;
    const Address first = destination_of(run(request(Family::v4, syn)).frame);
    EXPECT_NE(destination_of(run(by_second).frame), first);  // rr would have begun with the same one
    two.servers = {{.endpoint = {first, server_port}}};
    two.key.address = address("192.168.88.25");
    configure(cluster({one, two}));
    by_second.destination = two.key.address;
    EXPECT_EQ(run(by_second).verdict, VERDICT_reply_ambiguous);
}

TEST_P(ExceptionTest, SaysWhenANextHopIsNotKnown) {
    configure(both_services());
    fixture.route_servers(nexthop_unknown);
    EXPECT_EQ(run(request(Family::v4, syn)).verdict, VERDICT_no_neighbour);
}

TEST_P(ExceptionTest, LooksTheWayBackUpWhenRoutesHaveChangedAndGoesTheOldOneWhenUnsure) {
    configure(both_services());
    run(request(Family::v4, syn));
    fixture.root().client_generation = 7;
    // The namespace has no route at all, and forwarding is off.
    EXPECT_EQ(run(reply(Family::v4, ack, 0)).verdict, VERDICT_reply_sent);
    EXPECT_EQ(fixture.live().at(0).return_generation, 7);
    fixture.root().client_generation = 8;
    for (auto& slot : fixture.connections.rows) slot.return_ifindex = 0;
    EXPECT_EQ(run(reply(Family::v4, ack, 0)).verdict, VERDICT_no_route);
}

TEST_P(ExceptionTest, SaysWhenATableNamesWhatDoesNotExist) {
    configure(both_services());
    run(request(Family::v4, syn));
    for (auto& slot : fixture.connections.rows) slot.server = 100000;
    EXPECT_EQ(run(request(Family::v4, ack)).verdict, VERDICT_inconsistent);
    for (auto& slot : fixture.connections.rows) slot.server = 0;
    fixture.forget_connections();
}

TEST_P(ExceptionTest, KeepsChangesAndRemovesTags) {
    configure(both_services());
    Packet packet = request(Family::v4, syn);
    packet.tags = {Tag{.vlan = 5, .priority = 3}};
    const Packet sent = as_sent_to(packet, address("10.0.0.2"), server_port);
    if (GetParam() == Hook::tc) return;  // there the kernel holds the tag beside the data; tests/cluster sees it
    fixture.nexthops[nexthop_same].vlan = 5;
    EXPECT_EQ(run(packet).frame, build_frame(sent));
    fixture.nexthops[nexthop_same].vlan = 6;
    Packet retagged = sent;
    retagged.tags[0].vlan = 6;
    EXPECT_EQ(run(packet).frame, build_frame(retagged));
    fixture.nexthops[nexthop_same].vlan = 0;
    Packet untagged = sent;
    untagged.tags.clear();
    EXPECT_EQ(run(packet).frame, build_frame(untagged));
    // Back to the client by the VLAN it came from.
    const Outcome out = run(reply(Family::v4, ack, 0));
    Packet back = as_sent_back(reply(Family::v4, ack, 0), address("192.168.88.23"), service_port);
    back.tags = {Tag{.vlan = 5}};
    EXPECT_EQ(out.frame, build_frame(back));
}

TEST_P(ExceptionTest, RefusesToGuessWhichOfTwoTagsToChange) {
    configure(both_services());
    fixture.nexthops[nexthop_same].vlan = 9;
    Packet packet = request(Family::v4, syn);
    packet.tags = {Tag{.type = 0x88a8, .vlan = 5}, Tag{.vlan = 6}};
    EXPECT_EQ(run(packet).verdict, VERDICT_frame_refused);
}

INSTANTIATE_TEST_SUITE_P(BothHooks, ExceptionTest, testing::Values(Hook::xdp, Hook::tc),
                         [](const auto& hook) { return hook.param == Hook::xdp ? "xdp" : "tc"; });

}  // namespace
}  // namespace lvx::test
