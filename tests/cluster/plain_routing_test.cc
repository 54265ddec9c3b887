// The laboratory itself, before any director: routing, pages, limits, and what stays behind (nothing).
//
//   client 192.168.88.21 ── 192.168.88.23 director 10.0.0.1 ── switch ── server1..3 10.0.0.2-4
//
// The director only forwards; the client speaks to the real servers by their own addresses.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "lab/classic.hh"
#include "lab/lab.hh"
#include "lab/namespace.hh"

namespace lvx::lab {
namespace {

constexpr Milliseconds patience{20'000};

Result<Lab> build_classic(Offload offload) { return Lab::build(Lab::unique_name("routing"), classic::topology(offload)); }

class PlainRouting : public testing::TestWithParam<Offload> {};

TEST_P(PlainRouting, ReachesEveryServersPageOverBothFamilies) {
    auto lab = build_classic(GetParam());
    ASSERT_TRUE(lab) << lab.error().sentence();
    for (const classic::RealServer& server : classic::servers()) {
        auto process = lab->serve(server.node, {.port = 80, .page = classic::page(server)}, Bond::dies_with_parent);
        ASSERT_TRUE(process) << process.error().sentence();
        for (const Address& address : {server.v4, server.v6}) {
            const auto page = lab->get("client", {address, 80}, "/", patience);
            ASSERT_TRUE(page) << page.error().sentence();
            EXPECT_EQ(page->status, 200);
            EXPECT_EQ(page->body, classic::page(server));
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Offloads, PlainRouting, testing::Values(Offload::off, Offload::on));

TEST(Laboratory, SaysThatNobodyListens) {
    auto lab = build_classic(Offload::off);
    ASSERT_TRUE(lab) << lab.error().sentence();
    const auto page = lab->get("client", {address("10.0.0.2"), 80}, "/", patience);
    ASSERT_FALSE(page);
    EXPECT_EQ(page.error().code, ECONNREFUSED);
}

TEST(Laboratory, DeliversAGeneratedFileUnchanged) {
    auto lab = build_classic(Offload::off);
    ASSERT_TRUE(lab) << lab.error().sentence();
    auto process = lab->serve("server2", {.port = 8080, .page = "x"}, Bond::dies_with_parent);
    ASSERT_TRUE(process);
    constexpr std::size_t size = 3'000'001;
    const auto page = lab->get("client", {address("10.0.0.3"), 8080}, "/generated/" + std::to_string(size), patience);
    ASSERT_TRUE(page) << page.error().sentence();
    std::vector<std::uint8_t> expected(size);
    generated_bytes(0, expected);
    EXPECT_TRUE(page->body == std::string(expected.begin(), expected.end()));
}

TEST(Laboratory, RunsProgramsInANodeAndCollectsTheirWords) {
    auto lab = build_classic(Offload::off);
    ASSERT_TRUE(lab) << lab.error().sentence();
    Command command = shell("echo $WORD; echo two >&2; exit 3");
    command.environment = {"WORD=one"};
    const auto outcome = lab->run("server1", command, patience);
    ASSERT_TRUE(outcome) << outcome.error().sentence();
    EXPECT_EQ(outcome->status, 3);
    EXPECT_EQ(outcome->out, "one\n");
    EXPECT_EQ(outcome->err, "two\n");
    EXPECT_EQ(lab->run("server1", {.argv = {"no-such-program"}}, patience)->status, 127);
}

TEST(Laboratory, StopsAProgramThatRunsTooLong) {
    auto lab = build_classic(Offload::off);
    ASSERT_TRUE(lab) << lab.error().sentence();
    const auto outcome = lab->run("client", {.argv = {"tail", "-f", "/dev/null"}}, Milliseconds(100));
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, ETIMEDOUT);
}

TEST(Laboratory, LeavesNothingBehind) {
    std::string directory;
    pid_t server = 0;
    {
        auto lab = build_classic(Offload::off);
        ASSERT_TRUE(lab) << lab.error().sentence();
        directory = lab->directory();
        auto process = lab->serve("server1", {.port = 80, .page = "x"}, Bond::outlives_parent);
        ASSERT_TRUE(process);
        server = process->pid();
        EXPECT_EQ(inhabitants(directory), std::vector<int>{server});
        process->release();
    }
    EXPECT_FALSE(std::filesystem::exists(directory));
    int status = 0;
    EXPECT_EQ(waitpid(server, &status, 0), server);
    EXPECT_EQ(WTERMSIG(status), SIGKILL);
}

TEST(Laboratory, IsRemovedByTheNextOneAfterACrash) {
    const std::string name = Lab::unique_name("crash");
    const auto home = open_namespace("/proc/self/ns/net");
    ASSERT_TRUE(home);
    auto victim = fork_inside(home->get(), Bond::dies_with_parent, [&] {
        auto lab = Lab::build(name, classic::topology(Offload::off));
        if (!lab) return 1;
        kill(getpid(), SIGKILL);
        return 0;
    });
    ASSERT_TRUE(victim);
    EXPECT_EQ(victim->wait(patience), 128 + SIGKILL);
    EXPECT_TRUE(exists(name));
    auto next = build_classic(Offload::off);
    ASSERT_TRUE(next) << next.error().sentence();
    EXPECT_FALSE(exists(name));
}

TEST(Laboratory, StaysWhenKeptAndIsFoundByItsName) {
    const std::string name = Lab::unique_name("kept");
    {
        auto lab = Lab::build(name, classic::topology(Offload::off));
        ASSERT_TRUE(lab) << lab.error().sentence();
        ASSERT_TRUE(lab->keep());
    }
    remove_stale();
    auto again = Lab::open(name);
    ASSERT_TRUE(again) << again.error().sentence();
    EXPECT_TRUE(again->has("director"));
    const auto outcome = again->run("client", {.argv = {"true"}}, patience);
    EXPECT_TRUE(outcome && outcome->status == 0);
    EXPECT_TRUE(remove(name));
    EXPECT_FALSE(exists(name));
}

TEST(Laboratory, LetsTwoLaboratoriesLiveSideBySide) {
    auto one = build_classic(Offload::off);
    auto other = build_classic(Offload::off);
    ASSERT_TRUE(one);
    ASSERT_TRUE(other);
    auto process = one->serve("server1", {.port = 80, .page = "x"}, Bond::dies_with_parent);
    ASSERT_TRUE(process);
    EXPECT_TRUE(one->get("client", {address("10.0.0.2"), 80}, "/", patience));
    EXPECT_FALSE(other->get("client", {address("10.0.0.2"), 80}, "/", patience));
}

TEST(Laboratory, RefusesANameThatIsTaken) {
    const std::string name = Lab::unique_name("twice");
    auto one = Lab::build(name, classic::topology(Offload::off));
    ASSERT_TRUE(one);
    const auto two = Lab::build(name, classic::topology(Offload::off));
    ASSERT_FALSE(two);
    EXPECT_EQ(two.error().code, EEXIST);
    EXPECT_TRUE(exists(name));
}

}  // namespace
}  // namespace lvx::lab
