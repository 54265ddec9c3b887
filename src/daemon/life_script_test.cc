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

TEST(LifeScript, that_failed_is_told_and_a_missing_one_is_not) {
    model::Globals globals;
    EXPECT_EQ(run_startup_script(globals), std::nullopt);
    globals.startup_script = shell("exit 0");
    globals.shutdown_script = shell("exit 4");
    EXPECT_EQ(run_startup_script(globals), std::nullopt);
    const auto failed = run_shutdown_script(globals);
    ASSERT_TRUE(failed);
    EXPECT_EQ(failed->kind, model::EventKind::shutdown_script_failed);
    EXPECT_EQ(failed->values.at(1), "exit status 4");
}

}  // namespace
}  // namespace lvx::daemon
