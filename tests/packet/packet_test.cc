#include "tests/packet/packet_test.hh"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <cstdlib>
#include <thread>

namespace lvx::test {

Addresses addresses(Family family) {
    if (family == Family::v4)
        return {address("192.168.88.21"), address("192.168.88.99"), address("192.168.88.23"), address("192.168.88.24"),
                {address("10.0.0.2"), address("10.0.0.3"), address("10.0.0.4")}};
    return {address("2001:db8:88::21"), address("2001:db8:88::99"), address("2001:db8:88::23"), address("2001:db8:88::24"),
            {address("2001:db8:10::2"), address("2001:db8:10::3"), address("2001:db8:10::4")}};
}

model::Cluster both_services() {
    model::Cluster cluster;
    for (const Family family : families)
        for (const auto protocol : {model::Protocol::tcp, model::Protocol::udp}) {
            const Addresses all = addresses(family);
            model::Service service = {.key = {.protocol = protocol, .address = all.virtual_address, .port = service_port},
                                      .scheduler = "rr"};
            for (std::size_t at = 3; at-- > 0;) service.servers.push_back({.endpoint = {all.servers[at], server_port}});
            cluster.services.push_back(service);
        }
    return cluster;
}

std::set<::verdict>& verdicts_seen() {
    static std::set<::verdict> seen;
    return seen;
}

Fixture& shared_fixture() {
    static Result<Fixture> fixture = Fixture::load({});
    if (!fixture) {
        fmt::print(stderr, "{}\n", fixture.error().sentence());
        std::abort();
    }
    return *fixture;
}

namespace {

abi::nexthop nexthop(std::uint32_t ifindex, std::uint16_t vlan) {
    abi::nexthop way = {.ifindex = ifindex, .mtu = 1500, .vlan = vlan, .flags = abi::NEXTHOP_VALID};
    std::ranges::copy(server_mac, way.destination_mac);
    std::ranges::copy(inside_mac, way.source_mac);
    return way;
}

}  // namespace

void PacketTest::SetUp() {
    fixture.forget_connections();
    fixture.root().client_generation = 0;
    fixture.root().lease_end = fixture.root().opening_end = fixture.root().settling_end = 0;
    std::ranges::fill(fixture.guarded.rows, abi::guarded_address{});
    std::ranges::fill(fixture.interfaces.rows, abi::interface{});
    abi::interface& interface = fixture.interfaces[1];
    interface = {.ifindex = 1, .slot = 1, .mtu = 1500};
    std::ranges::copy(director_mac, interface.mac);
    fixture.nexthops[nexthop_same] = nexthop(1, 0);
    fixture.nexthops[nexthop_other] = nexthop(other_ifindex, 0);
    configure({});
    runs_before_ = fixture.runs();
    verdicts_before_ = fixture.verdict_sum();
}

// True after every test: each frame was counted once, and gauges say what the table holds.
void PacketTest::TearDown() {
    EXPECT_EQ(fixture.verdict_sum() - verdicts_before_, fixture.runs() - runs_before_);
    std::uint64_t total = 0, live = 0;
    for (const auto& load : fixture.loads.rows) total += load.total + load.persistent;
    for (const auto& slot : fixture.connections.rows) live += (slot.control >> abi::CONTROL_STATUS_SHIFT & 0xf) == abi::SLOT_live;
    EXPECT_EQ(total, live);
}

Outcome PacketTest::run(const Bytes& frame, const RunOptions& options) {
    Outcome outcome = fixture.run(GetParam(), frame, options);
    verdicts_seen().insert(outcome.verdict);
    EXPECT_EQ(outcome.counted_bytes, frame.size());
    return outcome;
}

void PacketTest::configure(const model::Cluster& cluster) {
    const Result<void> result = fixture.configure(cluster);
    ASSERT_TRUE(result.has_value()) << result.error().sentence();
    fixture.route_servers(nexthop_same);
}

Packet PacketTest::request(Family family, std::uint8_t flags) {
    const Addresses all = addresses(family);
    return {.destination_mac = director_mac,
            .source_mac = client_mac,
            .source = all.client,
            .destination = all.virtual_address,
            .transport = Tcp{.source_port = client_port, .destination_port = service_port, .flags = flags}};
}

Packet PacketTest::reply(Family family, std::uint8_t flags, std::size_t server) {
    const Addresses all = addresses(family);
    return {.destination_mac = director_mac,
            .source_mac = server_mac,
            .source = all.servers[server],
            .destination = all.client,
            .transport = Tcp{.source_port = server_port, .destination_port = client_port, .flags = flags}};
}

Packet PacketTest::datagram(Family family) {
    Packet packet = request(family, 0);
    packet.transport = Udp{.source_port = client_port, .destination_port = service_port};
    packet.payload = {'p', 'i', 'n', 'g', '!'};
    return packet;
}

Packet PacketTest::datagram_reply(Family family, std::size_t server) {
    Packet packet = reply(family, 0, server);
    packet.transport = Udp{.source_port = server_port, .destination_port = client_port};
    packet.payload = {'p', 'o', 'n', 'g'};
    return packet;
}

Packet PacketTest::as_sent_to(Packet packet, const Address& server, Port port) {
    packet.destination_mac = server_mac;
    packet.source_mac = inside_mac;
    packet.destination = server;
    packet.ttl -= 1;
    if (auto* tcp = std::get_if<Tcp>(&packet.transport)) tcp->destination_port = port;
    if (auto* udp = std::get_if<Udp>(&packet.transport)) udp->destination_port = port;
    return packet;
}

Packet PacketTest::as_sent_back(Packet packet, const Address& virtual_address, Port port) {
    packet.destination_mac = client_mac;
    packet.source_mac = director_mac;
    packet.source = virtual_address;
    packet.ttl -= 1;
    if (auto* tcp = std::get_if<Tcp>(&packet.transport)) tcp->source_port = port;
    if (auto* udp = std::get_if<Udp>(&packet.transport)) udp->source_port = port;
    return packet;
}

// Servers are added last first, so that the list, which IPVS keeps in reverse, begins with the first.
model::Service PacketTest::service(Family family, model::Protocol protocol, const std::string& scheduler, std::size_t servers) {
    const Addresses all = addresses(family);
    model::Service service = {.key = {.protocol = protocol, .address = all.virtual_address, .port = service_port},
                              .scheduler = scheduler};
    for (std::size_t at = servers; at-- > 0;)
        service.servers.push_back({.endpoint = {all.servers[at], server_port}, .method = model::Method::masq});
    return service;
}

Address destination_of(const Bytes& frame) {
    if (frame[12] == 8) return Address::v4(std::uint32_t{frame[30]} << 24 | std::uint32_t{frame[31]} << 16 | std::uint32_t{frame[32]} << 8 | frame[33]);
    std::array<std::uint8_t, 16> bytes = {};
    std::copy_n(frame.begin() + 38, 16, bytes.begin());
    return Address::v6(bytes);
}

namespace {

// Fails when the whole program has run and some verdict of the list was never the end of a packet.
class EveryVerdictIsReached : public testing::Environment {
    void TearDown() override {
        if (testing::UnitTest::GetInstance()->test_to_run_count() != testing::UnitTest::GetInstance()->total_test_count()) return;
        if (std::thread::hardware_concurrency() < 2) verdicts_seen().insert(VERDICT_contended);  // with whom?
#define X(name, kind, sentence) EXPECT_TRUE(verdicts_seen().contains(VERDICT_##name)) << "no test ends in " #name;
        VERDICTS(X)
#undef X
    }
};

}  // namespace
}  // namespace lvx::test

// Everything happens in a network namespace of its own, whose only device is the loopback.
int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    if (unshare(CLONE_NEWNET) != 0) {
        fmt::print(stderr, "packet tests load programs and make a network namespace: run them as root\n");
        return 1;
    }
    testing::AddGlobalTestEnvironment(new lvx::test::EveryVerdictIsReached);
    return RUN_ALL_TESTS();
}
