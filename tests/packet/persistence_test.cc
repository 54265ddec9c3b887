// Services whose clients keep their server: templates made, followed, given up, and the gauges that go with them.
#include "bpf/table/template.h"
#include "tests/packet/packet_test.hh"

namespace lvx::test {
namespace {

constexpr std::chrono::seconds timeout{300};

std::uint32_t state_of(const abi::connection& slot) { return table::control_state(slot.control); }

class PersistenceTest : public PacketTest {
 protected:
    static model::Service sticky(Family family, std::uint8_t prefix, std::size_t servers) {
        model::Service one = service(family, model::Protocol::tcp, "rr", servers);
        one.persistence = model::Persistence{.timeout = timeout, .prefix = prefix};
        return one;
    }
    static std::uint8_t whole(Family family) { return family == Family::v4 ? 32 : 128; }

    // A client's first packet from a port of its own; where it went.
    Address open(Family family, const Address& client, Port port) { return destination_of(opened(family, client, port, service_port).frame); }
    Outcome opened(Family family, const Address& client, Port port, Port to) {
        Packet packet = request(family, syn);
        packet.source = client;
        packet.transport = Tcp{.source_port = port, .destination_port = to, .flags = syn};
        return run(packet);
    }
    std::vector<abi::connection> templates() const {
        std::vector<abi::connection> result;
        for (const abi::connection& slot : fixture.live())
            if (slot.flags & abi::CONNECTION_TEMPLATE) result.push_back(slot);
        return result;
    }
    const abi::server_load& load(const model::Service& one, std::size_t server) const {
        return fixture.loads[fixture.server_id(one.key, one.servers[one.servers.size() - 1 - server].endpoint)];
    }
    static model::Server& server_of(model::Service& one, std::size_t server) { return one.servers[one.servers.size() - 1 - server]; }
};

TEST_P(PersistenceTest, AClientKeepsItsServerAndAnotherGetsTheNext) {
    for (const Family family : families) {
        const Addresses all = addresses(family);
        const model::Service one = sticky(family, whole(family), 3);
        configure(cluster({one}));
        const Address first = open(family, all.client, 40000);
        for (Port port = 40001; port < 40010; ++port) EXPECT_EQ(open(family, all.client, port), first);
        const Address second = open(family, all.other_client, 40000);
        EXPECT_NE(second, first);
        EXPECT_EQ(open(family, all.other_client, 40001), second);
        EXPECT_EQ(open(family, all.client, 40010), first);
        EXPECT_EQ(templates().size(), 2);
        fixture.forget_connections();
    }
}

TEST_P(PersistenceTest, ATemplateIsNoConnectionInTheGauges) {
    const model::Service one = sticky(Family::v4, 32, 1);
    configure(cluster({one}));
    open(Family::v4, addresses(Family::v4).client, 40000);
    open(Family::v4, addresses(Family::v4).client, 40001);
    EXPECT_EQ(load(one, 0).total, 2);
    EXPECT_EQ(load(one, 0).active, 2);
    EXPECT_EQ(load(one, 0).persistent, 1);
    ASSERT_EQ(templates().size(), 1);
    const abi::connection slot = templates()[0];
    EXPECT_EQ(state_of(slot), std::uint32_t{STATE_template});
    EXPECT_EQ(slot.virtual_port, std::uint16_t{0x5000});  // 80, network order
    EXPECT_EQ(slot.server_port, __builtin_bswap16(server_port));
}

TEST_P(PersistenceTest, AQuiescedServerIsFollowedToUnlessItsTemplatesShallExpire) {
    model::Service one = sticky(Family::v4, 32, 2);
    configure(cluster({one}));
    const Address client = addresses(Family::v4).client, first = open(Family::v4, client, 40000);
    for (model::Server& server : one.servers)
        if (server.endpoint.address == first) server.weight = 0;
    configure(cluster({one}));
    EXPECT_EQ(open(Family::v4, client, 40001), first);
    fixture.root().expire_quiescent = 1;
    const Address second = open(Family::v4, client, 40002);
    EXPECT_NE(second, first);
    EXPECT_EQ(open(Family::v4, client, 40003), second);
    EXPECT_EQ(templates().size(), 1);
    EXPECT_EQ(destination_of(run(request(Family::v4, ack)).frame), first) << "its first connection goes on";
    fixture.root().expire_quiescent = 0;
}

TEST_P(PersistenceTest, AMaskGroupsTheClientsOfANetwork) {
    configure(cluster({sticky(Family::v4, 24, 3)}));
    const Address first = open(Family::v4, address("192.168.88.21"), 40000);
    EXPECT_EQ(open(Family::v4, address("192.168.88.255"), 40000), first);
    EXPECT_NE(open(Family::v4, address("192.168.89.21"), 40000), first);
    EXPECT_EQ(templates().size(), 2);
    fixture.forget_connections();
    configure(cluster({sticky(Family::v6, 64, 3)}));
    const Address six = open(Family::v6, address("2001:db8:88:0:1::21"), 40000);
    EXPECT_EQ(open(Family::v6, address("2001:db8:88::ffff"), 40000), six);
    EXPECT_NE(open(Family::v6, address("2001:db8:88:1::21"), 40000), six);
}

TEST_P(PersistenceTest, AMaskOfNoBitsIsOneTemplateForAll) {
    configure(cluster({sticky(Family::v4, 0, 3)}));
    const Address first = open(Family::v4, address("192.168.88.21"), 40000);
    EXPECT_EQ(open(Family::v4, address("10.9.8.7"), 40000), first);
}

TEST_P(PersistenceTest, NoPacketMatchesATemplate) {
    const model::Service one = sticky(Family::v4, 32, 1);
    configure(cluster({one}));
    open(Family::v4, addresses(Family::v4).client, 40000);
    const Port hidden = __builtin_bswap16(templates().at(0).client_port);
    for (const Port port : std::set<Port>{0, hidden}) {
        Packet packet = request(Family::v4, ack);
        packet.transport = Tcp{.source_port = port, .destination_port = service_port, .flags = ack};
        EXPECT_EQ(run(packet).verdict, VERDICT_unknown_flow);
        Packet back = reply(Family::v4, ack, 0);
        back.transport = Tcp{.source_port = server_port, .destination_port = port, .flags = ack};
        EXPECT_EQ(run(back).verdict, VERDICT_unknown_reply);
        EXPECT_EQ(opened(Family::v4, addresses(Family::v4).client, port, service_port).verdict, VERDICT_request_opened);
    }
    EXPECT_EQ(templates().size(), 1);
}

TEST_P(PersistenceTest, ItsTimeBeginsAnewWithEachConnectionAndWithNoOtherPacket) {
    const model::Service one = sticky(Family::v4, 32, 2);
    configure(cluster({one}));
    const Address client = addresses(Family::v4).client;
    open(Family::v4, client, 40000);
    const std::uint32_t life = table::control_expires(templates().at(0).control) - fixture.tick();
    fixture.age(100);
    run(request(Family::v4, ack));
    EXPECT_LE(table::control_expires(templates().at(0).control) - fixture.tick(), life - 99);
    open(Family::v4, client, 40001);
    EXPECT_GE(table::control_expires(templates().at(0).control) - fixture.tick(), life - 1);
    fixture.age(static_cast<std::int32_t>(life) + 2);
    EXPECT_EQ(open(Family::v4, client, 40002), address("10.0.0.3"));  // its time was over
}

TEST_P(PersistenceTest, FollowsToAQuiescedServerAndToAFullOne) {
    model::Service one = sticky(Family::v4, 32, 2);
    server_of(one, 0).upper_threshold = 1;
    configure(cluster({one}));
    const Address client = addresses(Family::v4).client;
    EXPECT_EQ(open(Family::v4, client, 40000), address("10.0.0.2"));
    EXPECT_EQ(open(Family::v4, client, 40001), address("10.0.0.2"));  // past the threshold
    server_of(one, 0).weight = 0;
    configure(cluster({one}));
    EXPECT_EQ(open(Family::v4, client, 40002), address("10.0.0.2"));
    EXPECT_EQ(open(Family::v4, address("192.168.88.99"), 40000), address("10.0.0.3"));
}

TEST_P(PersistenceTest, ARemovedServersTemplateIsReplacedAndDoesNotComeBack) {
    model::Service one = sticky(Family::v4, 32, 2);
    configure(cluster({one}));
    const Address client = addresses(Family::v4).client;
    EXPECT_EQ(open(Family::v4, client, 40000), address("10.0.0.2"));
    model::Service without = one;
    without.servers.pop_back();  // the list's first
    configure(cluster({without}));
    EXPECT_EQ(open(Family::v4, client, 40001), address("10.0.0.3"));
    EXPECT_EQ(templates().size(), 1);
    configure(cluster({one}));
    EXPECT_EQ(open(Family::v4, client, 40002), address("10.0.0.3"));
}

TEST_P(PersistenceTest, AServerThatLvxTakesOutLosesItsClientsAndKeepsTheirConnections) {
    model::Service one = sticky(Family::v4, 32, 2);
    configure(cluster({one}));
    EXPECT_EQ(destination_of(run(request(Family::v4, syn)).frame), address("10.0.0.2"));
    server_of(one, 0).weight = 0;
    server_of(one, 0).leaves = true;
    configure(cluster({one}));
    EXPECT_EQ(destination_of(run(request(Family::v4, ack)).frame), address("10.0.0.2"));
    EXPECT_EQ(open(Family::v4, addresses(Family::v4).client, 40001), address("10.0.0.3"));
    EXPECT_EQ(templates().size(), 1);
}

TEST_P(PersistenceTest, WithoutAnyUsableServerNothingIsRemembered) {
    model::Service one = sticky(Family::v4, 32, 1);
    one.servers[0].weight = 0;
    configure(cluster({one}));
    EXPECT_EQ(opened(Family::v4, addresses(Family::v4).client, 40000, service_port).verdict, VERDICT_no_server);
    EXPECT_TRUE(templates().empty());
}

TEST_P(PersistenceTest, AServiceOfPortZeroTakesEveryPortThatHasNoServiceOfItsOwn) {
    for (const Family family : families) {
        const Addresses all = addresses(family);
        model::Service any = sticky(family, whole(family), 3);
        any.key.port = 0;
        for (model::Server& server : any.servers) server.endpoint.port = 0;
        const model::Service exact = service(family, model::Protocol::tcp, "rr", 1);
        configure(cluster({any, exact}));
        const Outcome first = opened(family, all.client, 40000, 443), second = opened(family, all.client, 40001, 8443);
        EXPECT_EQ(second.verdict, VERDICT_request_opened);
        EXPECT_EQ(destination_of(second.frame), destination_of(first.frame));
        Packet expected = request(family, syn);
        expected.transport = Tcp{.source_port = 40001, .destination_port = 8443, .flags = syn};
        EXPECT_EQ(second.frame, build_frame(as_sent_to(expected, destination_of(first.frame), 8443)));
        ASSERT_EQ(templates().size(), 1);
        EXPECT_EQ(templates()[0].virtual_port, 0);
        EXPECT_EQ(templates()[0].server_port, 0);
        EXPECT_EQ(open(family, all.client, 40002), all.servers[0]);  // port 80 has a service
        EXPECT_EQ(templates().size(), 1);
        fixture.forget_connections();
    }
}

TEST_P(PersistenceTest, ADatagramKeepsItsServerToo) {
    model::Service one = service(Family::v4, model::Protocol::udp, "rr", 3);
    one.persistence = model::Persistence{.timeout = timeout, .prefix = 32};
    configure(cluster({one}));
    const Address first = destination_of(run(datagram(Family::v4)).frame);
    Packet other = datagram(Family::v4);
    other.transport = Udp{.source_port = 40001, .destination_port = service_port};
    EXPECT_EQ(destination_of(run(other).frame), first);
}

// One client port, two virtual addresses, one server: a reply could not tell which.
TEST_P(PersistenceTest, AFreshTemplateGivesWayWhereTheClientPortIsTakenAndAnOldOneDoesNot) {
    model::Service one = sticky(Family::v4, 32, 2), other = one;
    other.key.address = addresses(Family::v4).second_virtual;
    configure(cluster({one, other}));
    const Address client = addresses(Family::v4).client;
    EXPECT_EQ(open(Family::v4, client, 40000), address("10.0.0.2"));
    const auto open_other = [&](Port port) {
        Packet packet = request(Family::v4, syn);
        packet.destination = other.key.address;
        packet.transport = Tcp{.source_port = port, .destination_port = service_port, .flags = syn};
        return run(packet);
    };
    EXPECT_EQ(destination_of(open_other(40000).frame), address("10.0.0.3"));
    EXPECT_EQ(templates().size(), 2);
    EXPECT_EQ(open(Family::v4, client, 40001), address("10.0.0.2"));
    server_of(other, 1).weight = 0;
    configure(cluster({one, other}));
    EXPECT_EQ(destination_of(open_other(40001).frame), address("10.0.0.3"));
    model::Service moved = one;
    moved.servers.erase(moved.servers.end() - 1);
    configure(cluster({moved, other}));
    EXPECT_EQ(destination_of(open_other(40002).frame), address("10.0.0.3"));
    EXPECT_EQ(opened(Family::v4, client, 40002, service_port).verdict, VERDICT_reply_ambiguous);
    EXPECT_EQ(templates().size(), 1);
}

TEST_P(PersistenceTest, OneClientHasTemplatesAtManyServices) {
    std::vector<model::Service> many;
    for (Port port = 100; port < 108; ++port) {
        many.push_back(sticky(Family::v4, 24, 3));
        many.back().key.port = port;
    }
    configure(cluster(many));
    for (Port port = 100; port < 108; ++port)
        EXPECT_EQ(opened(Family::v4, addresses(Family::v4).client, static_cast<Port>(40000 + port), port).verdict, VERDICT_request_opened);
    EXPECT_EQ(templates().size(), 8);
}

TEST_P(PersistenceTest, AnEditOfTimeOrMaskActsFromTheNextConnectionOn) {
    model::Service one = sticky(Family::v4, 32, 3);
    configure(cluster({one}));
    const Address client = addresses(Family::v4).client;
    const Address first = open(Family::v4, client, 40000);
    one.persistence = model::Persistence{.timeout = std::chrono::seconds{3000}, .prefix = 32};
    configure(cluster({one}));
    EXPECT_EQ(open(Family::v4, client, 40001), first);
    EXPECT_GT(table::control_expires(templates().at(0).control) - fixture.tick(), 2000u);
    one.persistence->prefix = 16;
    configure(cluster({one}));
    EXPECT_NE(open(Family::v4, client, 40002), first);  // by a template of the network
    EXPECT_EQ(templates().size(), 2);
    one.persistence.reset();
    configure(cluster({one}));
    const Address next = open(Family::v4, client, 40003);
    EXPECT_NE(open(Family::v4, client, 40004), next);
}

INSTANTIATE_TEST_SUITE_P(BothHooks, PersistenceTest, testing::Values(Hook::xdp, Hook::tc),
                         [](const auto& one) { return one.param == Hook::xdp ? "xdp" : "tc"; });

}  // namespace
}  // namespace lvx::test
