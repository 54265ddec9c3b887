// The watcher against the kernel's own netlink.  The whole program moves into a network namespace of its own first:
//
//   [ this process ]  here 10.9.0.1/24 ── there 10.9.0.2/24  [ a child that does nothing else ]
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iterator>
#include <sstream>

#include "net/driver_name.hh"
#include "net/test_world.hh"
#include "net/watcher.hh"
#include "net/way_finder.hh"

namespace lvx::net {
namespace {

using test::address;
using test::prefix;

constexpr int patience_ms = 10'000;

// Exit status of a command given as words between blanks; no shell.
int status_of(const std::string& command) {
    std::istringstream stream(command);
    std::vector<std::string> words{std::istream_iterator<std::string>(stream), {}};
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_t child = -1;
    if (::posix_spawnp(&child, arguments[0], nullptr, nullptr, arguments.data(), environ) != 0) return -1;
    int status = -1;
    return ::waitpid(child, &status, 0) == child ? status : -1;
}

void ip(const std::string& words) { ASSERT_EQ(status_of("ip " + words), 0) << words; }

// A child in a network namespace of its own, which lives as long as this object.
class Neighbourhood {
 public:
    Neighbourhood() {
        int ready[2];
        EXPECT_EQ(::pipe(ready), 0);
        child_ = ::fork();
        if (child_ == 0) {
            const char done = ::unshare(CLONE_NEWNET) == 0 ? 'y' : 'n';
            (void)!::write(ready[1], &done, 1);
            while (true) ::pause();
        }
        char done = 'n';
        EXPECT_EQ(::read(ready[0], &done, 1), 1);
        EXPECT_EQ(done, 'y');
        ::close(ready[0]);
        ::close(ready[1]);
    }
    ~Neighbourhood() {
        ::kill(child_, SIGKILL);
        ::waitpid(child_, nullptr, 0);
    }
    [[nodiscard]] pid_t pid() const { return child_; }

 private:
    pid_t child_ = -1;
};

class WatcherTest : public testing::Test {
 protected:
    void SetUp() override {
        ip("link set lo up");
        ip("link add here address 02:00:00:00:00:01 type veth peer name there");
        ip(fmt::format("link set there netns {}", there_.pid()));
        over_there("ip link set there address 02:00:00:00:00:02 up");
        over_there("ip addr add 10.9.0.2/24 dev there");
        ip("link set here up");
        ip("addr add 10.9.0.1/24 dev here");
    }
    void TearDown() override { ip("link del here"); }

    void over_there(const std::string& command) const {
        ASSERT_EQ(status_of(fmt::format("nsenter --net=/proc/{}/ns/net {}", there_.pid(), command)), 0) << command;
    }

    // Drains until the World is as wanted, or for as long as our patience lasts.
    static bool comes(Watcher& watcher, const std::function<bool(const World&)>& wanted) {
        while (!wanted(watcher.world())) {
            pollfd waiting{watcher.fd(), POLLIN, 0};
            if (::poll(&waiting, 1, patience_ms) <= 0 || !watcher.drain()) return false;
        }
        return true;
    }

    Neighbourhood there_;
};

const Link* link_named(const World& world, std::string_view name) {
    for (const auto& [ifindex, link] : world.links)
        if (link.name == name) return &link;
    return nullptr;
}

TEST_F(WatcherTest, ReadsWhatIsThereAtStart) {
    auto watcher = Watcher::open();
    ASSERT_TRUE(watcher) << watcher.error().sentence();
    ASSERT_TRUE(comes(*watcher, [](const World& world) { return way_to(world, address("10.9.0.2")).has_value(); }));
    const Link* here = link_named(watcher->world(), "here");
    ASSERT_NE(here, nullptr);
    EXPECT_EQ(here->kind, "veth");
    EXPECT_EQ(here->mac, test::mac(1));
    EXPECT_TRUE(link_named(watcher->world(), "lo")->loopback);
    EXPECT_EQ(way_to(watcher->world(), address("10.9.0.2"))->source_mac, test::mac(1));
    EXPECT_FALSE(way_to(watcher->world(), address("10.9.0.1"))) << "our own";
}

TEST_F(WatcherTest, FollowsAddressesRoutesAndLinks) {
    auto watcher = Watcher::open();
    ASSERT_TRUE(watcher);
    ip("addr add 2001:db8::1/64 dev here nodad");
    ip("route add 198.51.100.0/24 via 10.9.0.2 mtu 1400");
    ip("link set here mtu 1450");
    EXPECT_TRUE(comes(*watcher, [](const World& world) {
        const auto v6 = way_to(world, address("2001:db8::2")), routed = way_to(world, address("198.51.100.7"));
        return v6 && v6->mtu == 1450 && routed && routed->mtu == 1400 && routed->neighbour == address("10.9.0.2");
    }));
    ip("route del 198.51.100.0/24");
    EXPECT_TRUE(comes(*watcher, [](const World& world) { return !way_to(world, address("198.51.100.7")); }));
}

TEST_F(WatcherTest, NoticesRoutesThatGoWithoutAWordWhenTheirLinkGoesDown) {
    ip("route add 198.51.100.0/24 via 10.9.0.2");
    auto watcher = Watcher::open();
    ASSERT_TRUE(watcher);
    ip("link set here down");
    ip("link set here up");
    EXPECT_TRUE(comes(*watcher, [](const World& world) {
        return way_to(world, address("10.9.0.2")) && !way_to(world, address("198.51.100.7"));
    }));
}

TEST_F(WatcherTest, HasTheKernelResolveANeighbourAndConfirmAStaleOne) {
    auto watcher = Watcher::open();
    ASSERT_TRUE(watcher);
    const std::uint32_t here = link_named(watcher->world(), "here")->ifindex;
    const NeighbourKey key{here, address("10.9.0.2")};
    const auto known_as = [](NeighbourState state) {
        return [state](const World& world) {
            return world.neighbours.size() == 1 && world.neighbours[0].state == state && world.neighbours[0].mac == test::mac(2);
        };
    };
    watcher->solicit(std::vector<Solicitation>{{key, Question::resolve}});
    const auto v4_only = [](World world) {
        std::erase_if(world.neighbours, [](const Neighbour& each) { return !each.address.is_v4(); });
        return world;
    };
    EXPECT_TRUE(comes(*watcher, [&](const World& world) { return known_as(NeighbourState::reachable)(v4_only(world)); }));
    ip("neigh change 10.9.0.2 dev here nud stale");
    EXPECT_TRUE(comes(*watcher, [&](const World& world) { return known_as(NeighbourState::stale)(v4_only(world)); }));
    watcher->solicit(std::vector<Solicitation>{{key, Question::confirm}});
    EXPECT_TRUE(comes(*watcher, [&](const World& world) { return known_as(NeighbourState::reachable)(v4_only(world)); }));
    EXPECT_EQ(watcher->refused_solicitations(), 0u);
}

TEST_F(WatcherTest, CountsQuestionsTheKernelRefuses) {
    auto watcher = Watcher::open();
    ASSERT_TRUE(watcher);
    watcher->solicit(std::vector<Solicitation>{{{9999, address("10.9.0.2")}, Question::resolve}});
    EXPECT_EQ(watcher->refused_solicitations(), 1u);
}

TEST_F(WatcherTest, ReadsEverythingAgainWhenTheKernelDroppedMessages) {
    auto watcher = Watcher::open();
    ASSERT_TRUE(watcher);
    constexpr int many = 30'000;
    char name[] = "/tmp/lvx-routes-XXXXXX";
    ::close(::mkstemp(name));
    {
        std::ofstream batch(name);
        for (int i = 0; i < many; ++i) batch << fmt::format("route add 172.{}.{}.{}/32 dev here\n", 16 + i / 65536, i / 256 % 256, i % 256);
    }
    ip(fmt::format("-batch {}", name));
    std::remove(name);
    const auto count = [](const World& world) {
        return std::ranges::count_if(world.routes, [](const Route& each) { return each.destination.length == 32; });
    };
    EXPECT_TRUE(comes(*watcher, [&](const World& world) { return count(world) == many; }));
    EXPECT_GE(watcher->overruns(), 1u);
}

TEST_F(WatcherTest, AVethHasADriverNameToo) {
    EXPECT_EQ(driver_name("here"), "veth");
    EXPECT_EQ(driver_name("nowhere"), "");
    EXPECT_EQ(driver_name("a-name-longer-than-fifteen"), "");
}

}  // namespace
}  // namespace lvx::net

int main(int count, char** words) {
    testing::InitGoogleTest(&count, words);
    if (::unshare(CLONE_NEWNET) != 0) {
        std::perror("watcher_kernel_test needs root for a network namespace of its own");
        return 1;
    }
    return RUN_ALL_TESTS();
}
