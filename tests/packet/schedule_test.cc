// Which server a new connection gets, as the loaded program decides it, beside naive readings of IPVS's rules.
#include <map>

#include "tests/packet/packet_test.hh"

namespace lvx::test {
namespace {

struct Candidate {
    Address address;
    std::uint32_t weight = 1;
    std::uint64_t active = 0, total = 0;
};

class ScheduleTest : public PacketTest {
 protected:
    // The servers in IPVS's list order: the last one added comes first.
    static model::Service listed(const std::string& scheduler, const std::vector<Candidate>& list) {
        model::Service service = PacketTest::service(Family::v4, model::Protocol::tcp, scheduler, 0);
        for (std::size_t at = list.size(); at-- > 0;)
            service.servers.push_back({.endpoint = {list[at].address, server_port}, .weight = list[at].weight});
        return service;
    }

    // A new connection from this client and port: its server, or nothing.
    std::optional<Address> open(const std::string& client, Port port) {
        Packet packet = request(Family::v4, syn);
        packet.source = address(client);
        std::get<Tcp>(packet.transport).source_port = port;
        const Outcome outcome = run(packet);
        if (outcome.verdict == VERDICT_no_server) return std::nullopt;
        EXPECT_EQ(outcome.verdict, VERDICT_request_opened);
        return destination_of(outcome.frame);
    }
    std::optional<Address> open(Port port) { return open("192.168.88.21", port); }
};

const std::vector<Candidate> three = {{address("10.0.0.2")}, {address("10.0.0.3")}, {address("10.0.0.4")}};

TEST_P(ScheduleTest, RrGoesRound) {
    configure(cluster({listed("rr", three)}));
    for (Port turn = 0; turn < 9; ++turn) EXPECT_EQ(open(static_cast<Port>(1000 + turn)), three[turn % 3].address);
}

TEST_P(ScheduleTest, RrSkipsWhatHasNoWeightOrIsOverloaded) {
    model::Service service = listed("rr", {three[0], {three[1].address, 0}, three[2]});
    service.servers[0].upper_threshold = 1;  // the last of the list
    configure(cluster({service}));
    EXPECT_EQ(open(1000), three[0].address);
    EXPECT_EQ(open(1001), three[2].address);
    for (Port port = 1002; port < 1006; ++port) EXPECT_EQ(open(port), three[0].address);
}

// The list is walked with a level that falls by the weights' greatest common divisor; a server takes part while its
// weight reaches the level.
std::vector<Address> weighted_round(const std::vector<Candidate>& list, std::uint32_t highest, std::uint32_t step) {
    std::vector<Address> round;
    for (std::uint32_t level = highest; level > 0; level -= step)
        for (const Candidate& each : list)
            if (each.weight >= level) round.push_back(each.address);
    return round;
}

TEST_P(ScheduleTest, WrrWalksTheListLevelByLevel) {
    const std::vector<Candidate> list = {{three[0].address, 2}, {three[1].address, 6}, {three[2].address, 4}};
    configure(cluster({listed("wrr", list)}));
    const std::vector<Address> round = weighted_round(list, 6, 2);
    for (Port turn = 0; turn < 3 * round.size(); ++turn)
        EXPECT_EQ(open(static_cast<Port>(1000 + turn)), round[turn % round.size()]) << turn;
}

Address least(std::vector<Candidate>& list, bool weighted) {
    Candidate* best = nullptr;
    for (Candidate& each : list) {
        if (each.weight == 0) continue;
        const auto load = [&](const Candidate& one) { return one.active * 256 + one.total; };
        const auto weight = [&](const Candidate& one) { return weighted ? one.weight : 1u; };
        if (!best || load(*best) * weight(each) > load(each) * weight(*best)) best = &each;
    }
    best->active += 1, best->total += 1;
    return best->address;
}

TEST_P(ScheduleTest, LcAndWlcTakeTheLeastLoadedAndOfEqualsTheFirst) {
    for (const std::string& scheduler : {"lc", "wlc"}) {
        fixture.forget_connections();
        std::vector<Candidate> list = {{three[0].address, 1}, {three[1].address, 3}, {three[2].address, 2}, {address("10.0.0.5"), 0}};
        configure(cluster({listed(scheduler, list)}));
        for (Port turn = 0; turn < 40; ++turn)
            EXPECT_EQ(open(static_cast<Port>(1000 + turn)), least(list, scheduler == "wlc")) << scheduler << " " << turn;
    }
}

TEST_P(ScheduleTest, LcSamplesWhenThereAreMoreServersThanItScans) {
    std::vector<Candidate> list;
    for (std::uint32_t at = 0; at < SCAN_LIMIT + 44; ++at)
        list.push_back({.address = Address::v4(0x0a010000 + at), .weight = at % 2});
    configure(cluster({listed("lc", list)}));
    std::map<Address, int> given;
    for (Port turn = 0; turn < 300; ++turn) ++given[open(static_cast<Port>(1000 + turn)).value()];
    for (const auto& [server, count] : given) {
        EXPECT_EQ(server.v4_value() % 2, 1u) << "weight 0";
        EXPECT_LE(count, 6) << "two each would be even";
    }
}

const std::vector<Candidate> hashed = {{address("10.0.0.13"), 1}, {address("10.0.0.12"), 2}, {address("10.0.0.11"), 3}};

TEST_P(ScheduleTest, ShHashesTheClientAsIpvsDoes) {
    configure(cluster({listed("sh", hashed)}));
    EXPECT_EQ(open("192.0.2.1", 1000), hashed[1].address);
    EXPECT_EQ(open("192.0.2.1", 1001), hashed[1].address);
    EXPECT_EQ(open("192.0.2.2", 1000), hashed[2].address);
    EXPECT_EQ(open("192.0.2.3", 1000), hashed[0].address);
}

TEST_P(ScheduleTest, ShHashesThePortAndFallsBackWhenAsked) {
    model::Service service = listed("sh", hashed);
    service.scheduler_flags = model::flag_2;
    configure(cluster({service}));
    // Each server in turn takes as many buckets as it weighs: 0 | 1 2 | 3 4 5 | 6 ...
    const std::optional<Address> by_port = open("192.0.2.1", 40000);
    EXPECT_EQ(by_port, hashed[214 % 6 == 0 ? 0 : 214 % 6 <= 2 ? 1 : 2].address);

    service.scheduler_flags = 0;
    service.servers[1].weight = 0;  // 10.0.0.12, whose 192.0.2.1 was; the ring gives it one place of five
    configure(cluster({service}));
    std::vector<std::string> refused;
    for (int last = 1; last < 60; ++last)
        if (const std::string client = "192.0.2." + std::to_string(last); !open(client, 2000)) refused.push_back(client);
    ASSERT_FALSE(refused.empty());
    service.scheduler_flags = model::flag_1;
    configure(cluster({service}));
    for (const std::string& client : refused) EXPECT_TRUE(open(client, 2000).has_value()) << client;
}

TEST_P(ScheduleTest, MhFindsTheClientsPlaceAsIpvsDoes) {
    std::vector<Candidate> even = hashed;
    for (Candidate& each : even) each.weight = 1;
    model::Service service = listed("mh", even);
    for (model::Server& server : service.servers) server.endpoint.port = 80;
    configure(cluster({service}));
    EXPECT_EQ(open("192.0.2.1", 1000), even[0].address);
    EXPECT_EQ(open("192.0.2.2", 1000), even[2].address);
    EXPECT_EQ(open("192.0.2.3", 1000), even[1].address);
    EXPECT_EQ(open("198.51.100.7", 1000), even[2].address);
    service.servers[2].weight = 0;  // 10.0.0.13: its places stay its own
    configure(cluster({service}));
    EXPECT_EQ(open("192.0.2.1", 1001), std::nullopt);
    EXPECT_EQ(open("192.0.2.2", 1001), even[2].address);
    service.scheduler_flags = model::flag_1;
    configure(cluster({service}));
    EXPECT_TRUE(open("192.0.2.1", 1001).has_value());
}

INSTANTIATE_TEST_SUITE_P(BothHooks, ScheduleTest, testing::Values(Hook::xdp, Hook::tc),
                         [](const auto& hook) { return hook.param == Hook::xdp ? "xdp" : "tc"; });

}  // namespace
}  // namespace lvx::test
