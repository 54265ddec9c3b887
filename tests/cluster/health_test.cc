// Real servers that die in every way an operator knows, behind a director that watches them: after detection no request
// of a client fails, apart from connections already on the dead one; with all of them dead the sorry page comes.
//
//   client (pages, a connection each) ── director (HTTP_GET every 0.1 s) ── nginx killed, frozen, firewalled, 503
#include <gmock/gmock.h>

#include <fmt/format.h>

#include "lab/load.hh"
#include "support/cluster.hh"
#include "support/datagram_stream.hh"

namespace lvx::cluster {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::uint32_t requests = 300;

std::string checked(std::string_view address) {
    return fmt::format("  real_server {} 80 {{ weight 1\n HTTP_GET {{ url {{ path /\n status_code 200\n }} }} }}\n", address);
}

std::string watched(const std::vector<std::string>& addresses, std::string_view more) {
    std::string text = "virtual_server 192.168.88.23 80 {\n  lvs_sched rr\n  lvs_method NAT\n  protocol TCP\n"
                       "  delay_loop 0.1\n  delay_before_retry 0.1\n  connect_timeout 1.5\n  retry 0\n  warmup 0\n";
    for (const std::string& address : addresses) text += checked(address);
    return text + std::string(more) + "}\n";
}

// One laboratory for all of them: building it takes longer than most tests.
class Watched : public testing::Test {
 protected:
    static void SetUpTestSuite() {
        laboratory = std::make_unique<Cluster>(Description{});
        laboratory->serve_all();
        laboratory->await_neighbours(3);
    }
    static void TearDownTestSuite() { laboratory.reset(); }
    void SetUp() override { cluster_.mend(); }

    void watch(const std::string& configuration) {
        cluster_.reload(configuration);
        await("10.0.0.2", "up");
    }
    [[nodiscard]] api::ServerHealthSnapshot health(const std::string& address) const {
        const api::ChecksSnapshot checks = must(cluster_.client().checks());
        for (const api::ServerHealthSnapshot& server : checks.servers)
            if (server.server == address + ":80") return server;
        return {};
    }
    // The state, as a check has seen it.
    void await(const std::string& address, const std::string& state) {
        const bool seen = lab::wait_until(patience, [&] {
            const api::ChecksSnapshot checks = must(cluster_.client().checks());
            for (const api::CheckSnapshot& check : checks.checks)
                if (check.server == address + ":80" && check.runs == 0) return false;
            return health(address).state == state;
        });
        ASSERT_TRUE(seen) << address << " is " << health(address).state << ", wanted " << state << "\n" << cluster_.director().log();
    }
    // Nobody is turned away, and `absent` answers nothing.
    void expect_served_without(const std::string& absent) {
        const lab::LoadResult load = lab::fetch_many(cluster_.ns("client"), web_v4(), requests);
        EXPECT_EQ(load.failures, 0U) << load.first_failure;
        EXPECT_FALSE(load.answers.contains(absent + "\n"));
        EXPECT_EQ(load.answers.size(), 2U);
    }
    void expect_served_by_all() {
        const lab::LoadResult load = lab::fetch_many(cluster_.ns("client"), web_v4(), requests);
        EXPECT_EQ(load.failures, 0U) << load.first_failure;
        EXPECT_EQ(load.answers.size(), 3U);
    }

    static std::unique_ptr<Cluster> laboratory;
    Cluster& cluster_ = *laboratory;
};
std::unique_ptr<Cluster> Watched::laboratory;

const std::vector<std::string> all_three = {"10.0.0.2", "10.0.0.3", "10.0.0.4"};

TEST_F(Watched, AServerThatIsKilledFrozenFirewalledOrBusyGetsNoRequestAfterDetection) {
    watch(watched(all_three, ""));
    struct Row {
        const char* reason;
        std::function<void()> harm, mend;
    };
    const Row rows[] = {
        {"connection refused", [&] { cluster_.stop_serving("server2"); }, [&] { cluster_.serve("server2"); }},
        {"no whole answer within 1.5 s", [&] { cluster_.freeze("server2"); }, [&] { cluster_.thaw("server2"); }},
        {"no connection within 1.5 s",
         [&] { (void)cluster_.run("server2", "nft 'add table inet f; add chain inet f in { type filter hook input priority 0; }; add rule inet f in tcp dport 80 drop'"); },
         [&] { (void)cluster_.run("server2", "nft delete table inet f"); }},
        {"status 503, wanted 200", [&] { cluster_.make_busy("server2"); }, [&] { cluster_.make_idle("server2"); }},
    };
    for (const Row& row : rows) {
        row.harm();
        await("10.0.0.3", "down");
        EXPECT_EQ(health("10.0.0.3").reason, row.reason);
        expect_served_without("server2");
        row.mend();
        await("10.0.0.3", "up");
        expect_served_by_all();
        EXPECT_EQ(cluster_.services().services.at(0).servers.back().server.endpoint.text(), "10.0.0.3:80") << "added again, as keepalived does with IPVS";
    }
    const std::string log = cluster_.director().log();
    EXPECT_THAT(log, HasSubstr("Removing service [10.0.0.3]:tcp:80 from VS [192.168.88.23]:tcp:80"));
    EXPECT_THAT(log, HasSubstr("Adding service [10.0.0.3]:tcp:80 to VS [192.168.88.23]:tcp:80"));
}

TEST_F(Watched, AConnectionOnAServerThatFailsItsChecksIsKeptOrEnded) {
    for (const bool kept : {true, false}) {
        watch(watched(all_three, kept ? "" : "  on_down reset\n"));
        std::vector<lab::WebConnection> held;
        for (int i = 0; i < 3; ++i) {
            held.push_back(must(lab::WebConnection::open(cluster_.ns("client"), web_v4(), patience)));
            must(held.back().get("/", patience));
        }
        cluster_.make_busy("server2");
        await("10.0.0.3", "down");
        EXPECT_THAT(cluster_.run("director", "lvx ipvsadm -Ln").out, Not(HasSubstr("10.0.0.3")));
        int answered = 0;
        for (lab::WebConnection& connection : held) answered += connection.get("/", patience) ? 1 : 0;
        EXPECT_EQ(answered, kept ? 3 : 2);
        if (kept) {
            cluster_.reload(watched({"10.0.0.2", "10.0.0.4"}, ""));
            for (lab::WebConnection& connection : held) must(connection.get("/", patience));  // the files forgot it, its connections go on
            cluster_.reload(watched(all_three, ""));
        }
        cluster_.make_idle("server2");
        await("10.0.0.3", "up");
    }
}

TEST_F(Watched, TheSorryPageComesWhenAllAreDownAndGoesWhenOneIsBack) {
    watch(watched({"10.0.0.2", "10.0.0.3"}, "  sorry_server 10.0.0.4 80\n"));
    cluster_.stop_serving("server1");
    cluster_.stop_serving("server2");
    await("10.0.0.2", "down");
    await("10.0.0.3", "down");
    EXPECT_EQ(counted(cluster_.curl_many(web_v4(), 10)), (std::map<std::string, int>{{"server3", 10}}));
    cluster_.serve("server1");
    await("10.0.0.2", "up");
    EXPECT_EQ(counted(cluster_.curl_many(web_v4(), 10)), (std::map<std::string, int>{{"server1", 10}}));
    EXPECT_THAT(cluster_.director().log(), HasSubstr("Adding sorry server [10.0.0.4]:tcp:80 to VS [192.168.88.23]:tcp:80"));
}

TEST_F(Watched, WithoutASorryServerAClientIsRefusedAtOnce) {
    watch(watched({"10.0.0.2"}, ""));
    cluster_.stop_serving("server1");
    await("10.0.0.2", "down");
    EXPECT_EQ(cluster_.run("client", "curl -sS --max-time 5 http://192.168.88.23/").status, 7) << "refused, not timed out";
}

TEST_F(Watched, ChecksAndServicesSayWhatIsWrongAndAReloadThatChangesNothingKeepsIt) {
    watch(watched(all_three, ""));
    cluster_.make_busy("server3");
    await("10.0.0.4", "down");
    EXPECT_THAT(cluster_.run("director", "lvx checks").out, HasSubstr("status 503, wanted 200"));
    EXPECT_THAT(cluster_.run("director", "lvx services").out, HasSubstr(": status 503, wanted 200"));
    EXPECT_THAT(cluster_.run("director", "lvx checks --json").out, StartsWith("{\"checks\":"));
    cluster_.reload(watched(all_three, "") + "\n# nothing\n");
    EXPECT_EQ(health("10.0.0.4").state, "down");
    EXPECT_EQ(health("10.0.0.4").reason, "status 503, wanted 200");
}

}  // namespace
}  // namespace lvx::cluster
