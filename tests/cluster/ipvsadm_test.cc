// The ipvsadm applet as an operator's hands know it, against a running director that was started without a file.
//
//   client ── director (lvxd; `ipvsadm` is lvx by another name) ── switch ── server1, server2, server3 (nginx)
#include <gmock/gmock.h>

#include "support/cluster.hh"

namespace lvx::cluster {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Ipvsadm : public testing::Test {
 protected:
    Ipvsadm() : cluster_({.services = {}}) { cluster_.serve_all(); }

    Outcome ask(std::string_view words) { return must(cluster_.director().ask(words)); }
    void tell(std::string_view words) {
        const Outcome outcome = ask(words);
        EXPECT_EQ(outcome.status, 0) << words << ": " << outcome.err;
        EXPECT_EQ(outcome.out + outcome.err, "") << words;
    }
    void tell_classic() {
        tell("ipvsadm -A -t 192.168.88.23:80 -s rr");
        for (const char* server : {"10.0.0.2", "10.0.0.3", "10.0.0.4"}) {
            tell(std::string("ipvsadm -a -t 192.168.88.23:80 -m -r ") + server);
        }
        cluster_.await_neighbours(3);
    }

    Cluster cluster_;
};

TEST_F(Ipvsadm, BuildsTheClassicClusterAndListsItAsTheRealToolDoes) {
    tell_classic();
    EXPECT_EQ(cluster_.curl_many(web_v4(), 3), (std::vector<std::string>{"server3", "server2", "server1"}));
    const std::string size = std::to_string(cluster_.services().table_size);
    // A client that has its page may be faster than its FIN.
    EXPECT_TRUE(lab::wait_until(patience, [&] { return ask("ipvsadm -L -n").out.find("Masq    1      1 ") == std::string::npos; }));
    EXPECT_EQ(ask("ipvsadm -L -n").out, "IP Virtual Server version 1.2.1 (size=" + size + ")\n"
                                        "Prot LocalAddress:Port Scheduler Flags\n"
                                        "  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n"
                                        "TCP  192.168.88.23:80 rr\n"
                                        "  -> 10.0.0.2:80                  Masq    1      0          1         \n"
                                        "  -> 10.0.0.3:80                  Masq    1      0          1         \n"
                                        "  -> 10.0.0.4:80                  Masq    1      0          1         \n");
}

TEST_F(Ipvsadm, ChangesWeightsAndSchedulersOfARunningService) {
    tell_classic();
    tell("ipvsadm -E -t 192.168.88.23:80 -s wrr");
    tell("ipvsadm -e -t 192.168.88.23:80 -r 10.0.0.2 -m -w 4");
    tell("ipvsadm -e -t 192.168.88.23:80 -r 10.0.0.3 -m -w 0");
    EXPECT_THAT(counted(cluster_.curl_many(web_v4(), 10)),
                testing::UnorderedElementsAre(testing::Pair("server1", 8), testing::Pair("server3", 2)));
}

TEST_F(Ipvsadm, ShowsConnections) {
    tell_classic();
    ASSERT_EQ(cluster_.curl(web_v4()), "server3");
    std::string listing;
    EXPECT_TRUE(lab::wait_until(patience, [&] { return (listing = ask("ipvsadm -L -n -c").out).find("TIME_WAIT") != std::string::npos; })) << listing;
    EXPECT_THAT(listing, HasSubstr("192.168.88.23:80"));
    EXPECT_THAT(listing, HasSubstr("10.0.0.4:80"));
}

TEST_F(Ipvsadm, CountsAndZeroes) {
    tell_classic();
    cluster_.curl_many(web_v4(), 3);
    EXPECT_EQ(cluster_.services().services.at(0).counters.connections, 3u);
    EXPECT_THAT(ask("ipvsadm -L -n --stats").out, HasSubstr("TCP  192.168.88.23:80                    3 "));
    tell("ipvsadm -Z");
    EXPECT_EQ(cluster_.services().services.at(0).counters.connections, 0u);
}

TEST_F(Ipvsadm, RemovesServersServicesAndEverything) {
    tell_classic();
    tell("ipvsadm -d -t 192.168.88.23:80 -r 10.0.0.4");
    EXPECT_THAT(counted(cluster_.curl_many(web_v4(), 4)),
                testing::UnorderedElementsAre(testing::Pair("server1", 2), testing::Pair("server2", 2)));
    tell("ipvsadm -D -t 192.168.88.23:80");
    EXPECT_TRUE(cluster_.services().services.empty());
    tell("ipvsadm -A -u 192.168.88.23:53 -s wlc");
    tell("ipvsadm -C");
    EXPECT_TRUE(cluster_.services().services.empty());
}

TEST_F(Ipvsadm, RefusesWithTheRealToolsWordsAndStatus) {
    tell_classic();
    const Outcome twice = ask("ipvsadm -A -t 192.168.88.23:80");
    EXPECT_EQ(twice.status, 255);
    EXPECT_EQ(twice.err, "Service already exists\n");
    const Outcome unknown = ask("ipvsadm -D -t 192.168.88.99:80");
    EXPECT_EQ(unknown.status, 255);
    EXPECT_EQ(unknown.err, "No such service\n");
}

TEST_F(Ipvsadm, SavesWhatItWouldRestore) {
    tell_classic();
    const std::string saved = ask("ipvsadm -S -n").out;
    EXPECT_EQ(saved, "-A -t 192.168.88.23:80 -s rr\n"
                     "-a -t 192.168.88.23:80 -r 10.0.0.2:80 -m -w 1\n"
                     "-a -t 192.168.88.23:80 -r 10.0.0.3:80 -m -w 1\n"
                     "-a -t 192.168.88.23:80 -r 10.0.0.4:80 -m -w 1\n");
}

TEST_F(Ipvsadm, KeepsItsServicesOverARestartOfTheDaemon) {
    tell_classic();
    cluster_.director().process().kill();
    EXPECT_EQ(cluster_.curl(web_v4()), "server3");
    must(cluster_.director().restart());
    ASSERT_EQ(cluster_.services().services.size(), 1u);
    EXPECT_EQ(cluster_.curl(web_v4()), "server2");
}

}  // namespace
}  // namespace lvx::cluster
