// A service of a firewall mark whose packets netfilter's own rules choose, in the director's namespace.
//
//   client 192.168.88.21 ── director (lvxd, nft, iptables) ── switch ── server1, server2, server3 (nginx on 80, and by a
//                                                                       redirection on 8080)
#include <gmock/gmock.h>

#include <fmt/format.h>

#include "support/cluster.hh"

namespace lvx::cluster {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::UnorderedElementsAre;

class MarksLab : public testing::Test {
 protected:
    explicit MarksLab(const Description& description) : cluster_(description) {
        cluster_.serve_all();
        for (const char* server : {"server1", "server2", "server3"})
            in(server, "nft 'table ip nat { chain pre { type nat hook prerouting priority -100; tcp dport 8080 redirect to :80; }; }'");
    }

    void in(std::string_view node, std::string_view words) {
        const Outcome outcome = cluster_.run(node, words);
        EXPECT_EQ(outcome.status, 0) << words << ": " << outcome.err;
    }
    void tell(std::string_view words) {
        const Outcome outcome = must(cluster_.director().ask(words));
        EXPECT_EQ(outcome.status, 0) << words << ": " << outcome.err;
    }
    std::string marks() { return must(cluster_.director().ask("lvx marks")).out; }
    // Until "lvx marks" says so; what it says then.
    std::string await_marks(const std::function<bool(const std::string&)>& condition) {
        std::string text;
        EXPECT_TRUE(lab::wait_until(patience, [&] { return condition(text = marks()); })) << text;
        return text;
    }
    static std::function<bool(const std::string&)> says(std::string words) {
        return [words = std::move(words)](const std::string& text) { return text.find(words) != text.npos; };
    }
    std::map<std::string, int> pages(Port port) { return counted(cluster_.curl_many({lab::classic::virtual_v4(), port}, 6)); }

    const std::map<std::string, int> all_in_turn_{{"server1", 2}, {"server2", 2}, {"server3", 2}};
    Cluster cluster_;
};

class Marks : public MarksLab {
 protected:
    Marks() : MarksLab({.services = {}}) {
        tell("ipvsadm -A -f 7 -s rr");
        for (const char* server : {"10.0.0.2", "10.0.0.3", "10.0.0.4"}) tell(fmt::format("ipvsadm -a -f 7 -m -r {}", server));
        cluster_.await_neighbours(3);
    }
};

class MarksOfAFile : public MarksLab {
 protected:
    MarksOfAFile() : MarksLab({}) {
        cluster_.reload("fwmark_packets 7 {\n    tcp 192.168.88.23 80\n}\nvirtual_server fwmark 7 {\n    lb_algo rr\n    lb_kind NAT\n"
                        "    real_server 10.0.0.2 0 {\n    }\n    real_server 10.0.0.3 0 {\n    }\n    real_server 10.0.0.4 0 {\n    }\n}\n");
        cluster_.await_neighbours(3);
    }
};

TEST_F(MarksOfAFile, AndThoseOfRulesAreOneService) {
    in("director", "nft 'table ip mangle { chain pre { type filter hook prerouting priority mangle; ip daddr 192.168.88.23 tcp dport { 80, 8080 } meta mark set 7; }; }'");
    const std::string text = await_marks(says(" 8080 "));
    EXPECT_THAT(text, testing::ContainsRegex("   7  inet    tcp       192.168.88.23  80     fwmark/7  [^\n]*(fwmark_packets|:2)\n"));
    EXPECT_THAT(text, HasSubstr("   7  inet    tcp       192.168.88.23  8080   fwmark/7  nft ip mangle pre handle 3\n"));
    EXPECT_EQ(pages(80), all_in_turn_);
    EXPECT_EQ(pages(8080), all_in_turn_);
    in("director", "nft flush ruleset");
    await_marks([](const std::string& answer) { return answer.find(" 8080 ") == answer.npos; });
    EXPECT_EQ(pages(80), all_in_turn_);
}

TEST_F(Marks, PortsThatARuleOfNftMarksAreOneServiceAsLongAsTheRuleStands) {
    in("director", "nft 'table ip mangle { chain pre { type filter hook prerouting priority mangle; ip daddr 192.168.88.23 tcp dport 80 meta mark set 7; ip daddr 192.168.88.23 tcp dport 8080 meta mark set 7; }; }'");
    const std::string both = await_marks(says(" 8080 "));
    EXPECT_THAT(both, HasSubstr("   7  inet    tcp       192.168.88.23  80     fwmark/7  nft ip mangle pre handle 2\n"));
    EXPECT_EQ(pages(80), all_in_turn_);
    EXPECT_EQ(pages(8080), all_in_turn_);

    in("director", "nft delete rule ip mangle pre handle 3");
    await_marks([](const std::string& text) { return text.find(" 8080 ") == text.npos; });
    EXPECT_EQ(cluster_.run("client", "curl -sS --max-time 2 http://192.168.88.23:8080/").out, "");
    EXPECT_EQ(pages(80), all_in_turn_);
    EXPECT_THAT(must(cluster_.director().ask("lvx events")).out, HasSubstr("netfilter's rules mark 1 destinations for services of firewall marks: 0 new, 1 gone"));
}

TEST_F(Marks, EveryPortButOneIsServedWhereARuleExceptsIt) {
    in("director", "nft 'table ip mangle { chain pre { type filter hook prerouting priority mangle; tcp dport 8080 accept; ip daddr 192.168.88.23 ip protocol tcp meta mark set 7; }; }'");
    const std::string text = await_marks(says(" any "));
    EXPECT_THAT(text, HasSubstr("none  inet    tcp       192.168.88.23  8080"));
    EXPECT_EQ(pages(80), all_in_turn_);
    EXPECT_EQ(cluster_.run("client", "curl -sS --max-time 2 http://192.168.88.23:8080/").out, "");
    in("director", "nft flush chain ip mangle pre");
    in("director", "nft add rule ip mangle pre ip daddr 192.168.88.23 ip protocol tcp meta mark set 7");
    await_marks([](const std::string& answer) { return answer.find(" any ") != answer.npos && answer.find(" 8080 ") == answer.npos; });
    EXPECT_EQ(pages(8080), all_in_turn_);
}

TEST_F(Marks, ARuleThatLooksAtTheSourceIsNamedAndNotGuessed) {
    in("director", "nft 'table ip mangle { chain pre { type filter hook prerouting priority mangle; ip saddr 192.168.88.21 ip daddr 192.168.88.23 tcp dport 80 meta mark set 7; }; }'");
    const std::string text = await_marks(says("not followed:\n  rule nft ip mangle pre handle 2: depends on source address\n"));
    EXPECT_THAT(text, HasSubstr("no packets are known to carry a firewall mark\n"));
    EXPECT_THAT(must(cluster_.director().ask("lvx events")).out, HasSubstr("nft ip mangle pre handle 2 is not followed: it depends on source address"));
}

TEST_F(Marks, RulesOfIptablesAreFollowedAndSurviveTheDaemon) {
    in("director", "iptables -t mangle -A PREROUTING -d 192.168.88.23 -p tcp -m multiport --dports 80,8080 -j MARK --set-mark 7");
    await_marks(says("iptables mangle PREROUTING rule 1"));
    EXPECT_EQ(pages(80), all_in_turn_);
    cluster_.director().process().kill();
    EXPECT_EQ(pages(8080), all_in_turn_);
    in("director", "iptables -t mangle -D PREROUTING 1");
    in("director", "iptables -t mangle -A PREROUTING -d 192.168.88.23 -p tcp --dport 8080 -j MARK --set-mark 7");
    must(cluster_.director().restart());
    await_marks([](const std::string& answer) { return answer.find(" 8080 ") != answer.npos && answer.find(" 80 ") == answer.npos; });
    EXPECT_EQ(pages(8080), all_in_turn_);
    EXPECT_EQ(cluster_.run("client", "curl -sS --max-time 2 http://192.168.88.23/").out, "");
}

TEST_F(Marks, WithoutAServiceOfAMarkRulesAreLookedAtWhenAsked) {
    tell("ipvsadm -D -f 7");
    in("director", "nft 'table ip mangle { chain pre { type filter hook prerouting priority mangle; ip daddr 192.168.88.23 tcp dport 80 meta mark set 7; }; }'");
    const std::string text = await_marks(says("no service  nft ip mangle pre handle 2\n"));
    EXPECT_THAT(text, HasSubstr("looked at now; there is no service of a mark, so nobody follows them\n"));
}

}  // namespace
}  // namespace lvx::cluster
