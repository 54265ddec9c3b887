#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "dataplane/kernel_fixture.hh"
#include "dataplane/loader.hh"
#include "dataplane/pins.hh"
#include "dataplane/refusal.hh"

namespace lvx::dataplane::testing {
namespace {

using Open = KernelTest;

model::Cluster small_cluster() {
    const auto server = [](std::uint32_t last, std::uint32_t weight) {
        return model::Server{.endpoint = {Address::v4(0x0a000000 | last), 80}, .weight = weight};
    };
    return {.services = {{.key = {.protocol = model::Protocol::tcp, .address = Address::v4(0xc0a85817), .port = 80},
                          .scheduler = "wrr",
                          .servers = {server(2, 1), server(3, 2), server(4, 3)}}},
            .timeouts = {.tcp = std::chrono::seconds{600}}};
}

TEST_F(Open, LoadsIntoAFreshFolderAndSaysSo) {
    const auto dataplane = opened();
    ASSERT_TRUE(dataplane);
    EXPECT_FALSE(dataplane->adopted());
    EXPECT_TRUE(dataplane->running().services.empty());
    EXPECT_GE(dataplane->use().capacity, 1000u);
    EXPECT_TRUE(std::filesystem::exists(directory() + "/map_root"));
}

TEST_F(Open, AdoptsWhatAnEarlierOneApplied) {
    {
        const auto first = opened();
        ASSERT_TRUE(first);
        ASSERT_TRUE(first->apply(small_cluster()));
    }
    const auto second = opened();
    ASSERT_TRUE(second);
    EXPECT_TRUE(second->adopted());
    EXPECT_EQ(second->running(), small_cluster());
}

TEST_F(Open, FreesASlotThatAKilledDaemonLeftClaimed) {
    { ASSERT_TRUE(opened()); }
    const Tables tables = *open_tables(*Pins::open(directory()));
    tables.connections[7].control = std::uint64_t{abi::SLOT_claimed} << abi::CONTROL_STATUS_SHIFT;
    const auto heir = opened();
    ASSERT_TRUE(heir);
    EXPECT_EQ(tables.connections[7].control >> abi::CONTROL_STATUS_SHIFT & 0xf, abi::SLOT_free);
}

TEST_F(Open, RefusesTablesOfAnotherSchemaAndSaysWhatToDo) {
    { ASSERT_TRUE(opened()); }
    {
        const Pins pins = *Pins::open(directory());
        const Fd fd = *pins.get("map_root");
        const Mapping root = *Mapping::of(fd, "root", sizeof(abi::root));
        static_cast<abi::root*>(root.start())->schema ^= 1;
    }
    const auto refused = open(options());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, EEXIST);
    EXPECT_NE(refused.error().doing.find(directory()), std::string::npos);
    EXPECT_NE(refused.error().hint.find("rm -r " + directory()), std::string::npos);
    Pins::open(directory())->remove_all();
}

TEST_F(Open, RefusesTablesOfAnotherSize) {
    { ASSERT_TRUE(opened()); }
    Options larger = options();
    larger.sizes.connections = 2000;
    const auto refused = open(larger);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, EEXIST);
    EXPECT_NE(refused.error().doing.find("1000 connections"), std::string::npos) << refused.error().doing;
}

TEST_F(Open, ForgetsTablesThatWereNeverCompleted) {
    { ASSERT_TRUE(opened()); }
    Pins::open(directory())->remove("map_root");
    const auto again = opened();
    ASSERT_TRUE(again);
    EXPECT_FALSE(again->adopted());
}

TEST_F(Open, SaysHowManyBytesATableTooLargeNeeds) {
    Options huge = options();
    huge.sizes.connections = std::uint64_t{1} << 30;
    const auto refused = open(huge);
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().code == ENOMEM || refused.error().code == E2BIG) << refused.error().sentence();
    EXPECT_NE(refused.error().doing.find("MiB"), std::string::npos) << refused.error().sentence();
    EXPECT_NE(refused.error().hint.find("--connections"), std::string::npos);
    EXPECT_FALSE(std::filesystem::exists(directory()));
}

TEST_F(Open, SaysThatItNeedsRoot) {
    const pid_t child = fork();
    if (child == 0) {
        const bool dropped = setresgid(65534, 65534, 65534) == 0 && setresuid(65534, 65534, 65534) == 0;
        const auto refused = open(options());
        const bool right = dropped && !refused && (refused.error().code == EPERM || refused.error().code == EACCES) &&
                           refused.error().hint.find("root") != std::string::npos;
        _exit(right ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}

TEST_F(Open, KeepsTheWholeVerifierLogWhereItIsAskedTo) {
    const std::string file = ::testing::TempDir() + "lvx-verifier.log";
    const Error error = explain({.code = EACCES, .program = "lvx_xdp", .verifier_log = "0: first\nR2 !read_ok\nprocessed 1 insns\n"}, file);
    EXPECT_NE(error.doing.find("lvx_xdp"), std::string::npos);
    EXPECT_NE(error.doing.find("\"R2 !read_ok\""), std::string::npos);
    EXPECT_NE(error.hint.find(file), std::string::npos);
    std::ifstream kept(file);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(kept), {}), "0: first\nR2 !read_ok\nprocessed 1 insns\n");
    std::remove(file.c_str());
}

// What the kernel itself says it holds for each map.
std::uint64_t memory_of(int fd) {
    const std::string text = output_of("cat /proc/" + std::to_string(getpid()) + "/fdinfo/" + std::to_string(fd));
    const std::size_t place = text.find("memlock:");
    return place == std::string::npos ? 0 : std::stoull(text.substr(place + 8));
}

TEST_F(Open, CostsAtMost96BytesPerConnectionAtAMillion) {
    Options million{.directory = directory(), .sizes = {.connections = 1u << 20}};
    const auto dataplane = open(million);
    ASSERT_TRUE(dataplane);
    const Tables tables = *open_tables(*Pins::open(directory()));
    std::uint64_t total = memory_of(tables.service_ids.get());
#define X(name, type) total += memory_of(tables.name.fd.get());
    SHARED_ARRAYS(X)
#undef X
    EXPECT_GT(total, std::uint64_t{64} << 20);
    EXPECT_LE(total, std::uint64_t{96} << 20);
    EXPECT_NEAR(static_cast<double>((*dataplane)->use().bytes), static_cast<double>(total), 0.01 * static_cast<double>(total));
    std::printf("%.2f bytes per connection\n", static_cast<double>(total) / (1 << 20));
    (*dataplane)->stop();
}

TEST_F(Open, StopRemovesEveryPinAndTheFolder) {
    const auto dataplane = opened();
    ASSERT_TRUE(dataplane);
    ASSERT_TRUE(dataplane->set_interfaces({choice("left", net::Hook::xdp_native), choice("right", net::Hook::tc)}).empty());
    dataplane->stop();
    EXPECT_FALSE(std::filesystem::exists(directory()));
    EXPECT_EQ(output_of("ip link show left").find("xdp"), std::string::npos);
    EXPECT_EQ(output_of("tc qdisc show dev right").find("clsact"), std::string::npos);
}

}  // namespace
}  // namespace lvx::dataplane::testing
