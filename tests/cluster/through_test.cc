// Checks that go through the virtual service see what a client would see, of each server by itself.
//
//   client ── director (checks: 169.254.77.2 in a namespace of lvx's own) ── three nginx; one of them answers its own
//   network, and nobody else: well for every check that asks it directly
#include <gmock/gmock.h>

#include <csignal>

#include "lab/load.hh"
#include "support/cluster.hh"

namespace lvx::cluster {
namespace {

using testing::HasSubstr;

constexpr const char* deaf_to_clients = "nft 'add table inet deaf; add chain inet deaf in { type filter hook input priority 0; }; "
                                        "add rule inet deaf in ip saddr != 10.0.0.0/24 tcp dport 80 drop'";

std::string pool(const std::string& options, const std::string& check) {
    std::string text = "virtual_server 192.168.88.23 80 {\n  lvs_sched rr\n  lvs_method NAT\n  protocol TCP\n"
                       "  delay_loop 0.2\n  delay_before_retry 0.2\n  connect_timeout 1.5\n  retry 0\n  warmup 0\n" + options;
    for (const char* server : {"10.0.0.2", "10.0.0.3", "10.0.0.4"}) text += "  real_server " + std::string(server) + " 80 { weight 1\n" + check + " }\n";
    return text + "}\n";
}

const std::string through = "  check_through virtual\n", page = "HTTP_GET { url { path /\n status_code 200\n } }";

class Through : public testing::Test {
 protected:
    Through() : cluster_({}) {
        cluster_.serve_all();
        cluster_.await_neighbours(3);
    }
    [[nodiscard]] api::ChecksSnapshot checks() { return must(cluster_.client().checks()); }
    [[nodiscard]] std::string state(const std::string& server) {
        for (const api::ServerHealthSnapshot& each : checks().servers)
            if (each.server == server) return each.state;
        return {};
    }
    [[nodiscard]] api::CheckSnapshot check(const std::string& server) {
        for (const api::CheckSnapshot& each : checks().checks)
            if (each.server == server) return each;
        return {};
    }
    void await_state(const std::string& server, const std::string& wanted) {
        ASSERT_TRUE(lab::wait_until(patience, [&] { return state(server) == wanted; })) << state(server) << ": " << check(server).result << cluster_.director().log();
    }
    void await_passes(std::uint64_t more) {
        for (const char* server : {"10.0.0.2:80", "10.0.0.3:80", "10.0.0.4:80"}) {
            const auto passed = [&] { return check(server).runs - check(server).failures; };
            const std::uint64_t goal = passed() + more;
            ASSERT_TRUE(lab::wait_until(patience, [&] { return passed() >= goal && check(server).state == "up"; })) << check(server).result << cluster_.director().log();
        }
    }
    lab::LoadResult load() { return lab::fetch_many(cluster_.ns("client"), web_v4(), 90); }
    [[nodiscard]] std::uint64_t connections() { return cluster_.status().connections; }

    Cluster cluster_;
};

TEST_F(Through, OnlyACheckThroughTheServiceSeesAPathThatIsBrokenForClients) {
    cluster_.reload(pool("", page));
    ASSERT_EQ(cluster_.run("server2", deaf_to_clients).status, 0);
    await_passes(3);
    EXPECT_EQ(state("10.0.0.3:80"), "up") << "asked directly, it answers";
    EXPECT_THAT(cluster_.run("client", "for i in 1 2 3; do curl -s --max-time 1 http://192.168.88.23/ || echo failed; done").out, HasSubstr("failed"));

    cluster_.reload(pool(through, page));
    await_state("10.0.0.3:80", "down");
    EXPECT_EQ(check("10.0.0.3:80").result, "no connection within 1.5 s");
    EXPECT_THAT(check("10.0.0.3:80").target, HasSubstr(" through 192.168.88.23:80"));
    const lab::LoadResult without = load();
    EXPECT_EQ(without.failures, 0U) << without.first_failure;
    EXPECT_EQ(without.answers.size(), 2U);
    EXPECT_EQ(state("10.0.0.2:80"), "up");
    // Dead and in no list, it is reached by its checks nevertheless.
    EXPECT_EQ(cluster_.run("server2", "nft delete table inet deaf").status, 0);
    await_state("10.0.0.3:80", "up");
    EXPECT_EQ(load().answers.size(), 3U);
}

TEST_F(Through, EachCheckMeetsItsOwnServerAndLeavesNoConnectionBehind) {
    cluster_.reload(pool(through + "  on_down reset\n  alpha\n", page));
    await_passes(10);
    cluster_.make_busy("server3");
    await_state("10.0.0.4:80", "down");
    EXPECT_EQ(check("10.0.0.4:80").result, "status 503, wanted 200");
    EXPECT_EQ(check("10.0.0.2:80").state, "up");
    EXPECT_EQ(check("10.0.0.3:80").state, "up");
    cluster_.make_idle("server3");
    await_state("10.0.0.4:80", "up");
    EXPECT_THAT(cluster_.run("director", "lvx interfaces").out, HasSubstr("checks of virtual services"));
    for (const api::ServerSnapshot& server : cluster_.services().services.at(0).servers) {
        EXPECT_EQ(server.counters.connections, 0U) << "a check is no connection of a client";
        EXPECT_GT(server.counters.out_packets, 0U);
        EXPECT_EQ(server.answers.timed, 0U);
    }
    cluster_.reload(pool("", page));
    ASSERT_TRUE(lab::wait_until(patience, [&] { return connections() == 0; })) << cluster_.run("director", "lvx ipvsadm -Lnc").out;
}

TEST_F(Through, TheDaemonsDeathEndsTheNamespaceAndTheNextOneMakesItsOwn) {
    cluster_.reload(pool(through, "TCP_CHECK { }"));
    await_passes(3);
    cluster_.director().process().kill();
    must(cluster_.director().write_configuration(pool(through, "TCP_CHECK { }")));
    must(cluster_.director().restart());
    await_passes(3);
    cluster_.stop_serving("server1");
    await_state("10.0.0.2:80", "down");
    EXPECT_EQ(check("10.0.0.2:80").result, "connection refused");
    cluster_.director().process().signal(SIGTERM);
    ASSERT_TRUE(lab::wait_until(patience, [&] { return cluster_.run("director", "ip -o link show").out.find("lvxc-") == std::string::npos; })) << "the pair goes with the daemon";
}

}  // namespace
}  // namespace lvx::cluster
