// A Watch with the real nft and iptables, and its members beside the marks that the kernel gives to real packets.  The whole
// program moves into a network namespace of its own first.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sched.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <set>

#include "base/fd.hh"
#include "base/text.hh"
#include "marks/naive.hh"
#include "marks/test_rules.hh"
#include "marks/test_sights.hh"
#include "script/program.hh"

namespace lvx::marks {
namespace {

using namespace test;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Words between blanks; no shell.
void run(const std::string& command) {
    std::vector<std::string> words;
    for (const std::string_view word : split_words(command)) words.emplace_back(word);
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_t child = -1;
    ASSERT_EQ(::posix_spawnp(&child, arguments[0], nullptr, nullptr, arguments.data(), environ), 0) << command;
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_EQ(status, 0) << command;
}

class WatchKernel : public testing::Test {
 protected:
    WatchKernel() {
        run("nft flush ruleset");
        auto watch = Watch::start({.path = script::usual_path, .deadline = std::chrono::seconds(30), .again = std::chrono::milliseconds(500)}, sights_.teller());
        EXPECT_TRUE(watch) << watch.error().sentence();
        watch_ = std::move(*watch);
        watch_->follow(Following::following);
        const auto first = sights_.next();
        EXPECT_TRUE(first);
        EXPECT_EQ(first->no_notices, "");
    }
    ~WatchKernel() override { run("nft flush ruleset"); }

    // Waits until the members are these.
    void await(const std::vector<std::string>& wanted) {
        std::vector<std::string> last;
        const auto sight = sights_.await([&](const Sight& each) { return (last = members(each.view.evaluation)) == wanted; });
        EXPECT_TRUE(sight) << testing::PrintToString(wanted) << " never came; last " << testing::PrintToString(last);
    }

    Sights sights_;
    std::unique_ptr<Watch> watch_;
};

TEST_F(WatchKernel, RulesOfNftComeAndGo) {
    run("nft table ip mangle { set vips { type ipv4_addr; }; chain prerouting { type filter hook prerouting priority mangle; }; }");
    run("nft add rule ip mangle prerouting ip daddr 192.0.2.1 tcp dport { 80, 443 } meta mark set 7");
    await({"7 tcp 192.0.2.1 80-80", "7 tcp 192.0.2.1 443-443"});
    run("nft insert rule ip mangle prerouting ip daddr @vips udp dport 53 meta mark set meta mark or 8");
    run("nft add element ip mangle vips { 192.0.2.9 }");
    await({"7 tcp 192.0.2.1 80-80", "7 tcp 192.0.2.1 443-443", "8 udp 192.0.2.9 53-53"});
    run("nft flush chain ip mangle prerouting");
    await({});
}

TEST_F(WatchKernel, ARuleWithASourceIsNamed) {
    run("nft table inet t { chain pre { type filter hook prerouting priority 0; ip6 daddr 2001:db8::1 tcp dport 80 meta mark set 7; ip saddr 10.0.0.1 ip daddr 192.0.2.1 meta mark set 8; }; }");
    const auto sight = sights_.await([](const Sight& each) { return !each.view.evaluation.not_followed.empty(); });
    ASSERT_TRUE(sight);
    EXPECT_THAT(not_followed(sight->view.evaluation), ElementsAre(testing::MatchesRegex("nft inet t pre handle [0-9]+: depends on source address")));
    EXPECT_THAT(members(sight->view.evaluation), ElementsAre("7 tcp 2001:db8::1 80-80"));
}

TEST_F(WatchKernel, RulesOfIptablesComeAndGo) {
    run("iptables -t mangle -A PREROUTING -d 192.0.2.1 -p tcp -m multiport --dports 80,443 -j MARK --set-mark 7");
    run("ip6tables -t mangle -A PREROUTING -d 2001:db8::1 -p udp --dport 53 -j MARK --set-mark 8");
    await({"7 tcp 192.0.2.1 80-80", "7 tcp 192.0.2.1 443-443", "8 udp 2001:db8::1 53-53"});
    run("iptables -t mangle -D PREROUTING 1");
    await({"8 udp 2001:db8::1 53-53"});
    run("ip6tables -t mangle -F");
    await({});
}

// Of which the kernel gives no notice.
TEST_F(WatchKernel, RulesOfLegacyIptablesAreLookedAtAgain) {
    run("iptables-legacy -t mangle -A PREROUTING -d 192.0.2.3 -p tcp --dport 80 -j MARK --set-mark 9");
    await({"9 tcp 192.0.2.3 80-80"});
    run("iptables-legacy -t mangle -F");
    await({});
}

TEST_F(WatchKernel, ANativeChainBesideOneOfIptablesIsReadToo) {
    run("iptables -t mangle -A PREROUTING -d 192.0.2.1 -p tcp -m multiport --dports 80,443 -j MARK --set-mark 7");
    run("nft table ip other { chain pre { type filter hook prerouting priority -140; ip daddr 192.0.2.1 tcp dport 443 meta mark set 0; }; }");
    await({"7 tcp 192.0.2.1 80-80"});
}

// ---- the kernel as twin: what mark a packet really has when a socket gets it ----

constexpr Port first_port = 50, last_port = 60;

class Receiver {
 public:
    explicit Receiver(Port port) : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        const int on = 1;
        const timeval patience{.tv_sec = 30};
        EXPECT_EQ(::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVMARK, &on, sizeof on), 0);
        EXPECT_EQ(::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
        const sockaddr_in here{.sin_family = AF_INET, .sin_port = htons(port)};
        EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&here), sizeof here), 0);
    }

    // Of a datagram to this address.
    std::uint32_t mark(const Address& address, Port port) {
        const sockaddr_in there{.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(address.v4_value())}};
        EXPECT_EQ(::sendto(socket_.get(), "x", 1, 0, reinterpret_cast<const sockaddr*>(&there), sizeof there), 1);
        char byte = 0;
        alignas(cmsghdr) std::array<char, 256> more{};
        iovec part{.iov_base = &byte, .iov_len = 1};
        msghdr message{.msg_iov = &part, .msg_iovlen = 1, .msg_control = more.data(), .msg_controllen = more.size()};
        EXPECT_EQ(::recvmsg(socket_.get(), &message, 0), 1);
        for (cmsghdr* each = CMSG_FIRSTHDR(&message); each != nullptr; each = CMSG_NXTHDR(&message, each)) {
            if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SO_MARK) continue;
            std::uint32_t mark = 0;
            std::memcpy(&mark, CMSG_DATA(each), sizeof mark);
            return mark;
        }
        ADD_FAILURE() << "no mark with the datagram";
        return 0;
    }

 private:
    Fd socket_;
};

class KernelTwin : public WatchKernel {
 protected:
    KernelTwin() {
        run("ip link set lo up");
        for (const char* address : {"192.0.2.1/32", "192.0.2.2/32", "192.0.2.3/32"}) run(std::string("ip address replace ") + address + " dev lo");
        for (Port port = first_port; port <= last_port; ++port) receivers_.emplace_back(port);
    }

    void compare() {
        sights_.forget();
        // A look that a notice began may have seen half of the rules; the one after it has seen all.
        std::optional<Sight> sight;
        for (int i = 0; i < 2; ++i) {
            watch_->look();
            sight = sights_.next();
            ASSERT_TRUE(sight);
        }
        for (const NotFollowed& each : sight->view.evaluation.not_followed) EXPECT_THAT(each.why, HasSubstr("addresses in a row")) << each.rule;
        std::set<std::uint32_t> met;
        for (const char* const text : {"192.0.2.1", "192.0.2.2", "192.0.2.3"})
            for (Port port = first_port; port <= last_port; ++port) {
                const Address address = *Address::parse(text);
                const std::uint32_t real = receivers_[port - first_port].mark(address, port);
                EXPECT_EQ(member_mark(sight->view.evaluation.members, {number_of(address), udp, port}), real) << text << " port " << port;
                met.insert(real);
            }
        EXPECT_GE(met.size(), 4u) << "the rules of this test tell too little apart";
    }

    std::vector<Receiver> receivers_;
};

TEST_F(KernelTwin, JumpsAndVerdictsOfNft) {
    run("nft table ip t { chain away { ip daddr 192.0.2.2 meta mark set 9 accept; udp dport 55 return; meta mark set 5; }; "
        "chain back { udp dport 51 return; udp dport 52 goto away; meta mark set 3; udp dport 53 accept; }; "
        "chain pre { type filter hook prerouting priority mangle; ip daddr != 192.0.2.0/30 accept; udp dport 50-53 jump back; udp dport 54-56 ip daddr { 192.0.2.1, 192.0.2.2 } goto away; "
        "udp dport != { 50-58 } return; meta mark set 7; }; }");
    compare();
}

TEST_F(KernelTwin, MarksThatAreTestedAndCombined) {
    run("nft table ip t { chain pre { type filter hook prerouting priority mangle; ip daddr 192.0.2.0/30 meta mark set 0xf0; udp dport >= 55 meta mark set meta mark or 0xf; "
        "ip daddr 192.0.2.2 meta mark set meta mark and 0x3c; meta mark & 0xf == 0xc meta mark set meta mark xor 0x101; udp dport < 53 meta mark { 0x30, 0xf0-0xff } meta mark set 1; "
        "ip daddr 192.0.2.3 meta mark != 1 meta mark set (meta mark & 0xffffff0f) | 0x40; }; }");
    compare();
}

TEST_F(KernelTwin, SetsAndMaps) {
    run("nft table ip t { map m { type ipv4_addr . inet_service : mark; elements = { 192.0.2.1 . 50 : 1, 192.0.2.2 . 51 : 2, 192.0.2.3 . 50 : 3 }; }; "
        "set pairs { type ipv4_addr . inet_service; flags interval; elements = { 192.0.2.1 . 55-57, 192.0.2.2-192.0.2.3 . 56 }; }; chain other { meta mark set 8; }; "
        "chain pre { type filter hook prerouting priority mangle; ip daddr 192.0.2.0/30 meta mark set 4; meta mark set ip daddr . udp dport map @m; "
        "ip daddr . udp dport @pairs meta mark set 6; udp dport vmap { 58 : accept, 59 : jump other, 60 : return }; ip daddr 192.0.2.3 meta mark set udp dport map { 58-60 : 0x10, 52 : 0x11 }; }; }");
    compare();
}

TEST_F(KernelTwin, ChainsOfSeveralPriorities) {
    run("nft table ip b { chain pre { type filter hook prerouting priority 10; udp dport 52-54 meta mark set 2; }; }");
    run("nft table ip a { chain pre { type filter hook prerouting priority -10; udp dport 51-53 ip daddr 192.0.2.0/30 meta mark set 1; }; }");
    run("nft table inet c { chain one { type filter hook prerouting priority 10; udp dport 53-56 ip daddr 192.0.2.0/30 meta mark set 3; }; chain two { type filter hook prerouting priority 10; udp dport 55-57 ip daddr 192.0.2.0/30 meta mark set 4; }; }");
    run("nft insert rule ip b pre ip daddr != 192.0.2.0/30 accept");
    compare();
}

TEST_F(KernelTwin, RulesOfIptables) {
    for (const char* rule : {"-N LVS", "-A PREROUTING -d 192.0.2.0/30 -p udp -m multiport --dports 50:52,54,56 -j MARK --set-mark 0x7/0xf", "-A PREROUTING -d 192.0.2.2 -j LVS",
                             "-A PREROUTING ! -d 192.0.2.1 -p udp -m multiport ! --dports 50,51,60 -j MARK --or-mark 0x100", "-A PREROUTING -m mark --mark 0x100/0x107 -j MARK --and-mark 0x3ff",
                             "-A PREROUTING -d 192.0.2.3 -m mark ! --mark 0x0 -j MARK --xor-mark 0x1", "-A LVS -p udp --dport 50 -j RETURN", "-A LVS -p udp ! --dport 51:58 -j ACCEPT",
                             "-A LVS -m iprange --dst-range 192.0.2.2-192.0.2.9 -j MARK --set-xmark 0x30/0x3f"})
        run(std::string("iptables -t mangle ") + rule);
    compare();
}

}  // namespace
}  // namespace lvx::marks

int main(int count, char** words) {
    testing::InitGoogleTest(&count, words);
    if (::unshare(CLONE_NEWNET) != 0) {
        std::perror("unshare");
        return 1;
    }
    return RUN_ALL_TESTS();
}
