#include "daemon/life_script.hh"

#include <gtest/gtest.h>

namespace lvx::daemon {
namespace {

using namespace std::chrono_literals;

const script::Rules as_root{.user = "root"};

model::Command shell(const std::string& text) { return {.words = {"/bin/sh", "-c", text}}; }

TEST(LifeScript, is_waited_for) { EXPECT_TRUE(run_to_end(shell("sleep 0.05"), 10s, as_root)); }

TEST(LifeScript, says_how_it_failed) {
    EXPECT_EQ(run_to_end(shell("exit 4"), 10s, as_root).error().sentence(), "exit status 4");
    EXPECT_EQ(run_to_end({.words = {"/no/such"}}, 10s, as_root).error().sentence(), "cannot run /no/such: No such file or directory");
}

TEST(LifeScript, is_ended_after_its_time) {
    EXPECT_EQ(run_to_end(shell("sleep 60"), 1s, as_root).error().sentence(), "no answer within its time");
}

TEST(LifeScript, runs_by_the_rules_for_all_scripts) {
    const model::Globals globals{.script_user = "alice", .script_security = true};
    EXPECT_EQ(rules_of(globals), (script::Rules{.user = "alice", .security = true}));
}

}  // namespace
}  // namespace lvx::daemon
