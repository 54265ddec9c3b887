// A Watch with tools of the test's own.  The real ones: watch_kernel_main.cc.
#include "marks/watch.hh"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>

#include "base/test_folder.hh"
#include "marks/test_rules.hh"
#include "marks/test_sights.hh"

namespace lvx::marks {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::HasSubstr;

class WatchTest : public testing::Test {
 protected:
    void tool(const std::string& name, const std::string& script) {
        std::ofstream(folder_.file(name)) << "#!/bin/sh\n" << script << "\n";
        ASSERT_EQ(::chmod(folder_.file(name).c_str(), 0755), 0);
    }
    void prints(const std::string& name, const std::string& text) {
        std::ofstream(folder_.file(name + ".text")) << text;
        tool(name, "exec cat " + folder_.file(name + ".text"));
    }
    std::unique_ptr<Watch> start(std::chrono::milliseconds deadline) {
        auto watch = Watch::start({.path = folder_.path(), .deadline = deadline}, sights_.teller());
        EXPECT_TRUE(watch) << watch.error().sentence();
        return std::move(*watch);
    }
    static const ToolState& state(const Sight& sight, Tool tool) { return sight.view.tools.at(static_cast<std::size_t>(tool)); }

    TestFolder folder_;
    Sights sights_;
};

TEST_F(WatchTest, ALookTellsWhatToolsPrintAndWhichAreMissing) {
    prints("nft", nft_text({to_a + "," + tcp_80 + "," + mark_7}));
    prints("iptables-save", mangle_text({"-A PREROUTING -d 192.0.2.2/32 -p tcp -m tcp --dport 80 -j MARK --set-mark 8"}));
    const auto watch = start(std::chrono::seconds(30));
    watch->look();
    const auto sight = sights_.next();
    ASSERT_TRUE(sight);
    EXPECT_THAT(members(sight->view.evaluation), ElementsAre("7 tcp 192.0.2.1 80-80", "8 tcp 192.0.2.2 80-80"));
    EXPECT_EQ(state(*sight, Tool::nft).state, "read");
    EXPECT_EQ(state(*sight, Tool::ip6tables).state, "not installed");
}

TEST_F(WatchTest, AToolThatHangsIsEndedAndWhatItPrintedBeforeHolds) {
    const std::string flag = folder_.file("hang");
    prints("nft.real", nft_text({to_a + "," + tcp_80 + "," + mark_7}));
    tool("nft", "[ -e " + flag + " ] && exec sleep 600\nexec cat " + folder_.file("nft.real.text"));
    const auto watch = start(std::chrono::seconds(2));
    std::optional<Sight> sight;
    do {
        watch->look();
        sight = sights_.next();
        ASSERT_TRUE(sight);
    } while (state(*sight, Tool::nft).failed);  // a machine that takes 2 s for a cat
    std::ofstream(flag) << "";
    watch->look();
    sight = sights_.next();
    ASSERT_TRUE(sight);
    EXPECT_EQ(state(*sight, Tool::nft).state, "no answer within 2000 ms; what it printed before holds");
    EXPECT_THAT(members(sight->view.evaluation), ElementsAre("7 tcp 192.0.2.1 80-80"));
}

TEST_F(WatchTest, AToolThatFailsIsNamedWithItsWords) {
    tool("nft", "echo 'cannot do it' >&2; exit 3");
    tool("iptables-save", "kill -9 $$");
    const auto watch = start(std::chrono::seconds(30));
    watch->look();
    const auto sight = sights_.next();
    ASSERT_TRUE(sight);
    EXPECT_EQ(state(*sight, Tool::nft).state, "exit status 3: cannot do it");
    EXPECT_EQ(state(*sight, Tool::iptables).state, "killed by signal 9");
    EXPECT_TRUE(state(*sight, Tool::nft).failed);
}

TEST_F(WatchTest, AToolThatPrintsWithoutEndIsEnded) {
    tool("nft", "exec cat /dev/zero");
    const auto watch = start(std::chrono::seconds(30));
    watch->look();
    const auto sight = sights_.next();
    ASSERT_TRUE(sight);
    EXPECT_EQ(state(*sight, Tool::nft).state, "prints more than 16 MiB");
}

TEST_F(WatchTest, TablesBeforeACompliantEndOfIptablesSaveAreRead) {
    prints("all", mangle_text({"-A PREROUTING -d 192.0.2.2/32 -p tcp -m tcp --dport 80 -j MARK --set-mark 8"}));
    tool("iptables-save", "cat " + folder_.file("all.text") + "; echo 'cannot print the rest' >&2; exit 3");
    const auto watch = start(std::chrono::seconds(30));
    watch->look();
    const auto sight = sights_.next();
    ASSERT_TRUE(sight);
    EXPECT_EQ(state(*sight, Tool::iptables).state, "read; it said: exit status 3: cannot print the rest");
    EXPECT_THAT(members(sight->view.evaluation), ElementsAre("8 tcp 192.0.2.2 80-80"));
}

TEST_F(WatchTest, ItsEndWaitsForNoTool) {
    tool("nft", "echo begun > " + folder_.file("begun") + "; exec sleep 600");
    auto watch = start(std::chrono::seconds(600));
    watch->look();
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!std::ifstream(folder_.file("begun")) && std::chrono::steady_clock::now() < until) ::usleep(1000);
    const auto began = std::chrono::steady_clock::now();
    watch.reset();
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(60));
}

}  // namespace
}  // namespace lvx::marks
