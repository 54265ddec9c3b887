// Checks that go through the virtual service see what a client would see, of each server by itself.
//
//   client ── director (checks: 169.254.77.2 in a namespace of lvx's own) ── three nginx; one of them answers its own
//   network, and nobody else: well for every check that asks it directly
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <csignal>

#include "lab/load.hh"
#include "lab/web.hh"
#include "support/cluster.hh"
#include "support/pair.hh"

namespace lvx::cluster {
namespace {

using testing::HasSubstr;

constexpr const char* deaf_to_clients = "nft 'add table inet deaf; add chain inet deaf in { type filter hook input priority 0; }; "
                                        "add rule inet deaf in ip saddr != 10.0.0.0/24 tcp dport 80 drop'";

std::string pool(const std::string& options, const std::string& check) {
    std::string text = "virtual_server 192.168.88.23 80 {\n  lvs_sched rr\n  lvs_method NAT\n  protocol TCP\n"
                       "  delay_loop 0.1\n  delay_before_retry 0.1\n  connect_timeout 1.5\n  retry 0\n  warmup 0\n" + options;
    for (const char* server : {"10.0.0.2", "10.0.0.3", "10.0.0.4"}) text += "  real_server " + std::string(server) + " 80 { weight 1\n" + check + " }\n";
    return text + "}\n";
}

const std::string through = "  check_through virtual\n", page = "HTTP_GET { url { path /\n status_code 200\n } }";

// One laboratory for all of them: building it takes longer than some tests.
class Through : public testing::Test {
 protected:
    static void SetUpTestSuite() {
        laboratory = std::make_unique<Cluster>(Description{});
        laboratory->serve_all();
        laboratory->await_neighbours(3);
    }
    static void TearDownTestSuite() { laboratory.reset(); }
    void SetUp() override { cluster_.mend(); }
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
        const auto passed = [this](const std::string& server) { return check(server).runs - check(server).failures; };
        std::map<std::string, std::uint64_t> goals;
        for (const char* server : {"10.0.0.2:80", "10.0.0.3:80", "10.0.0.4:80"}) goals[server] = passed(server) + more;
        for (const auto& [server, goal] : goals)
            ASSERT_TRUE(lab::wait_until(patience, [&] { return passed(server) >= goal && check(server).state == "up"; })) << check(server).result << cluster_.director().log();
    }
    // As a check of it has seen.
    void await_check(const std::string& server, const std::string& wanted) {
        ASSERT_TRUE(lab::wait_until(patience, [&] { return check(server).runs > 0 && check(server).state == wanted; })) << server << ": " << check(server).state << ' ' << check(server).result << cluster_.director().log();
    }
    lab::LoadResult load() { return lab::fetch_many(cluster_.ns("client"), web_v4(), 90); }
    [[nodiscard]] std::uint64_t connections() { return cluster_.status().connections; }

    static std::unique_ptr<Cluster> laboratory;
    Cluster& cluster_ = *laboratory;
};
std::unique_ptr<Cluster> Through::laboratory;

// First: no client has connected yet.
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

// Mode and name of a little name server, in memory that it shares with the test.
enum class Answering : int { well, with_failure, not_at_all };
class NameServer {
 public:
    NameServer(const lab::Lab& lab, const std::string& node)
        : mode_(new (::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) std::atomic<Answering>(Answering::well)),
          process_(must(lab::fork_inside(lab.namespace_of(node), lab::Bond::dies_with_parent, [this, node] { return serve(node); }))) {}
    void answer(Answering mode) { *mode_ = mode; }
    void kill() { process_.kill(); }

 private:
    // The question again, as its own answer, and who answered.
    [[nodiscard]] int serve(const std::string& node) const {
        const auto socket = lab::receive_on(53);
        if (!socket) return 1;
        (void)::fcntl(socket->get(), F_SETFL, 0);  // blocking
        char datagram[512];
        while (true) {
            sockaddr_storage from{};
            socklen_t size = sizeof from;
            const ssize_t length = ::recvfrom(socket->get(), datagram, 400, 0, reinterpret_cast<sockaddr*>(&from), &size);
            const Answering mode = *mode_;
            if (length < 12 || mode == Answering::not_at_all) continue;
            datagram[2] = static_cast<char>(0x81);
            datagram[3] = static_cast<char>(mode == Answering::well ? 0x80 : 0x82);  // SERVFAIL
            std::ranges::copy(node, datagram + length);
            (void)::sendto(socket->get(), datagram, static_cast<std::size_t>(length) + node.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
        }
    }
    std::atomic<Answering>* mode_;
    lab::Process process_;
};

std::string datagram_pool(const std::string& address, const std::vector<std::string>& servers, Port port, const std::string& check) {
    std::string text = fmt::format("virtual_server {} {} {{\n  lvs_sched rr\n  lvs_method NAT\n  protocol UDP\n  check_through virtual\n"
                                   "  delay_loop 0.1\n  delay_before_retry 0.1\n  retry 0\n  warmup 0\n", address, port);
    for (const std::string& server : servers) text += fmt::format("  real_server {} {} {{ weight 1\n {} {{ connect_timeout 1.5\n{} }} }}\n", server, port, check.substr(0, check.find(' ')), check.substr(check.find(' ') + 1));
    return text + "}\n";
}
const std::vector<std::string> servers4 = {"10.0.0.2", "10.0.0.3", "10.0.0.4"}, servers6 = {"fd00::2", "fd00::3", "fd00::4"};

TEST_F(Through, ADatagramsCheckMeetsItsOwnServerOverBothFamilies) {
    std::vector<std::unique_ptr<NameServer>> names;
    std::vector<lab::Process> echoes;
    for (const lab::classic::RealServer& server : lab::classic::servers()) {
        names.push_back(std::make_unique<NameServer>(cluster_.lab(), server.node));
        echoes.push_back(must(cluster_.lab().echo(server.node, 7)));
    }
    const std::string ask = "DNS_CHECK type A\n name www.example.net\n", echo = "UDP_CHECK payload 4c56530a\n require_reply 4c56530a\n";
    cluster_.reload(datagram_pool("192.168.88.23", servers4, 53, ask) + datagram_pool("fd88::23", servers6, 53, ask) + datagram_pool("192.168.88.23", servers4, 7, echo));
    for (const char* server : {"10.0.0.2:53", "10.0.0.3:53", "10.0.0.4:53", "[fd00::2]:53", "[fd00::3]:53", "[fd00::4]:53", "10.0.0.2:7", "10.0.0.3:7", "10.0.0.4:7"}) {
        await_check(server, "up");
        EXPECT_THAT(check(server).target, HasSubstr(" through ")) << server;
    }
    names[0]->answer(Answering::not_at_all);
    names[1]->answer(Answering::with_failure);
    names[2]->kill();
    echoes[1].kill();
    await_check("10.0.0.3:7", "down");
    EXPECT_EQ(check("10.0.0.3:7").result, "connection refused") << "the ICMP error found its way to the check";
    EXPECT_EQ(check("10.0.0.2:7").state, "up");
    for (const auto& servers : {servers4, servers6}) {
        const char* reasons[] = {"no answer within 1.5 s", "SERVFAIL, wanted NOERROR", "connection refused"};
        for (int i = 0; i < 3; ++i) {
            const std::string server = Endpoint{lab::address(servers[i]), 53}.text();
            await_check(server, "down");
            EXPECT_EQ(check(server).result, reasons[i]) << server;
        }
    }
    for (const int back : {0, 1}) names[back]->answer(Answering::well);
    for (const char* server : {"10.0.0.2:53", "10.0.0.3:53", "[fd00::2]:53", "[fd00::3]:53"}) await_check(server, "up");
    EXPECT_EQ(check("10.0.0.4:53").state, "down");
    // Nobody's question meets the dead one.
    for (const Address& address : {lab::classic::virtual_v4(), lab::classic::virtual_v6()}) {
        for (int i = 0; i < 6; ++i) {
            const auto answer = lab::exchange(cluster_.ns("client"), {address, 53}, std::string(12, '\0'), patience);
            ASSERT_TRUE(answer) << answer.error().sentence();
            EXPECT_THAT(*answer, testing::AnyOf(testing::EndsWith("server1"), testing::EndsWith("server2")));
        }
    }
}

TEST_F(Through, OverIPv6TooOnlyACheckThroughTheServiceSeesABrokenPath) {
    std::string text = "virtual_server fd88::23 80 {\n  lvs_sched rr\n  lvs_method NAT\n  protocol TCP\n  delay_loop 0.1\n  delay_before_retry 0.1\n"
                       "  connect_timeout 1.5\n  retry 0\n  warmup 0\n";
    for (const std::string& server : servers6) text += "  real_server " + server + " 80 { weight 1\n TCP_CHECK { check_through virtual }\n HTTP_GET { url { path /\n status_code 200\n } } }\n";
    cluster_.reload(text + "}\n");
    for (const std::string& server : servers6) await_state("[" + server + "]:80", "up");
    ASSERT_EQ(cluster_.run("server2", "nft 'add table inet deaf; add chain inet deaf in { type filter hook input priority 0; }; "
                                      "add rule inet deaf in ip6 saddr != fd00::/64 tcp dport 80 drop'").status, 0);
    await_state("[fd00::3]:80", "down");
    EXPECT_EQ(check("[fd00::3]:80").result, "no connection within 1.5 s") << "the first of its two checks, the one through the service";
    const lab::LoadResult without = lab::fetch_many(cluster_.ns("client"), web_v6(), 30);
    EXPECT_EQ(without.failures, 0U) << without.first_failure;
    EXPECT_EQ(without.answers.size(), 2U);
    EXPECT_EQ(cluster_.run("server2", "nft delete table inet deaf").status, 0);
    await_state("[fd00::3]:80", "up");
    EXPECT_EQ(lab::fetch_many(cluster_.ns("client"), web_v6(), 30).answers.size(), 3U);
}

// Of two directors only the one that has the address checks; the other one begins when it gets it.
TEST(ThroughPair, TheBackupDirectorsChecksRestUntilItHasTheAddress) {
    const std::string own = "virtual_server 192.168.88.23 8007 {\n  lb_kind NAT\n  protocol TCP\n  ha_suspend\n  delay_loop 0.1\n  warmup 0\n  retry 0\n"
                            "  real_server 10.0.0.2 7 { TCP_CHECK { connect_timeout 1.5 } }\n}\n";
    Pair pair({.stream = false, .extra = own, .service = "check_through virtual\n delay_loop 0.1\n warmup 0\n retry 0\n", .server = "TCP_CHECK { connect_timeout 1.5 }"});
    const auto checks = [&pair](int number) { return must(must(api::Client::connect(pair.director(number).socket(), patience)).checks()).checks; };
    const auto all = [&checks](int number, const std::string& state) {
        const auto found = checks(number);
        return found.size() == 3 && std::ranges::all_of(found, [&state](const api::CheckSnapshot& check) { return check.state == state && (check.runs > 0) == (state == "up"); });
    };
    const auto shown = [&checks](int number) {
        std::string text;
        for (const api::CheckSnapshot& check : checks(number)) text += fmt::format("{} {}: {} {}, {} runs\n", check.server, check.target, check.state, check.result, check.runs);
        return text;
    };
    ASSERT_TRUE(lab::wait_until(patience, [&] { return all(1, "up"); })) << shown(1) << pair.director(1).log();
    EXPECT_TRUE(all(2, "suspended")) << shown(2);
    pair.director(1).process().signal(SIGTERM);
    ASSERT_TRUE(lab::wait_until(patience, [&] { return all(2, "up"); })) << shown(2) << pair.director(2).log();
    ASSERT_EQ(must(pair.lab().run("server1", lab::shell("nft 'add table ip f; add chain ip f in { type filter hook input priority 0; }; add rule ip f in tcp dport 7 reject with tcp reset'"), patience)).status, 0);
    const auto down = [&checks] { return std::ranges::count(checks(2), std::string("down"), &api::CheckSnapshot::state); };
    ASSERT_TRUE(lab::wait_until(patience, [&] { return down() == 2; })) << shown(2);
    must(pair.director(1).restart());
    ASSERT_TRUE(lab::wait_until(patience, [&] {
        const auto found = checks(2);
        return std::ranges::all_of(found, [](const api::CheckSnapshot& check) { return check.state == "suspended"; });
    })) << shown(2) << "it is the backup again";
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
