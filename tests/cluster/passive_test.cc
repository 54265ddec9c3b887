// What traffic itself shows of real servers nobody checks: how soon they answer, who refuses, who is let back; and a check
// that is broken for most of a pool does not empty it.
//
//   client (pages, a connection each) ── director ── three nginx, one of them stopped: its kernel refuses
#include <gmock/gmock.h>

#include <future>

#include "lab/load.hh"
#include "support/cluster.hh"

namespace lvx::cluster {
namespace {

using testing::HasSubstr;

constexpr std::uint32_t requests = 90;             // thirty for each server: enough to judge (passive::least_opened)

// A server answers the first SYN of a connection only when its client asks again, a second later.
constexpr const char* slow_down =
    "nft 'add table inet slow; add set inet slow seen { type ipv4_addr . inet_service; flags dynamic,timeout; timeout 10s; }; "
    "add chain inet slow in { type filter hook input priority 0; }; "
    "add rule inet slow in tcp dport 80 tcp flags & (syn|ack) == syn ip saddr . tcp sport != @seen add @seen { ip saddr . tcp sport } drop'";

std::string pool(const std::string& options, const std::string& check) {
    std::string text = "virtual_server 192.168.88.23 80 {\n  lvs_sched rr\n  lvs_method NAT\n  protocol TCP\n" + options;
    for (const char* server : {"10.0.0.2", "10.0.0.3", "10.0.0.4"}) text += "  real_server " + std::string(server) + " 80 { weight 1\n" + check + " }\n";
    return text + "}\n";
}

// One laboratory for all of them: building it takes longer than some tests.
class Passive : public testing::Test {
 protected:
    static void SetUpTestSuite() {
        laboratory = std::make_unique<Cluster>(Description{});
        laboratory->serve_all();
        laboratory->await_neighbours(3);
    }
    static void TearDownTestSuite() { laboratory.reset(); }
    void SetUp() override { cluster_.mend(); }
    // The same with four times as many clients at once: where each waits for a second, that is what takes the time.
    std::uint32_t failures_of_a_crowd() {
        std::vector<std::future<lab::LoadResult>> parts;
        for (int i = 0; i < 4; ++i) parts.push_back(std::async(std::launch::async, [this] { return lab::fetch_many(cluster_.ns("client"), web_v4(), requests / 4 + 1); }));
        std::uint32_t failures = 0;
        for (auto& part : parts) failures += part.get().failures;
        return failures;
    }
    lab::LoadResult load() { return lab::fetch_many(cluster_.ns("client"), web_v4(), requests); }
    [[nodiscard]] std::vector<api::ServerSnapshot> servers() { return cluster_.services().services.at(0).servers; }
    [[nodiscard]] std::string state(const std::string& server) {
        for (const api::ServerHealthSnapshot& each : must(cluster_.client().checks()).servers)
            if (each.server == server) return each.state;
        return {};
    }

    // At one moment.
    [[nodiscard]] std::vector<std::string> ejected() {
        std::vector<std::string> found;
        for (const api::ServerHealthSnapshot& each : must(cluster_.client().checks()).servers)
            if (each.state == "ejected") found.push_back(each.server);
        return found;
    }
    // A load over which this server, and no other, was ejected: on a slow machine it may be taken back in the middle of one.
    lab::LoadResult load_while_ejected(const std::string& server) {
        lab::LoadResult result;
        const std::vector<std::string> wanted = {server};
        EXPECT_TRUE(lab::wait_until(patience, [&] {
            const bool before = ejected() == wanted;
            result = load();
            return before && ejected() == wanted;
        })) << server;
        return result;
    }

    static std::unique_ptr<Cluster> laboratory;
    Cluster& cluster_ = *laboratory;
};
std::unique_ptr<Cluster> Passive::laboratory;

TEST_F(Passive, AServerThatRefusesIsEjectedAndComesBack) {
    cluster_.reload(pool("  passive_ejection on\n  passive_time 2\n", ""));
    cluster_.stop_serving("server2");
    std::uint32_t failures = 0;
    ASSERT_TRUE(lab::wait_until(patience, [&] {
        failures += load().failures;
        return state("10.0.0.3:80") == "ejected";
    })) << state("10.0.0.3:80");
    EXPECT_GT(failures, 0U);
    const lab::LoadResult without = load_while_ejected("10.0.0.3:80");
    EXPECT_EQ(without.failures, 0U) << without.first_failure;
    EXPECT_EQ(without.answers.size(), 2U);
    // A second one that refuses stays: never more than a third of a pool is out by this.
    cluster_.stop_serving("server3");
    EXPECT_GT(load().failures, 0U);
    EXPECT_LE(ejected().size(), 1U);
    cluster_.serve("server3");
    cluster_.serve("server2");
    ASSERT_TRUE(lab::wait_until(patience, [&] { return ejected().empty(); }));
    EXPECT_EQ(load().answers.size(), 3U);
    EXPECT_THAT(cluster_.director().log(), HasSubstr("were reset"));
}

TEST_F(Passive, AServerThatAnswersSlowlyIsEjectedByChoiceAndComesBack) {
    cluster_.reload(pool("  passive_slow 0.4\n  passive_slow_times 5\n  passive_time 2\n", ""));
    ASSERT_EQ(cluster_.run("server2", slow_down).status, 0);
    ASSERT_TRUE(lab::wait_until(patience, [&] {
        EXPECT_EQ(failures_of_a_crowd(), 0U) << "slow is not broken";
        return state("10.0.0.3:80") == "ejected";
    })) << state("10.0.0.3:80");
    EXPECT_EQ(load_while_ejected("10.0.0.3:80").answers.size(), 2U);
    EXPECT_THAT(cluster_.director().log(), testing::ContainsRegex("Ejecting .*10.0.0.3.*: slow: [1-9][0-9]{3} ms, pool [0-9.]+ ms"));
    EXPECT_EQ(cluster_.run("server2", "nft delete table inet slow").status, 0);
    ASSERT_TRUE(lab::wait_until(patience, [&] { return state("10.0.0.3:80") == "up"; }));
    EXPECT_EQ(load().answers.size(), 3U);
}

TEST_F(Passive, WithoutTheKeywordNobodyIsEjectedAndAnswersAreTimed) {
    cluster_.reload(pool("", ""));
    const lab::LoadResult all = load();
    EXPECT_EQ(all.failures, 0U) << all.first_failure;
    for (const api::ServerSnapshot& server : servers()) {
        EXPECT_GT(server.answers.timed, 0U) << server.server.endpoint.text();
        EXPECT_GT(server.answers.longest_us, 0U);
        EXPECT_LE(server.answers.average_us, server.answers.longest_us);
        EXPECT_LT(server.answers.longest_us, 1000U * (static_cast<std::uint64_t>(all.duration.count()) + 1));
    }
    EXPECT_THAT(cluster_.run("director", "lvx services").out, HasSubstr(" ms  "));
    EXPECT_EQ(cluster_.run("director", "lvx ipvsadm -Z").status, 0);
    EXPECT_EQ(servers().at(0).answers.timed, 0U);
}

TEST_F(Passive, AChecksFailureForMostOfAPoolIsNoReasonToEmptyIt) {
    cluster_.reload(pool("  panic_threshold 50\n  delay_loop 0.2\n  warmup 0\n  retry 0\n", "HTTP_GET { url { path /missing\n status_code 200\n } }"));
    ASSERT_TRUE(lab::wait_until(patience, [&] { return state("10.0.0.2:80") != "up" && state("10.0.0.3:80") != "up" && state("10.0.0.4:80") != "up" && servers().size() == 3; }));
    const lab::LoadResult all = load();
    EXPECT_EQ(all.failures, 0U) << all.first_failure;
    EXPECT_EQ(all.answers.size(), 3U);
}

}  // namespace
}  // namespace lvx::cluster
