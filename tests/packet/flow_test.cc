// Connections of TCP and UDP in both directions and both families: what comes out, and what is counted.
#include "tests/packet/packet_test.hh"

namespace lvx::test {
namespace {

using FlowTest = PacketTest;

TEST_P(FlowTest, SendsAFirstSynToAServerAndItsReplyBackFromTheVirtualAddress) {
    for (const Family family : families) {
        const Addresses all = addresses(family);
        configure(cluster({service(family, model::Protocol::tcp, "rr", 1)}));
        const Packet opening = request(family, syn), answer = reply(family, syn | ack, 0);

        const Outcome in = run(opening);
        EXPECT_EQ(in.verdict, VERDICT_request_opened);
        EXPECT_EQ(in.frame, build_frame(as_sent_to(opening, all.servers[0], server_port)));
        EXPECT_EQ(in.action, Action::redirected);

        const Outcome out = run(answer);
        EXPECT_EQ(out.verdict, VERDICT_reply_sent);
        EXPECT_EQ(out.frame, build_frame(as_sent_back(answer, all.virtual_address, service_port)));

        const Packet more = request(family, ack);
        const Outcome again = run(more);
        EXPECT_EQ(again.verdict, VERDICT_request_sent);
        EXPECT_EQ(again.frame, build_frame(as_sent_to(more, all.servers[0], server_port)));
    }
}

TEST_P(FlowTest, SendsDatagramsBothWays) {
    for (const Family family : families) {
        const Addresses all = addresses(family);
        configure(cluster({service(family, model::Protocol::udp, "rr", 1)}));
        const Outcome in = run(datagram(family));
        EXPECT_EQ(in.verdict, VERDICT_request_opened);
        EXPECT_EQ(in.frame, build_frame(as_sent_to(datagram(family), all.servers[0], server_port)));
        const Outcome out = run(datagram_reply(family, 0));
        EXPECT_EQ(out.verdict, VERDICT_reply_sent);
        EXPECT_EQ(out.frame, build_frame(as_sent_back(datagram_reply(family, 0), all.virtual_address, service_port)));
        EXPECT_EQ(run(datagram(family)).verdict, VERDICT_request_sent);
    }
}

TEST_P(FlowTest, LeavesADatagramWithoutChecksumWithoutOne) {
    configure(cluster({service(Family::v4, model::Protocol::udp, "rr", 1)}));
    Packet packet = datagram(Family::v4);
    std::get<Udp>(packet.transport).checksum = UdpChecksum::none;
    EXPECT_EQ(run(packet).frame, build_frame(as_sent_to(packet, address("10.0.0.2"), server_port)));
}

TEST_P(FlowTest, StepsOverOptionsAndExtensionHeaders) {
    configure(cluster({service(Family::v4, model::Protocol::tcp, "rr", 1), service(Family::v6, model::Protocol::tcp, "rr", 1)}));
    Packet with_options = request(Family::v4, syn);
    with_options.options = Bytes(40, 1);
    std::get<Tcp>(with_options.transport).options = {2, 4, 5, 0xb4};
    with_options.payload = Bytes(301, 'x');
    const Outcome four = run(with_options);
    EXPECT_EQ(four.verdict, VERDICT_request_opened);
    EXPECT_EQ(four.frame, build_frame(as_sent_to(with_options, address("10.0.0.2"), server_port)));

    Packet extended = request(Family::v6, syn);
    extended.extensions = {options_extension(0, 1), options_extension(60, 3), routing_extension(0)};
    const Outcome six = run(extended);
    EXPECT_EQ(six.verdict, VERDICT_request_opened);
    EXPECT_EQ(six.frame, build_frame(as_sent_to(extended, address("2001:db8:10::2"), server_port)));
}

TEST_P(FlowTest, KeepsThePacketsPortWhereTheServerNamesNone) {
    model::Service any_port = service(Family::v4, model::Protocol::tcp, "rr", 1);
    any_port.servers[0].endpoint.port = 0;
    configure(cluster({any_port}));
    const Packet opening = request(Family::v4, syn);
    EXPECT_EQ(run(opening).frame, build_frame(as_sent_to(opening, address("10.0.0.2"), service_port)));
}

TEST_P(FlowTest, LeavesByTheNextHopsInterface) {
    configure(cluster({service(Family::v4, model::Protocol::tcp, "rr", 1)}));
    fixture.route_servers(nexthop_other);
    EXPECT_EQ(run(request(Family::v4, syn)).action, Action::redirected);
}

TEST_P(FlowTest, CountsLayerThreeBytesForServiceAndServer) {
    const model::Service one = service(Family::v4, model::Protocol::tcp, "rr", 1);
    configure(cluster({one}));
    const std::uint32_t service_row = fixture.service_id(one.key);
    const std::uint32_t server_row = fixture.server_id(one.key, {address("10.0.0.2"), server_port});
    const abi::traffic_counter service_before = fixture.service_traffic(service_row);
    const abi::traffic_counter server_before = fixture.server_traffic(server_row);
    Packet opening = request(Family::v4, syn);
    opening.padded_to = 60;
    run(opening);
    run(request(Family::v4, ack));
    run(reply(Family::v4, ack, 0));
    for (const auto& [before, after] : {std::pair{service_before, fixture.service_traffic(service_row)},
                                        std::pair{server_before, fixture.server_traffic(server_row)}}) {
        EXPECT_EQ(after.connections - before.connections, 1);
        EXPECT_EQ(after.in_packets - before.in_packets, 2);
        EXPECT_EQ(after.in_bytes - before.in_bytes, 80);
        EXPECT_EQ(after.out_packets - before.out_packets, 1);
        EXPECT_EQ(after.out_bytes - before.out_bytes, 40);
    }
}

TEST_P(FlowTest, MovesAConnectionThroughItsStatesAndItsGauges) {
    const model::Service one = service(Family::v4, model::Protocol::tcp, "rr", 1);
    configure(cluster({one}));
    const auto& load = fixture.loads[fixture.server_id(one.key, {address("10.0.0.2"), server_port})];
    const auto expect_state = [&](std::uint32_t state, std::uint32_t active) {
        ASSERT_EQ(fixture.live().size(), 1);
        EXPECT_EQ(fixture.live()[0].control >> abi::CONTROL_STATE_SHIFT & 0xf, state);
        EXPECT_EQ(load.active, active);
        EXPECT_EQ(load.total, 1);
    };
    run(request(Family::v4, syn));
    expect_state(STATE_syn_recv, 1);
    run(reply(Family::v4, syn | ack, 0));
    run(request(Family::v4, ack));
    expect_state(STATE_established, 1);
    run(request(Family::v4, fin | ack));
    expect_state(STATE_close_wait, 0);
    run(reply(Family::v4, fin | ack, 0));
    expect_state(STATE_time_wait, 0);
}

TEST_P(FlowTest, SchedulesASynAnewWhenItsConnectionIsOver) {
    configure(cluster({service(Family::v4, model::Protocol::tcp, "rr", 2)}));
    EXPECT_EQ(destination_of(run(request(Family::v4, syn)).frame), address("10.0.0.2"));
    EXPECT_EQ(destination_of(run(request(Family::v4, syn)).frame), address("10.0.0.2"));  // a retransmission
    run(request(Family::v4, ack));
    run(request(Family::v4, fin | ack));
    run(reply(Family::v4, fin | ack, 0));  // TIME_WAIT
    const Outcome again = run(request(Family::v4, syn));
    EXPECT_EQ(again.verdict, VERDICT_request_opened);
    EXPECT_EQ(destination_of(again.frame), address("10.0.0.3"));
    EXPECT_EQ(fixture.live().size(), 1);
}

// The hint says where to look first and changes no answer, whether or not it is true.
TEST_P(FlowTest, FindsEveryConnectionWhetherOrNotTheTableIsCalledSparse) {
    configure(cluster({service(Family::v4, model::Protocol::tcp, "rr", 2)}));
    const auto from = [](std::uint16_t port, std::uint8_t flags) {
        Packet packet = request(Family::v4, flags);
        std::get<Tcp>(packet.transport).source_port = port;
        return packet;
    };
    constexpr std::uint16_t first = 2000, last = 2300;  // of 512 slots: more than half of them do not get what they like
    for (const std::uint32_t sparse : {1u, 0u}) {
        fixture.root().sparse = sparse;
        for (std::uint16_t port = first; port < last; ++port) {
            const Outcome outcome = run(from(port, syn));
            EXPECT_EQ(outcome.verdict, sparse ? VERDICT_request_opened : VERDICT_request_sent) << port;
        }
        EXPECT_EQ(fixture.live().size(), std::size_t{last - first});
    }
    fixture.root().sparse = 1;
    for (std::uint16_t port = first; port < last; ++port)
        EXPECT_EQ(run(from(port, ack)).verdict, VERDICT_request_sent) << port;
}

TEST_P(FlowTest, ForgetsAConnectionWhoseTimeHasCome) {
    configure(cluster({service(Family::v4, model::Protocol::tcp, "rr", 2)}));
    run(request(Family::v4, syn));
    run(request(Family::v4, ack));
    fixture.age(100000);
    EXPECT_EQ(run(request(Family::v4, ack)).verdict, VERDICT_unknown_flow);
    EXPECT_EQ(run(reply(Family::v4, ack, 0)).verdict, VERDICT_unknown_reply);
}

TEST_P(FlowTest, RefreshesAConnectionWithEveryTick) {
    configure(cluster({service(Family::v4, model::Protocol::udp, "rr", 1)}));
    run(datagram(Family::v4));
    const auto expires = [&] { return static_cast<std::uint32_t>(fixture.live().at(0).control); };
    const std::uint32_t first = expires();
    fixture.age(5);
    run(datagram(Family::v4));
    EXPECT_GE(expires(), first);
    fixture.age(5);
    run(datagram_reply(Family::v4, 0));
    EXPECT_GE(expires(), first);
}

TEST_P(FlowTest, SendsAServerThatIsItselfAClientToAnother) {
    model::Service one = service(Family::v4, model::Protocol::tcp, "rr", 2);
    configure(cluster({one}));
    Packet from_server = request(Family::v4, syn);
    from_server.source = address("10.0.0.3");
    const Outcome outcome = run(from_server);
    EXPECT_EQ(outcome.verdict, VERDICT_request_opened);
    EXPECT_EQ(destination_of(outcome.frame), address("10.0.0.2"));
}

TEST_P(FlowTest, AnswersAClientThatHasAVirtualAddress) {
    model::Service one = service(Family::v4, model::Protocol::tcp, "rr", 1);
    model::Service two = one;
    two.key.address = address("192.168.88.24");
    configure(cluster({one, two}));
    Packet opening = request(Family::v4, syn), answer = reply(Family::v4, syn | ack, 0);
    opening.source = two.key.address;
    answer.destination = two.key.address;
    EXPECT_EQ(run(opening).verdict, VERDICT_request_opened);
    const Outcome outcome = run(answer);
    EXPECT_EQ(outcome.verdict, VERDICT_reply_sent);
    EXPECT_EQ(outcome.frame, build_frame(as_sent_back(answer, address("192.168.88.23"), service_port)));
}

INSTANTIATE_TEST_SUITE_P(BothHooks, FlowTest, testing::Values(Hook::xdp, Hook::tc),
                         [](const auto& hook) { return hook.param == Hook::xdp ? "xdp" : "tc"; });

}  // namespace
}  // namespace lvx::test
