#include <net/if.h>
#include <sched.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <sstream>
#include <vector>

#include "dataplane/kernel_fixture.hh"
#include "dataplane/pins.hh"

namespace lvx::dataplane::testing {

void run(const std::string& command) {
    std::vector<std::string> words;
    std::istringstream text(command);
    for (std::string word; text >> word;) words.push_back(word);
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_t child = 0;
    ASSERT_EQ(posix_spawnp(&child, arguments[0], nullptr, nullptr, arguments.data(), environ), 0) << command;
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_EQ(status, 0) << command;
}

void make_pair() {
    run("ip link add left type veth peer name right");
    run("ip link set left up");
    run("ip link set right up");
}

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

void KernelTest::SetUp() { make_pair(); }

void KernelTest::TearDown() {
    if (if_nametoindex("left") != 0) run("ip link del left");
    if (auto pins = Pins::open(directory())) pins->remove_all();
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
