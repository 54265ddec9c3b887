// Clients that keep their server, with real ones, through everything that happens to a director.
//
//   client 192.168.88.21, .22, .200 ── director (lvxd, ipvsadm) ── switch ── server1, server2, server3 (nginx)
#include <gmock/gmock.h>

#include <fmt/format.h>

#include <set>

#include "support/cluster.hh"

namespace lvx::cluster {
namespace {

using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::Not;

class Persistence : public testing::Test {
 protected:
    Persistence() : cluster_({.services = {}}) {
        cluster_.serve_all();
        for (const char* address : {"192.168.88.22", "192.168.88.200", "fd88::22"})
            EXPECT_EQ(cluster_.run("client", fmt::format("ip address add {} dev lo {}", address, std::string_view(address).contains(':') ? "nodad" : "")).status, 0);
    }

    Outcome ask(std::string_view words) { return must(cluster_.director().ask(words)); }
    void tell(std::string_view words) {
        const Outcome outcome = ask(words);
        EXPECT_EQ(outcome.status, 0) << words << ": " << outcome.err;
        EXPECT_EQ(outcome.out + outcome.err, "") << words;
    }
    void tell_servers(std::string_view service, std::string_view port) {
        for (const char* server : {"10.0.0.2", "10.0.0.3", "10.0.0.4"}) tell(fmt::format("ipvsadm -a -t {} -m -r {}{}", service, server, port));
        cluster_.await_neighbours(3);
    }
    // The server that answers a client of ours.
    std::string page(std::string_view from, std::string_view service) {
        std::string out = cluster_.run("client", fmt::format("curl -gsS --max-time 15 --interface {} http://{}/", from, service)).out;
        while (out.ends_with('\n')) out.pop_back();
        return out;
    }
    std::vector<std::string> pages(std::string_view from, int count) {
        std::vector<std::string> result;
        for (int i = 0; i < count; ++i) result.push_back(page(from, web));
        return result;
    }

    static constexpr std::string_view web = "192.168.88.23:80", first = "192.168.88.21", second = "192.168.88.22", third = "192.168.88.200";
    Cluster cluster_;
};

TEST_F(Persistence, AClientKeepsItsServerThroughReloadAndTheDaemonsDeathAndAnotherGetsAnother) {
    tell("ipvsadm -A -t 192.168.88.23:80 -s rr -p 300");
    tell_servers(web, "");
    const std::string its = page(first, web), other = page(second, web);
    EXPECT_NE(its, other);
    EXPECT_THAT(pages(first, 4), Each(its));
    EXPECT_THAT(pages(second, 2), Each(other));

    EXPECT_THAT(ask("ipvsadm -L -n").out, HasSubstr("TCP  192.168.88.23:80 rr persistent 300\n"));
    EXPECT_THAT(ask("ipvsadm -S -n").out, HasSubstr("-A -t 192.168.88.23:80 -s rr -p 300\n"));
    const std::string connections = ask("ipvsadm -L -n -c --persistent-conn").out;
    EXPECT_THAT(connections, testing::ContainsRegex("TCP 0[45]:[0-9][0-9]  ASSURED     192.168.88.21:0    192.168.88.23:80   10.0.0.[234]:80"));
    EXPECT_THAT(ask("lvx connections").out, HasSubstr("192.168.88.22:0"));
    const auto persistent = [&] {
        std::uint64_t sum = 0;
        for (const api::ServerSnapshot& server : cluster_.services().services.at(0).servers) sum += server.persistent;
        return sum;
    };
    EXPECT_EQ(persistent(), 2u);

    cluster_.director().process().kill();
    EXPECT_EQ(page(first, web), its);
    must(cluster_.director().restart());
    EXPECT_EQ(persistent(), 2u);
    EXPECT_THAT(ask("ipvsadm -S -n").out, HasSubstr("-A -t 192.168.88.23:80 -s rr -p 300\n"));
    EXPECT_EQ(page(first, web), its);
    EXPECT_EQ(page(second, web), other);
}

TEST_F(Persistence, AMaskKeepsTheClientsOfANetworkTogether) {
    tell("ipvsadm -A -t 192.168.88.23:80 -s rr -p 300 -M 255.255.255.128");
    tell_servers(web, "");
    EXPECT_THAT(ask("ipvsadm -S -n").out, HasSubstr("-p 300 -M 255.255.255.128\n"));
    const std::string low = page(first, web), high = page(third, web);
    EXPECT_EQ(page(second, web), low);
    EXPECT_NE(high, low);
    EXPECT_EQ(page(third, web), high);
    tell("ipvsadm -E -t 192.168.88.23:80 -s rr -p 300 -M 255.255.255.0");
    const std::string all = page(third, web);
    EXPECT_EQ(page(first, web), all);
    EXPECT_EQ(page(second, web), all);
    tell("ipvsadm -E -t 192.168.88.23:80 -s rr");
    const std::vector<std::string> spread = pages(first, 3);
    EXPECT_EQ(std::set<std::string>(spread.begin(), spread.end()).size(), 3u);
}

TEST_F(Persistence, AServiceOfPortZeroIsOneServerForAllPortsOfAClient) {
    tell("ipvsadm -A -t 192.168.88.23:0 -s rr -p 300");
    tell_servers("192.168.88.23:0", ":0");
    const std::string its = page(first, web);
    EXPECT_EQ(page(first, web), its);
    EXPECT_THAT(ask("ipvsadm -L -n -c").out, testing::ContainsRegex("ASSURED     192.168.88.21:0    192.168.88.23:0    10.0.0.[234]:0\n"));
    tell("ipvsadm -A -t 192.168.88.23:80 -s rr");
    tell_servers(web, "");
    const std::vector<std::string> spread = pages(first, 3);
    EXPECT_EQ(std::set<std::string>(spread.begin(), spread.end()).size(), 3u);
}

TEST_F(Persistence, AQuiescedServerKeepsItsClientsAndARemovedOneLosesThem) {
    tell("ipvsadm -A -t 192.168.88.23:80 -s rr -p 300");
    tell_servers(web, "");
    const std::string its = page(first, web);
    const std::string address = "10.0.0." + std::to_string(its.back() - '0' + 1);
    tell(fmt::format("ipvsadm -e -t 192.168.88.23:80 -r {} -m -w 0", address));
    EXPECT_EQ(page(first, web), its);
    EXPECT_THAT((std::vector<std::string>{page(second, web), page(third, web)}), Not(Contains(its)));
    tell(fmt::format("ipvsadm -d -t 192.168.88.23:80 -r {}", address));
    const std::string next = page(first, web);
    EXPECT_NE(next, its);
    tell(fmt::format("ipvsadm -a -t 192.168.88.23:80 -r {} -m", address));
    cluster_.await_neighbours(3);
    EXPECT_THAT(pages(first, 2), Each(next));
}

}  // namespace
}  // namespace lvx::cluster
