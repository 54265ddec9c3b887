// Pages through the virtual service: who answers, in which order, how often.
//
//   client ── 192.168.88.23:80 director ── switch ── server1, server2, server3 (nginx, each with its own page)
//             [fd88::23]:80
//
// Every test runs with the packet path at XDP and at tc.
#include <gmock/gmock.h>

#include "support/cluster.hh"

namespace lvx::cluster {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::UnorderedElementsAre;

class Pages : public testing::TestWithParam<const char*> {
 protected:
    static Cluster with(std::vector<ServiceOn> services) {
        Cluster cluster({.hook = GetParam(), .services = std::move(services)});
        cluster.serve_all();
        return cluster;
    }
    // So many connections have ended, and none goes on: a client that has its page may be faster than its FIN.
    static bool await_ends(const Cluster& cluster, std::uint64_t count) {
        return lab::wait_until(patience, [&] {
            std::uint64_t active = 0, inactive = 0;
            for (const api::ServerSnapshot& server : cluster.services().services.front().servers) {
                active += server.active;
                inactive += server.inactive;
            }
            return active == 0 && inactive == count;
        });
    }
};

// New real servers stand at the head of IPVS's list (facts of ip_vs_ctl.c: list_add_rcu), and rr walks it from there.
TEST_P(Pages, ComeInExactRoundRobinOrder) {
    Cluster cluster = with({{}});
    cluster.await_neighbours(3);
    EXPECT_THAT(cluster.curl_many(web_v4(), 9), ElementsAre("server3", "server2", "server1", "server3", "server2", "server1",
                                                            "server3", "server2", "server1"));
}

TEST_P(Pages, ComeOverIpv6) {
    Cluster cluster = with({{.address = lab::classic::virtual_v6()}});
    cluster.await_neighbours(3);
    EXPECT_THAT(cluster.curl_many(web_v6(), 6),
                ElementsAre("server3", "server2", "server1", "server3", "server2", "server1"));
}

TEST_P(Pages, ComeInTheProportionsOfTheWeights) {
    Cluster cluster = with({{.scheduler = "wrr", .servers = {{"server1", 3}, {"server2", 2}, {"server3", 1}}}});
    cluster.await_neighbours(3);
    EXPECT_THAT(counted(cluster.curl_many(web_v4(), 24)),
                UnorderedElementsAre(Pair("server1", 12), Pair("server2", 8), Pair("server3", 4)));
}

TEST_P(Pages, NeverComeFromAServerOfWeightZero) {
    Cluster cluster = with({{.servers = {{"server1"}, {"server2", 0}, {"server3"}}}});
    cluster.await_neighbours(3);
    EXPECT_THAT(counted(cluster.curl_many(web_v4(), 6)), UnorderedElementsAre(Pair("server1", 3), Pair("server3", 3)));
}

TEST_P(Pages, ComeFromOneServerForOneClientWithSourceHashing) {
    Cluster cluster = with({{.scheduler = "sh"}});
    cluster.await_neighbours(3);
    EXPECT_EQ(counted(cluster.curl_many(web_v4(), 6)).size(), 1u);
}

// lc prefers who has fewest connections; with closed ones counting 1/256 of open ones, all servers get their turn.
TEST_P(Pages, AreSpreadByLeastConnections) {
    Cluster cluster = with({{.scheduler = "lc"}});
    cluster.await_neighbours(3);
    std::vector<std::string> pages;
    for (int i = 0; i < 9; ++i) {
        pages.push_back(cluster.curl(web_v4()));
        ASSERT_TRUE(await_ends(cluster, static_cast<std::uint64_t>(i) + 1));
    }
    EXPECT_THAT(counted(pages), UnorderedElementsAre(Pair("server1", 3), Pair("server2", 3), Pair("server3", 3)));
}

TEST_P(Pages, AreRefusedAtOnceWhenNoServerIsThere) {
    Cluster cluster({.hook = GetParam(), .services = {{.servers = {}}}});
    const Outcome outcome = cluster.run("client", "curl -sS --max-time 15 http://192.168.88.23/");
    EXPECT_EQ(outcome.status, 7) << outcome.err;  // curl: failed to connect; 28 would be its time-out
    EXPECT_GE(cluster.verdicts()["no_server"], 1u);
}

TEST_P(Pages, AreRefusedAtOnceWhenNoServerIsThereOverIpv6) {
    Cluster cluster({.hook = GetParam(), .services = {{.address = lab::classic::virtual_v6(), .servers = {}}}});
    const Outcome outcome = cluster.run("client", "curl -gsS --max-time 15 'http://[fd88::23]/'");
    EXPECT_EQ(outcome.status, 7) << outcome.err;
}

TEST_P(Pages, AreCountedPerServiceAndServer) {
    Cluster cluster = with({{}});
    cluster.await_neighbours(3);
    cluster.curl_many(web_v4(), 6);
    ASSERT_TRUE(await_ends(cluster, 6));
    const api::ServicesSnapshot seen = cluster.services();
    ASSERT_EQ(seen.services.size(), 1u);
    const api::ServiceSnapshot& service = seen.services.front();
    EXPECT_EQ(service.counters.connections, 6u);
    // SYN, ACK, request, ACK, FIN, ACK at least, and as many back.
    EXPECT_GE(service.counters.in_packets, 6u * 5u);
    EXPECT_GE(service.counters.out_packets, 6u * 4u);
    EXPECT_GT(service.counters.out_bytes, 6u * 200u);
    for (const api::ServerSnapshot& server : service.servers) {
        EXPECT_EQ(server.counters.connections, 2u);
        EXPECT_EQ(server.active, 0u);
        EXPECT_EQ(server.inactive, 2u);
    }
}

TEST_P(Pages, AreCarriedByTheHookThatWasAsked) {
    Cluster cluster = with({{}});
    cluster.await_neighbours(3);
    cluster.curl_many(web_v4(), 3);
    const auto interfaces = cluster.client().interfaces();
    ASSERT_TRUE(interfaces);
    ASSERT_EQ(interfaces->size(), 2u);
    const std::string wanted = std::string_view(GetParam()) == "xdp" ? "xdp native" : "tc ingress";
    for (const api::InterfaceSnapshot& interface : *interfaces) {
        EXPECT_EQ(interface.hook, wanted) << interface.name;
        EXPECT_THAT(interface.reason, HasSubstr("forced"));
        EXPECT_GT(interface.sent, 0u) << interface.name;
        EXPECT_EQ(interface.dropped, 0u) << interface.name;
    }
}

INSTANTIATE_TEST_SUITE_P(Hooks, Pages, testing::Values("xdp", "tc"), [](const auto& each) { return each.param; });

TEST(Automatic, TakesTcForVethsAndSaysWhy) {
    Cluster cluster({.hook = "auto"});
    const auto interfaces = cluster.client().interfaces();
    ASSERT_TRUE(interfaces);
    for (const api::InterfaceSnapshot& interface : *interfaces) {
        EXPECT_EQ(interface.hook, "tc ingress");
        EXPECT_THAT(interface.reason, HasSubstr("veth"));
    }
}

}  // namespace
}  // namespace lvx::cluster
