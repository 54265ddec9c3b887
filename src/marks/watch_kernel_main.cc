// A Watch with the real nft and iptables.  The whole program moves into a network namespace of its own first.
#include <gmock/gmock.h>
#include <sched.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

#include "base/text.hh"
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
