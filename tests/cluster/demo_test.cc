// `lvx demo` as a person and as a script meets it.
//
//   client 192.168.88.21 ── outside ── director1, director2 ── inside ── server1..3 10.0.0.2-4
#include <gmock/gmock.h>
#include <signal.h>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "lab/namespace.hh"
#include "support/cluster.hh"

namespace lvx::cluster {
namespace {

using testing::HasSubstr;

class Demo : public testing::Test {
 protected:
    Demo() : home_(must(lab::open_namespace("/proc/self/ns/net"))), name_(lab::Lab::unique_name("demo")) {}
    ~Demo() override { (void)lab::remove(name_); }

    [[nodiscard]] std::string lvx(std::string_view words) const {
        return fmt::format("{}/lvx demo --name {} {}", lab::program_directory(), name_, words);
    }
    [[nodiscard]] Outcome run(std::string_view words) const { return must(lab::run(home_.get(), lab::shell(lvx(words)), Milliseconds(60'000))); }

    Fd home_;
    std::string name_;
};

TEST_F(Demo, RunsACommandInANodeAndEndsWithItsStatus) {
    const Outcome outcome = run("--in client --exec 'for i in 1 2 3; do curl -s http://192.168.88.23/; done; exit 7'");
    EXPECT_EQ(outcome.status, 7) << outcome.err;
    for (const auto& server : lab::classic::servers()) EXPECT_THAT(outcome.out, HasSubstr(lab::classic::page(server)));
    EXPECT_FALSE(lab::exists(name_));
}

TEST_F(Demo, GivesCommandsTheToolsOfTheLaboratory) {
    const Outcome outcome = run("--in director --exec 'ipvsadm -Ln && lvx status --json'");
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("TCP  192.168.88.23:80 rr\n"));
    EXPECT_THAT(outcome.out, HasSubstr("\"adopted\""));
}

TEST_F(Demo, ShowsTheLaboratoryAndLeavesItUp) {
    const Outcome shown = run("");
    ASSERT_EQ(shown.status, 0) << shown.out << shown.err;
    EXPECT_THAT(shown.out, HasSubstr("server1 (10.0.0.2)"));
    EXPECT_THAT(shown.out, HasSubstr("ipvsadm -A -t 192.168.88.23:80 -s rr"));
    EXPECT_THAT(shown.out, HasSubstr("virtual_server 192.168.88.23 80"));
    const Outcome load = run("load 30");
    EXPECT_EQ(load.status, 0) << load.err;
    EXPECT_THAT(load.out, HasSubstr("       10  server2 (10.0.0.3)"));
    EXPECT_THAT(run("").out, HasSubstr("It stays up"));  // built anew over the old one
    EXPECT_EQ(run("down").status, 0);
    EXPECT_FALSE(lab::exists(name_));
    EXPECT_EQ(run("down").status, 1);
    EXPECT_EQ(run("load").status, 1);
}

TEST_F(Demo, ShowsAHandOverAndBringsTheDirectorBack) {
    ASSERT_EQ(run("").status, 0);
    for (const char* fault : {"freeze", "kill"}) {
        const Outcome shown = run(std::string("failover ") + fault);
        ASSERT_EQ(shown.status, 0) << shown.out << shown.err;
        EXPECT_THAT(shown.out, testing::ContainsRegex("director1 [a-z]+ \\(.*director2 .*ms   50 of 50\n.*director1 .*director1 .*ms   50 of 50\n"));
    }
    EXPECT_EQ(run("load 30").status, 0);
    EXPECT_EQ(run("failover burn").status, 2);
    EXPECT_EQ(run("down").status, 0);
    EXPECT_EQ(run("failover").status, 1);
}

TEST_F(Demo, BringsAStruckDirectorBackWhenInterrupted) {
    ASSERT_EQ(run("").status, 0);
    auto process = must(lab::start(home_.get(), {.argv = {"/bin/sh", "-c", "exec " + lvx("failover freeze")}}));
    const lab::Lab laboratory = must(lab::Lab::open(name_));
    const auto is_frozen = [](int pid) {
        std::string number, name, state;
        std::ifstream(fmt::format("/proc/{}/stat", pid)) >> number >> name >> state;
        return state == "T";
    };
    const auto frozen = [&] { return std::ranges::any_of(lab::inhabitants_of(laboratory.namespace_of("director1")), is_frozen); };
    ASSERT_TRUE(lab::wait_until(patience, frozen));
    process.signal(SIGINT);
    EXPECT_EQ(process.wait(patience), 128 + SIGINT);
    EXPECT_TRUE(lab::wait_until(patience, [&] { return !frozen(); }));
}

TEST_F(Demo, StartsOneDirectorWithAnotherFile) {
    const std::string file = testing::TempDir() + name_ + ".conf";
    std::ofstream(file) << "virtual_server 192.168.88.23 8080 {\n  lb_algo wlc\n  lb_kind NAT\n  protocol TCP\n"
                           "  real_server 10.0.0.2 80 {\n    weight 1\n  }\n}\n";
    const Outcome outcome = run("--conf " + file + " --in director --exec 'ipvsadm -Ln'");
    std::filesystem::remove(file);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("TCP  192.168.88.23:8080 wlc\n"));
}

TEST_F(Demo, TidiesUpWhenInterrupted) {
    auto process = must(lab::start(home_.get(), {.argv = {"/bin/sh", "-c", "exec " + lvx("--exec 'tail -f /dev/null'")}}));
    ASSERT_TRUE(lab::wait_until(patience, [&] { return !lab::inhabitants(std::string(lab::shelf_directory) + "/" + name_).empty(); }));
    process.signal(SIGINT);
    EXPECT_EQ(process.wait(patience), 128 + SIGINT);
    EXPECT_FALSE(lab::exists(name_));
}

}  // namespace
}  // namespace lvx::cluster
