#include <net/if.h>
#include <sched.h>
#include <sys/mount.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "dataplane/kernel_fixture.hh"

namespace lvx::dataplane::testing {

void run(const std::string& command) { ASSERT_EQ(std::system(command.c_str()), 0) << command; }

std::string output_of(const std::string& command) {
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
    std::string text;
    std::array<char, 4096> buffer;
    while (const std::size_t length = fread(buffer.data(), 1, buffer.size(), pipe.get())) text.append(buffer.data(), length);
    return text;
}

void KernelTest::SetUpTestSuite() {
    static const bool entered = [] { return unshare(CLONE_NEWNET | CLONE_NEWNS) == 0; }();
    ASSERT_TRUE(entered) << "needs root";
    ASSERT_EQ(mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
    std::filesystem::create_directories("/run/lvx-dataplane-test");
    ASSERT_EQ(mount("none", "/run/lvx-dataplane-test", "tmpfs", 0, nullptr), 0);
}

void KernelTest::SetUp() { run("ip link add left type veth peer name right && ip link set left up && ip link set right up"); }

void KernelTest::TearDown() {
    run("ip link del left 2>/dev/null || true");
    auto left_over = opened();
    if (left_over) left_over->stop();
}

Options KernelTest::options() const { return {.directory = directory(), .sizes = {.connections = 1000, .services = 64, .servers = 256}}; }

std::unique_ptr<Dataplane> KernelTest::opened() const {
    auto dataplane = open(options());
    EXPECT_TRUE(dataplane) << dataplane.error().sentence() << "\n" << dataplane.error().hint;
    return dataplane ? std::move(*dataplane) : nullptr;
}

net::InterfaceChoice choice(const std::string& name, net::Hook hook) {
    return {.ifindex = if_nametoindex(name.c_str()), .name = name, .hook = hook, .mac = {2, 0, 0, 0, 0, 1}, .mtu = 1500};
}

}  // namespace lvx::dataplane::testing
