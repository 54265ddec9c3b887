// A service of a firewall mark with real clients: two ports and datagrams, one server for one client; through ipvsadm,
// the daemon's death and a change of the files.
//
//   client 192.168.88.21, .22 ── director (lvxd) ── switch ── server1, server2, server3 (nginx on 80, and by a
//                                                             redirection on 8080; an echo on 7)
#include <gmock/gmock.h>

#include <fmt/format.h>

#include "support/cluster.hh"

namespace lvx::cluster {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;

constexpr std::string_view packets = "fwmark_packets 7 {\n    tcp 192.168.88.23 80\n    tcp 192.168.88.23 8080\n    udp 192.168.88.23 7\n    tcp fd88::23 80\n}\n";

class Fwmark : public testing::Test {
 protected:
    Fwmark() : cluster_({}) {
        cluster_.serve_all();
        for (const auto& server : lab::classic::servers()) {
            EXPECT_EQ(cluster_.run(server.node, "nft 'table inet nat { chain pre { type nat hook prerouting priority -100; tcp dport 8080 redirect to :80; }; }'").status, 0);
            echoes_.push_back(must(cluster_.lab().echo(server.node, 7)));
        }
        EXPECT_EQ(cluster_.run("client", "ip address add 192.168.88.22 dev lo").status, 0);
        cluster_.reload(std::string(packets));
    }

    Outcome ask(std::string_view words) { return must(cluster_.director().ask(words)); }
    void tell(std::string_view words) {
        const Outcome outcome = ask(words);
        EXPECT_EQ(outcome.status, 0) << words << ": " << outcome.err;
        EXPECT_EQ(outcome.out + outcome.err, "") << words;
    }
    std::string page(std::string_view from, Port port) {
        std::string out = cluster_.run("client", fmt::format("curl -gsS --max-time 15 --interface {} http://192.168.88.23:{}/", from, port)).out;
        while (out.ends_with('\n')) out.pop_back();
        return out;
    }
    void serve(std::string_view options) {
        tell(fmt::format("ipvsadm -A -f 7 -s rr {}", options));
        for (const char* server : {"10.0.0.2", "10.0.0.3", "10.0.0.4"}) tell(fmt::format("ipvsadm -a -f 7 -m -r {}", server));
        cluster_.await_neighbours(3);
    }
    std::uint64_t connections() { return cluster_.services().services.at(0).counters.connections; }

    static constexpr std::string_view first = "192.168.88.21", second = "192.168.88.22";
    Cluster cluster_;
    std::vector<lab::Process> echoes_;
};

TEST_F(Fwmark, OneServerForAClientOnBothPortsAndInDatagrams) {
    serve("-p 300");
    const std::string its = page(first, 80);
    EXPECT_NE(its, "");
    for (const Port port : {Port{8080}, Port{80}, Port{8080}}) EXPECT_EQ(page(first, port), its);
    EXPECT_NE(page(second, 8080), its);
    const std::string address = "10.0.0." + std::to_string(its.back() - '0' + 1);
    EXPECT_EQ(cluster_.run("client", "bash -c 'echo hello > /dev/udp/192.168.88.23/7'").status, 0);
    const std::string list = ask("ipvsadm -L -n -c").out;
    EXPECT_THAT(list, ContainsRegex(fmt::format("UDP 0[0-9]:[0-9][0-9]  UDP         192.168.88.21:[0-9]+ 192.168.88.23:7    {}:7\n", address)));
    EXPECT_THAT(list, ContainsRegex(fmt::format("IP  0[45]:[0-9][0-9]  [A-Z]+ +192.168.88.21:0    0.0.0.7:0          {}:0\n", address)));
    EXPECT_THAT(ask("ipvsadm -L -n").out, HasSubstr("FWM  7 rr persistent 300\n  -> 10.0.0.2:0                   Masq    1 "));
    EXPECT_EQ(ask("ipvsadm -S -n").out, "-A -f 7 -s rr -p 300\n-a -f 7 -r 10.0.0.2:0 -m -w 1\n-a -f 7 -r 10.0.0.3:0 -m -w 1\n-a -f 7 -r 10.0.0.4:0 -m -w 1\n");

    const std::uint64_t counted = connections();
    EXPECT_EQ(counted, 6u);
    cluster_.director().process().kill();
    EXPECT_EQ(page(first, 8080), its);
    must(cluster_.director().restart());
    EXPECT_EQ(page(first, 80), its);
    EXPECT_EQ(connections(), counted + 2);
    cluster_.reload("fwmark_packets 7 {\n    tcp 192.168.88.23 80\n}\n");
    EXPECT_EQ(page(first, 80), its);
    EXPECT_EQ(page(first, 8080), "");
    EXPECT_EQ(connections(), counted + 3);
    tell("ipvsadm -Z -f 7");
    EXPECT_EQ(connections(), 0u);
}

TEST_F(Fwmark, TheMarkWinsOverTheAddressUntilItsServiceGoes) {
    serve("");
    tell("ipvsadm -A -t 192.168.88.23:80 -s rr");
    tell("ipvsadm -a -t 192.168.88.23:80 -r 10.0.0.4:80 -m");
    const std::map<std::string, int> all{{"server1", 2}, {"server2", 2}, {"server3", 2}}, one{{"server3", 6}};
    EXPECT_EQ(counted(cluster_.curl_many(web_v4(), 6)), all);
    tell("ipvsadm -D -f 7");
    EXPECT_EQ(counted(cluster_.curl_many(web_v4(), 6)), one);
    tell("ipvsadm -A -f 7 -6 -s rr");
    tell("ipvsadm -a -f 7 -6 -r [fd00::2]:0 -m");
    cluster_.await_neighbours(2);
    EXPECT_EQ(counted(cluster_.curl_many(web_v6(), 2)), (std::map<std::string, int>{{"server1", 2}}));
    EXPECT_THAT(ask("ipvsadm -L -n").out, HasSubstr("FWM  7 IPv6 rr\n  -> [fd00::2]:0                  Masq    1 "));
}

}  // namespace
}  // namespace lvx::cluster
