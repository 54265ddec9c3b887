// The way back to a client, as the kernel's routes and neighbours give it.
//
//   frames come in by lo (1) ---- director ---- out: 192.168.88.1/24, beside it a device the data plane was not told of
#include <fcntl.h>
#include <net/if.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/packet/packet_test.hh"

namespace lvx::test {
namespace {

constexpr Mac out_mac = {2, 0, 0, 0, 0, 0x21}, neighbour_mac = {2, 0, 0, 0, 0, 0x22};

void ip(const std::vector<std::string>& words) {
    std::vector<std::string> all = {"ip"};
    all.insert(all.end(), words.begin(), words.end());
    std::vector<char*> arguments;
    for (std::string& word : all) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_t child = 0;
    int status = 1;
    ASSERT_EQ(posix_spawnp(&child, "ip", nullptr, nullptr, arguments.data(), environ), 0);
    waitpid(child, &status, 0);
    ASSERT_EQ(status, 0) << words[0] << " " << words[1];
}

void forward(const char* value) {
    for (const char* path : {"/proc/sys/net/ipv4/conf/lo/forwarding", "/proc/sys/net/ipv6/conf/lo/forwarding",
                             "/proc/sys/net/ipv6/conf/all/forwarding"}) {
        const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
        ASSERT_EQ(::write(fd, value, 1), 1) << path;
        ::close(fd);
    }
}

class WayTest : public PacketTest {
 protected:
    void SetUp() override {
        PacketTest::SetUp();
        ip({"link", "add", "out", "address", "02:00:00:00:00:21", "type", "veth", "peer", "name", "away"});
        for (const char* name : {"lo", "out", "away"}) ip({"link", "set", name, "up"});
        ip({"addr", "add", "192.168.88.1/24", "dev", "out"});
        ip({"-6", "addr", "add", "2001:db8:88::1/64", "dev", "out", "nodad"});
        forward("1");
        const std::uint32_t ifindex = if_nametoindex("out");
        abi::interface& row = fixture.interfaces[ifindex & (INTERFACE_INDEX_SIZE - 1)];
        row = {.ifindex = ifindex, .slot = 2, .mtu = 1500};
        std::ranges::copy(out_mac, row.mac);
    }
    void TearDown() override {
        ip({"link", "del", "out"});
        forward("0");
        PacketTest::TearDown();
    }

    // A connection whose way back must be looked up.
    void open(Family family) {
        configure(cluster({service(family, model::Protocol::tcp, "rr", 1)}));
        run(request(family, syn));
        fixture.root().client_generation += 1;
    }
    static void neighbour(Family family) {
        ip({"neigh", "replace", addresses(family).client.text(), "lladdr", "02:00:00:00:00:22", "dev", "out", "nud", "permanent"});
    }
};

TEST_P(WayTest, IsTheKernelsRouteAndNeighbourAndIsAskedOnce) {
    for (const Family family : {Family::v4, Family::v6}) {
        open(family);
        neighbour(family);
        Packet back = as_sent_back(reply(family, ack, 0), addresses(family).virtual_address, service_port);
        back.destination_mac = neighbour_mac;
        back.source_mac = out_mac;
        const Outcome outcome = run(reply(family, ack, 0));
        EXPECT_EQ(outcome.verdict, VERDICT_reply_sent);
        EXPECT_EQ(outcome.action, Action::redirected);
        EXPECT_EQ(outcome.frame, build_frame(back));
        ip({"neigh", "del", addresses(family).client.text(), "dev", "out"});
        EXPECT_EQ(run(reply(family, ack, 0)).frame, build_frame(back));  // remembered
    }
}

TEST_P(WayTest, IsUnknownWhereTheKernelKnowsNoNeighbourOnAnotherInterface) {
    open(Family::v4);
    const Outcome outcome = run(reply(Family::v4, ack, 0));
    EXPECT_EQ(outcome.verdict, VERDICT_no_neighbour);
    EXPECT_EQ(outcome.action, Action::dropped);
    neighbour(Family::v4);
    EXPECT_EQ(run(reply(Family::v4, ack, 0)).verdict, VERDICT_reply_sent);
}

TEST_P(WayTest, IsMissingWhereThereIsNoRoute) {
    open(Family::v4);
    ip({"addr", "flush", "dev", "out"});
    EXPECT_EQ(run(reply(Family::v4, ack, 0)).verdict, VERDICT_no_route);
}

TEST_P(WayTest, IsTheWayTheRequestCameWhereTheRouteLeavesByAnUndescribedDevice) {
    open(Family::v4);
    neighbour(Family::v4);
    fixture.interfaces[if_nametoindex("out") & (INTERFACE_INDEX_SIZE - 1)].ifindex = 0;
    const Outcome outcome = run(reply(Family::v4, ack, 0));
    EXPECT_EQ(outcome.verdict, VERDICT_reply_sent);
    EXPECT_EQ(outcome.frame, build_frame(as_sent_back(reply(Family::v4, ack, 0), address("192.168.88.23"), service_port)));
}

INSTANTIATE_TEST_SUITE_P(BothHooks, WayTest, testing::Values(Hook::xdp, Hook::tc),
                         [](const auto& hook) { return hook.param == Hook::xdp ? "xdp" : "tc"; });

}  // namespace
}  // namespace lvx::test
