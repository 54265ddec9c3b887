// The daemon is a guest of its data plane: what happens to traffic when it dies, comes back, is told something new.
//
//   client (wrk, held connections, a stream of datagrams) ── director (lvxd killed, restarted, reloaded) ── servers
#include <gmock/gmock.h>
#include <signal.h>

#include <fmt/format.h>

#include <fstream>
#include <sstream>

#include "support/cluster.hh"
#include "support/datagram_stream.hh"
#include "support/program_update.hh"

namespace lvx::cluster {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// wrk in the background, until its report is wanted.  An answer may be late on a busy machine, but must come.
class Wrk {
 public:
    Wrk(const Cluster& cluster, std::string_view options)
        : report_(cluster.lab().directory() + "/wrk"),
          process_(must(cluster.lab().start("client", {.argv = {"/bin/sh", "-c", fmt::format("exec wrk -t1 -c16 -d100s --timeout 30s {} http://192.168.88.23/", options)},
                                                       .output = report_}))) {}

    void expect_no_failure() {
        process_.signal(SIGINT);  // it ends, and reports
        EXPECT_EQ(process_.wait(patience), 0);
        std::stringstream text;
        text << std::ifstream(report_).rdbuf();
        EXPECT_THAT(text.str(), AllOf(HasSubstr("requests in"), Not(HasSubstr("Socket errors")), Not(HasSubstr("Non-2xx"))));
    }

 private:
    std::string report_;
    lab::Process process_;
};

std::uint64_t requests_forwarded(Cluster& cluster) { return cluster.verdicts()["request_sent"]; }

constexpr Milliseconds time_without_daemon{1500};

class Life : public testing::TestWithParam<const char*> {};

TEST_P(Life, NoRequestFailsWhenTheDaemonIsKilledUnderLoad) {
    for (const char* options : {"", "-H 'Connection: close'"}) {
        Cluster cluster({.hook = GetParam()});
        cluster.serve_all();
        cluster.await_neighbours(3);
        Wrk wrk(cluster, options);
        ASSERT_TRUE(lab::wait_until(patience, [&] { return requests_forwarded(cluster) > 1000; }));
        cluster.director().process().kill();
        (void)lab::wait_until(time_without_daemon, [] { return false; });
        wrk.expect_no_failure();
        must(cluster.director().restart());
        EXPECT_TRUE(cluster.status().adopted);
        EXPECT_EQ(cluster.curl_many(web_v4(), 1).front().substr(0, 6), "server");
    }
}

TEST_P(Life, ARestartedDaemonAdoptsEveryConnection) {
    constexpr std::size_t count = 300;
    Cluster cluster({.hook = GetParam()});
    cluster.serve_all();
    cluster.await_neighbours(3);
    std::vector<lab::WebConnection> held;
    for (std::size_t i = 0; i < count; ++i) {
        held.push_back(must(lab::WebConnection::open(cluster.ns("client"), web_v4(), patience)));
        must(held.back().get("/", patience));
    }
    ASSERT_EQ(cluster.status().connections, count);
    cluster.director().process().kill();
    must(cluster.director().restart());
    const api::StatusSnapshot status = cluster.status();
    EXPECT_TRUE(status.adopted);
    EXPECT_EQ(status.connections, count);
    for (lab::WebConnection& connection : held) EXPECT_TRUE(connection.get("/", patience));
    EXPECT_EQ(cluster.services().services.at(0).counters.connections, count);
}

TEST_P(Life, AGentleEndKeepsForwardingWhenAsked) {
    Cluster cluster({.hook = GetParam(), .arguments = {"--on-exit", "keep"}});
    cluster.serve_all();
    cluster.await_neighbours(3);
    cluster.director().process().signal(SIGTERM);
    ASSERT_EQ(cluster.director().process().wait(patience), 0);
    EXPECT_EQ(cluster.curl(web_v4()).substr(0, 6), "server");
}

TEST_P(Life, AGentleEndStopsForwardingOtherwise) {
    Cluster cluster({.hook = GetParam()});
    cluster.serve_all();
    cluster.await_neighbours(3);
    ASSERT_EQ(cluster.curl(web_v4()).substr(0, 6), "server");
    cluster.director().process().signal(SIGTERM);
    ASSERT_EQ(cluster.director().process().wait(patience), 0);
    EXPECT_EQ(cluster.run("client", "curl -sS --max-time 15 http://192.168.88.23/").status, 7);
}

// Each start of the daemon loads the program anew and replaces the one that carries traffic.  Two starts give two
// generations; from then on the test itself replaces the one by the other, as the daemon does.
TEST_P(Life, NoPacketIsLostOverTwoHundredReplacementsOfTheProgram) {
    constexpr int replacements = 200;
    constexpr std::uint64_t packets_between = 500;
    const ServiceOn echo{.port = 7, .protocol = model::Protocol::udp};
    Cluster cluster({.hook = GetParam(), .services = {echo}});
    std::vector<lab::Process> echoes;
    for (const auto& server : lab::classic::servers()) echoes.push_back(must(cluster.lab().echo(server.node, 7)));
    cluster.await_neighbours(3);
    DatagramStream stream = must(DatagramStream::start(cluster.ns("client"), {lab::classic::virtual_v4(), 7}));
    const Fd first = must(running_program(cluster, GetParam()));
    const std::vector<Fd> rests_of_first = must(hold_rests(cluster));
    must(cluster.director().restart());
    const Fd second = must(running_program(cluster, GetParam()));
    for (int i = 0; i < replacements; ++i) {
        const std::uint64_t before = stream.echoed();
        must(replace_program(cluster, GetParam(), i % 4 < 2 ? "eth0" : "eth1", i % 2 == 0 ? first : second));
        ASSERT_TRUE(lab::wait_until(patience, [&] { return stream.echoed() >= before + packets_between; })) << i;
    }
    const StreamReport report = stream.finish(patience);
    EXPECT_GE(report.sent, replacements * packets_between);
    EXPECT_EQ(report.echoed, report.sent);
}

// Nothing of this server's is under way: every connection it had has seen the FIN of both sides.
bool is_drained(Cluster& cluster, const Address& server) {
    bool drained = true;
    api::Client client = cluster.client();
    must(client.connections([&](const api::ConnectionSnapshot& connection) {
        const bool ended = connection.state == "TIME_WAIT" || connection.state == "CLOSE";
        drained = drained && (connection.server.address != server || ended);
    }));
    return drained;
}

// The server removed is quiesced first, as an operator does it: from then on every request is one of the others'.
TEST_P(Life, ReloadsAddAndRemoveServersUnderLoadWithoutHarmToTheOthers) {
    Cluster cluster({.hook = GetParam(), .services = {{.servers = {{"server1"}, {"server2"}}}}});
    cluster.serve_all();
    cluster.await_neighbours(2);
    std::map<std::string, std::vector<lab::WebConnection>> held;
    for (int i = 0; i < 20; ++i) {
        lab::WebConnection connection = must(lab::WebConnection::open(cluster.ns("client"), web_v4(), patience));
        const std::string page = must(connection.get("/", patience)).body;
        held[page].push_back(std::move(connection));
    }
    Wrk wrk(cluster, "-H 'Connection: close'");
    ASSERT_TRUE(lab::wait_until(patience, [&] { return requests_forwarded(cluster) > 1000; }));
    cluster.reload(configuration({{.servers = {{"server1"}, {"server2"}, {"server3"}}}}));
    const auto taken_by = [&](std::size_t server) { return cluster.services().services.at(0).servers.at(server).counters.connections; };
    ASSERT_TRUE(lab::wait_until(patience, [&] { return taken_by(2) > 100; }));
    cluster.reload(configuration({{.servers = {{"server1"}, {"server2", 0}, {"server3"}}}}));
    held["server2\n"].clear();
    ASSERT_TRUE(lab::wait_until(patience, [&] { return is_drained(cluster, lab::classic::servers().at(1).v4); }));
    cluster.reload(configuration({{.servers = {{"server1"}, {"server3"}}}}));
    const std::uint64_t before = taken_by(1);
    EXPECT_TRUE(lab::wait_until(patience, [&] { return taken_by(1) > before + 100; })) << "the load ended too early";
    for (lab::WebConnection& connection : held["server1\n"]) EXPECT_TRUE(connection.get("/", patience));
    wrk.expect_no_failure();
    EXPECT_THAT(counted(cluster.curl_many(web_v4(), 6)), testing::UnorderedElementsAre(testing::Pair("server1", 3), testing::Pair("server3", 3)));
}

TEST_P(Life, ABadFileChangesNothing) {
    Cluster cluster({.hook = GetParam()});
    cluster.serve_all();
    cluster.await_neighbours(3);
    const std::uint64_t generation = cluster.status().generation;
    must(cluster.director().write_configuration("virtual_server 192.168.88.23 80 {\n  lb_algo nonsense\n"));
    const api::ReloadOutcome outcome = must(cluster.client().reload());
    EXPECT_FALSE(outcome.applied);
    EXPECT_THAT(outcome.diagnostics, HasSubstr(":1:"));
    EXPECT_EQ(cluster.status().generation, generation);
    EXPECT_EQ(counted(cluster.curl_many(web_v4(), 3)).size(), 3u);
}

INSTANTIATE_TEST_SUITE_P(Hooks, Life, testing::Values("xdp", "tc"), [](const auto& each) { return each.param; });

}  // namespace
}  // namespace lvx::cluster
