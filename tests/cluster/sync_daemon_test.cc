// The kernel's synchronisation protocol as operators start and stop it, with ipvsadm and with lvs_sync_daemon, between two
// directors that have no stream of their own (the lab is drawn in support/pair.hh).  With a kernel's IPVS: tests/guest.
#include <gmock/gmock.h>

#include <algorithm>

#include "support/pair.hh"

namespace lvx::cluster {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::size_t few = 20;

const char* const listing_of_both =
    "master sync daemon (mcast=eth2, syncid=7, maxlen=1472, group=224.0.0.81, port=8848, ttl=1)\n"
    "backup sync daemon (mcast=eth2, syncid=8, maxlen=1472, group=224.0.0.81, port=8848, ttl=1)\n";

class SyncDaemon : public testing::Test {
 protected:
    Outcome ask(Pair& pair, int number, std::string_view words) { return must(pair.director(number).ask(words)); }
    void tell(Pair& pair, int number, std::string_view words) {
        const Outcome outcome = ask(pair, number, words);
        EXPECT_EQ(outcome.status, 0) << words << ": " << outcome.err;
        EXPECT_EQ(outcome.out + outcome.err, "") << words;
    }
    void refused(Pair& pair, std::string_view words, std::string_view sentence) {
        const Outcome outcome = ask(pair, 1, words);
        EXPECT_EQ(outcome.status, 255) << words;
        EXPECT_EQ(outcome.err, std::string(sentence) + "\n") << words;
    }
    std::string listing(Pair& pair, int number) { return ask(pair, number, "ipvsadm -L --daemon").out; }
    // A master tells of a connection at its client's third packet; of two at the same moment one may not be counted.
    bool learns(Pair& pair, int number, lab::HeldConnections& held) {
        return lab::wait_until(patience, [&] { return held.all_answer(patience) && pair.sync(number).connections >= few; });
    }
};

TEST_F(SyncDaemon, IsStartedStoppedAndListedAsByTheRealTool) {
    Pair pair({.stream = false});
    EXPECT_EQ(listing(pair, 1), "");
    refused(pair, "ipvsadm --stop-daemon master", "No daemon is running");
    tell(pair, 1, "ipvsadm --start-daemon master --mcast-interface eth2 --syncid 7");
    tell(pair, 1, "ipvsadm --start-daemon backup --mcast-interface eth2 --syncid 8");
    EXPECT_EQ(listing(pair, 1), listing_of_both);
    refused(pair, "ipvsadm --start-daemon master --mcast-interface eth2", "Daemon has already run");
    tell(pair, 1, "ipvsadm --stop-daemon master");
    tell(pair, 1, "ipvsadm --stop-daemon backup");
    refused(pair, "ipvsadm --stop-daemon backup", "No daemon is running");
    EXPECT_EQ(listing(pair, 1), "");
    refused(pair, "ipvsadm --start-daemon master --mcast-interface nosuch", "No such device");

    tell(pair, 1, "ipvsadm --start-daemon master --mcast-interface eth2 --syncid 255 --sync-maxlen 1400 --mcast-group 224.0.0.99 --mcast-port 8849 --mcast-ttl 3");
    EXPECT_EQ(listing(pair, 1), "master sync daemon (mcast=eth2, syncid=255, maxlen=1400, group=224.0.0.99, port=8849, ttl=3)\n");
    tell(pair, 1, "ipvsadm --start-daemon backup --mcast-interface eth2 --syncid 255 --mcast-group ff02::99 --mcast-port 8849 --mcast-ttl 2");
    EXPECT_THAT(listing(pair, 1), HasSubstr("backup sync daemon (mcast=eth2, syncid=255, maxlen=1452, group=ff02::99, port=8849, ttl=2)\n"));
}

TEST_F(SyncDaemon, CarriesConnectionsWhoseHoldersSurviveTheMaster) {
    Pair pair({.stream = false});
    ASSERT_TRUE(pair.await_master(1));
    tell(pair, 1, "ipvsadm --start-daemon master --mcast-interface eth2 --syncid 7");
    tell(pair, 2, "ipvsadm --start-daemon backup --mcast-interface eth2 --syncid 7");
    lab::HeldConnections held = pair.hold(few);
    ASSERT_TRUE(learns(pair, 2, held));
    pair.director(1).process().kill();
    ASSERT_TRUE(pair.await_master(2));
    EXPECT_TRUE(held.all_answer(patience));
    EXPECT_EQ(held.report().broken, 0u);
    EXPECT_LT(held.report().slowest.silence, Milliseconds{2000});
}

TEST_F(SyncDaemon, HearsItsOwnSyncIdAloneAndWithIdZeroEverybody) {
    Pair pair({.stream = false});
    ASSERT_TRUE(pair.await_master(1));
    tell(pair, 1, "ipvsadm --start-daemon master --mcast-interface eth2 --syncid 7");
    tell(pair, 2, "ipvsadm --start-daemon backup --mcast-interface eth2 --syncid 8");
    lab::HeldConnections held = pair.hold(few);
    const auto others = [&] {
        if (!held.all_answer(patience)) return false;
        const api::SyncSnapshot there = pair.sync(2);
        return std::ranges::any_of(there.counts, [](const api::SyncCount& count) { return count.subject == "kernel" && count.name == "other_id"; });
    };
    EXPECT_TRUE(lab::wait_until(patience, others));
    EXPECT_EQ(pair.sync(2).connections, 0u);
    tell(pair, 2, "ipvsadm --stop-daemon backup");
    tell(pair, 2, "ipvsadm --start-daemon backup --mcast-interface eth2 --syncid 0");
    lab::HeldConnections more = pair.hold(few);
    EXPECT_TRUE(learns(pair, 2, more));
}

TEST_F(SyncDaemon, OfTheFileFollowsItsVirtualRouterAndItsTuning) {
    Pair pair({.stream = false, .globals = "lvs_sync_daemon eth2 VI_1 id 9", .extra = "director {\n    sync_ports 2\n}\n"});
    ASSERT_TRUE(pair.await_master(1));
    const auto runs = [&](int number, const char* role) {
        return lab::wait_until(patience, [&] { return listing(pair, number).starts_with(role); });
    };
    EXPECT_TRUE(runs(1, "master sync daemon (mcast=eth2, syncid=9, ")) << listing(pair, 1);
    EXPECT_TRUE(runs(2, "backup sync daemon (mcast=eth2, syncid=9, ")) << listing(pair, 2);
    EXPECT_THAT(ask(pair, 2, "ss -Hulna").out, testing::AllOf(HasSubstr("224.0.0.81%eth2:8848"), HasSubstr("224.0.0.81%eth2:8849")));
    lab::HeldConnections held = pair.hold(few);
    ASSERT_TRUE(learns(pair, 2, held));

    pair.director(1).process().kill();
    ASSERT_TRUE(pair.await_master(2));
    EXPECT_TRUE(runs(2, "master sync daemon"));
    EXPECT_THAT(listing(pair, 2), Not(HasSubstr("backup")));
    EXPECT_TRUE(held.all_answer(patience));
}

}  // namespace
}  // namespace lvx::cluster
