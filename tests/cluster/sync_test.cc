// What becomes of connections when the master dies: two directors, one table (the lab is drawn in support/pair.hh).
#include <gmock/gmock.h>
#include <signal.h>

#include <algorithm>
#include <fstream>

#include "support/pair.hh"

namespace lvx::cluster {
namespace {

constexpr std::size_t held_connections = 500;

void expect_all_answer(lab::HeldConnections& held) {
    EXPECT_TRUE(held.all_answer(Milliseconds{15'000}));
    const auto report = held.report();
    EXPECT_EQ(report.broken, 0u) << "of " << report.held;
    EXPECT_EQ(report.unanswered, 0u) << "of " << report.held;
}

// A client that keeps its server has new connections there as well, whoever the director is.
void expect_one_server(Pair& pair, int director) {
    lab::HeldConnections more = pair.hold(10);
    const std::string servers = must(pair.director(director).ask("ipvsadm -Lnc | awk '/192.168.88.21/ { print $6 }' | sort -u | wc -l")).out;
    EXPECT_EQ(servers, "1\n");
    EXPECT_EQ(must(pair.director(director).ask("ipvsadm -Lnc | grep -c 'ASSURED  .*192.168.88.21:0'")).out, "1\n");
    EXPECT_TRUE(more.all_answer(patience));
}

TEST(Sync, HeldConnectionsAndClientsServersSurviveTheMastersDeathAndItsReturn) {
    Pair pair({.service = "persistence_timeout 300"});
    ASSERT_TRUE(pair.await_master(1));
    lab::HeldConnections held = pair.hold(held_connections);
    held.run(Milliseconds{300}, Milliseconds{200});
    ASSERT_TRUE(pair.await_in_step(1));
    EXPECT_EQ(pair.sync(2).connections, held_connections);

    pair.director(1).process().kill();  // its data plane goes on until the lease ends: the fence
    ASSERT_TRUE(pair.await_master(2));
    expect_all_answer(held);
    expect_one_server(pair, 2);

    must(pair.director(1).restart());  // it learns before it asks for the address, which it takes back
    ASSERT_TRUE(pair.await_master(1));
    expect_all_answer(held);
    expect_one_server(pair, 1);
    EXPECT_TRUE(pair.await_in_step(1));
}

TEST(Sync, HeldConnectionsSurviveAFrozenMasterAndOneWhoseLinksAreDown) {
    Pair pair;
    ASSERT_TRUE(pair.await_master(1));
    lab::HeldConnections held = pair.hold(held_connections);
    ASSERT_TRUE(pair.await_in_step(1));

    pair.director(1).process().signal(SIGSTOP);
    ASSERT_TRUE(pair.await_master(2));
    expect_all_answer(held);
    pair.director(1).process().signal(SIGCONT);
    ASSERT_TRUE(pair.await_master(1));
    expect_all_answer(held);
    ASSERT_TRUE(pair.await_in_step(1));

    ASSERT_TRUE(pair.run(1, "ip link set eth0 down; ip link set eth1 down"));
    ASSERT_TRUE(pair.await_master(2));
    expect_all_answer(held);
}

TEST(Sync, ADirectorWithAnotherKeyIsRefusedByNameAndForwardingGoesOn) {
    Pair pair;
    ASSERT_TRUE(pair.await_master(1));
    ASSERT_TRUE(pair.await_in_step(1));
    const std::string other = pair.lab().directory() + "/other.key";
    std::ofstream(other) << "ffffffffffffffffffffffffffffffff\n";
    must(pair.director(2).write_configuration(pair.configuration(other, 2)));
    pair.director(2).process().signal(SIGHUP);
    EXPECT_TRUE(lab::wait_until(patience, [&] {
        return std::ranges::any_of(pair.sync(1).counts, [](const api::SyncCount& count) { return count.name == "not_authentic" && count.count > 0; });
    }));
    EXPECT_EQ(pair.sync(1).peers.at(0).phase, "connecting");
    lab::HeldConnections held = pair.hold(10);
    expect_all_answer(held);
}

}  // namespace
}  // namespace lvx::cluster
