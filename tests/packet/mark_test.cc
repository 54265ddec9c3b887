// Services of firewall marks: first packets by member, replies, one server for a client whatever port and protocol it asks.
#include "bpf/table/template.h"
#include "tests/packet/packet_test.hh"

namespace lvx::test {
namespace {

constexpr std::uint32_t mark = 7;

class MarkTest : public PacketTest {
 protected:
    static model::Service marked(Family family, std::size_t servers) {
        model::Service one = service(family, model::Protocol::tcp, "rr", servers);
        one.key = model::mark_key(mark, family);
        for (model::Server& server : one.servers) server.endpoint.port = 0;
        return one;
    }
    static model::Service sticky(Family family, std::size_t servers) {
        model::Service one = marked(family, servers);
        one.persistence = model::Persistence{.timeout = std::chrono::seconds{300}, .prefix = static_cast<std::uint8_t>(family == Family::v4 ? 32 : 128)};
        return one;
    }
    static model::MarkMember member(Family family, model::Protocol protocol, Port port) {
        return {.mark = mark, .protocol = protocol, .address = addresses(family).virtual_address, .first_port = port, .last_port = port, .source = "test"};
    }
    static model::Cluster with(std::vector<model::Service> services, model::MarkMembers members) {
        model::Cluster result = cluster(std::move(services));
        result.marks = std::move(members);
        return result;
    }
    Outcome opened(Family family, Port from, Port to) {
        Packet packet = request(family, syn);
        packet.transport = Tcp{.source_port = from, .destination_port = to, .flags = syn};
        return run(packet);
    }
    Outcome datagram_to(Family family, Port from, Port to) {
        Packet packet = datagram(family);
        packet.transport = Udp{.source_port = from, .destination_port = to};
        return run(packet);
    }
    std::vector<abi::connection> templates() const {
        std::vector<abi::connection> result;
        for (const abi::connection& slot : fixture.live())
            if (slot.flags & abi::CONNECTION_TEMPLATE) result.push_back(slot);
        return result;
    }
};

TEST_P(MarkTest, AMembersPacketGoesToAServerOnItsOwnPortAndTheReplyComesFromTheMember) {
    for (const Family family : families) {
        const Addresses all = addresses(family);
        configure(with({marked(family, 1)}, {member(family, model::Protocol::tcp, service_port)}));
        const Packet opening = request(family, syn);
        const Outcome in = run(opening);
        EXPECT_EQ(in.verdict, VERDICT_request_opened);
        EXPECT_EQ(in.frame, build_frame(as_sent_to(opening, all.servers[0], service_port)));
        Packet answer = reply(family, syn | ack, 0);
        answer.transport = Tcp{.source_port = service_port, .destination_port = client_port, .flags = syn | ack};
        const Outcome out = run(answer);
        EXPECT_EQ(out.verdict, VERDICT_reply_sent);
        EXPECT_EQ(out.frame, build_frame(as_sent_back(answer, all.virtual_address, service_port)));
        EXPECT_EQ(run(request(family, ack)).verdict, VERDICT_request_sent);
        EXPECT_EQ(opened(family, 40001, 81).verdict, VERDICT_not_ours);
        fixture.forget_connections();
    }
}

TEST_P(MarkTest, AServersOwnPortIsUsedUnlessTheServiceIsPersistent) {
    model::Service one = marked(Family::v4, 1);
    one.servers[0].endpoint.port = server_port;
    const model::MarkMembers members{member(Family::v4, model::Protocol::tcp, service_port)};
    configure(with({one}, members));
    EXPECT_EQ(run(request(Family::v4, syn)).frame, build_frame(as_sent_to(request(Family::v4, syn), address("10.0.0.2"), server_port)));
    one.persistence = model::Persistence{};
    configure(with({one}, members));
    Packet next = request(Family::v4, syn);
    next.transport = Tcp{.source_port = 40001, .destination_port = service_port, .flags = syn};
    const Outcome sent = run(next);
    EXPECT_EQ(sent.verdict, VERDICT_request_opened);
    EXPECT_EQ(sent.frame, build_frame(as_sent_to(next, address("10.0.0.2"), service_port)));
}

TEST_P(MarkTest, MembersShareOneSequenceOneGaugeAndWhatIsCounted) {
    const model::Service one = marked(Family::v4, 3);
    configure(with({one}, {member(Family::v4, model::Protocol::tcp, 80), member(Family::v4, model::Protocol::tcp, 443),
                           member(Family::v4, model::Protocol::udp, 53)}));
    std::set<Address> chosen;
    chosen.insert(destination_of(opened(Family::v4, 40000, 80).frame));
    chosen.insert(destination_of(opened(Family::v4, 40001, 443).frame));
    chosen.insert(destination_of(datagram_to(Family::v4, 40002, 53).frame));
    EXPECT_EQ(chosen.size(), 3u);
    for (const model::Server& server : one.servers) EXPECT_EQ(fixture.loads[fixture.server_id(one.key, server.endpoint)].total, 1u);
}

TEST_P(MarkTest, AClientKeepsItsServerAcrossPortsAndProtocols) {
    for (const Family family : families) {
        const model::Service one = sticky(family, 3);
        configure(with({one}, {member(family, model::Protocol::tcp, 80), member(family, model::Protocol::tcp, 443), member(family, model::Protocol::udp, 53)}));
        const Address first = destination_of(opened(family, 40000, 80).frame);
        EXPECT_EQ(destination_of(opened(family, 40001, 443).frame), first);
        EXPECT_EQ(destination_of(datagram_to(family, 40002, 53).frame), first);
        Packet other = request(family, syn);
        other.source = addresses(family).other_client;
        EXPECT_NE(destination_of(run(other).frame), first);
        const Packet more = request(family, ack);
        EXPECT_EQ(run(more).frame, build_frame(as_sent_to(more, first, service_port)));
        ASSERT_EQ(templates().size(), 2u);
        const abi::connection slot = templates()[0];
        EXPECT_EQ(slot.protocol, 0);
        EXPECT_EQ(slot.virtual_port, 0);
        EXPECT_EQ(slot.server_port, 0);
        EXPECT_EQ(slot.service, fixture.service_id(one.key));
        fixture.forget_connections();
    }
}

TEST_P(MarkTest, ALiveConnectionOfAMemberKeepsTheTemplateOfTheMark) {
    configure(with({sticky(Family::v4, 3)}, {member(Family::v4, model::Protocol::tcp, 80)}));
    const Address first = destination_of(opened(Family::v4, 40000, 80).frame);
    run(request(Family::v4, ack));
    const table::table view{.tags = fixture.tags.rows.data(), .slots = fixture.connections.rows.data(), .services = fixture.services.rows.data(),
                            .servers = fixture.servers.rows.data(), .loads = fixture.loads.rows.data(), .marks = nullptr, .mark_lines = nullptr,
                            .listener = nullptr, .seed = {0x0123456789abcdef, 0xfedcba9876543210}, .buckets = fixture.sizes().buckets,
                            .max_services = fixture.sizes().services, .max_servers = fixture.sizes().servers, .zero = 0};
    ASSERT_EQ(templates().size(), 1u);
    const std::uint32_t life = table::control_expires(templates()[0].control) - fixture.tick();
    fixture.age(static_cast<std::int32_t>(life) - 1);
    for (const abi::connection& slot : fixture.connections.rows)
        if (table::control_live(slot.control, fixture.tick()) && !(slot.flags & abi::CONNECTION_TEMPLATE))
            table::template_sustain(&view, &slot, slot.control, fixture.root().active_set, fixture.tick());
    ASSERT_EQ(templates().size(), 1u);
    EXPECT_GT(table::control_expires(templates()[0].control) - fixture.tick(), 30u);
    EXPECT_EQ(destination_of(opened(Family::v4, 40009, 80).frame), first);
}

TEST_P(MarkTest, AMarkWinsOverTheServiceOfTheAddressAlsoWithAnyPort) {
    const model::Service by_address = service(Family::v4, model::Protocol::tcp, "rr", 1);
    model::Service by_mark = marked(Family::v4, 3);
    by_mark.servers.erase(by_mark.servers.begin() + 2);  // not the one that the other has
    for (const Port port : {service_port, Port{0}}) {
        configure(with({by_address, by_mark}, {member(Family::v4, model::Protocol::tcp, port)}));
        EXPECT_NE(destination_of(run(request(Family::v4, syn)).frame), address("10.0.0.2"));
        fixture.forget_connections();
    }
    EXPECT_EQ(opened(Family::v4, 40001, 12345).verdict, VERDICT_request_opened);  // any port
    configure(with({by_address}, {member(Family::v4, model::Protocol::tcp, 0)}));
    EXPECT_EQ(destination_of(opened(Family::v4, 40002, service_port).frame), address("10.0.0.2"));
}

TEST_P(MarkTest, APortWhoseMarkHasNoServiceIsNobodysThoughTheOthersAreAMarks) {
    model::MarkMember hole = member(Family::v4, model::Protocol::tcp, 25);
    hole.mark = 8;
    configure(with({marked(Family::v4, 1)}, {hole, member(Family::v4, model::Protocol::tcp, 0)}));
    EXPECT_EQ(opened(Family::v4, 40000, 25).verdict, VERDICT_not_ours);
    EXPECT_EQ(opened(Family::v4, 40000, 26).verdict, VERDICT_request_opened);
}

TEST_P(MarkTest, ConnectionsOfARemovedMemberGoOnAndNewOnesAreNotOurs) {
    const model::Service one = marked(Family::v4, 1);
    const model::MarkMember web = member(Family::v4, model::Protocol::tcp, service_port), mail = member(Family::v4, model::Protocol::tcp, 25);
    configure(with({one}, {web, mail}));
    run(request(Family::v4, syn));
    configure(with({one}, {mail}));
    EXPECT_EQ(run(request(Family::v4, ack)).verdict, VERDICT_request_sent);
    Packet answer = reply(Family::v4, ack, 0);
    answer.transport = Tcp{.source_port = service_port, .destination_port = client_port, .flags = ack};
    EXPECT_EQ(run(answer).frame, build_frame(as_sent_back(answer, addresses(Family::v4).virtual_address, service_port)));
    EXPECT_EQ(opened(Family::v4, 40001, service_port).verdict, VERDICT_not_ours);
    configure(with({one}, {web, mail}));
    EXPECT_EQ(opened(Family::v4, 40002, service_port).verdict, VERDICT_request_opened);
}

TEST_P(MarkTest, AMarkWithoutMembersGetsNothing) {
    configure(with({marked(Family::v4, 1)}, {}));
    EXPECT_EQ(run(request(Family::v4, syn)).verdict, VERDICT_not_ours);
    Packet packet = request(Family::v4, syn);
    packet.destination = address("0.0.0.7");  // what its templates are called
    EXPECT_EQ(run(packet).verdict, VERDICT_not_ours);
}

INSTANTIATE_TEST_SUITE_P(BothHooks, MarkTest, testing::Values(Hook::xdp, Hook::tc),
                         [](const auto& one) { return one.param == Hook::xdp ? "xdp" : "tc"; });

}  // namespace
}  // namespace lvx::test
