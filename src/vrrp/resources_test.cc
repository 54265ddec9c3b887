// In which order resource scripts run, and what their results mean.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "vrrp/resources.hh"

namespace lvx::vrrp {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

model::Command script(const char* name) { return {.words = {name}}; }

// Scripts that do what they are told, except those in `broken`.
struct World {
    std::set<std::string> running, broken;

    bool answer(const ResourceStep& step) {
        const std::string& name = step.command.words[0];
        if (step.action == ResourceAction::status) return running.contains(name);
        if (broken.contains(name)) return false;
        if (step.action == ResourceAction::start) running.insert(name);
        else running.erase(name);
        return true;
    }
};

std::vector<std::string> run(ResourceMachine& machine, World& world) {
    std::vector<std::string> steps;
    for (int i = 0; i < 100; ++i) {
        const auto step = machine.next();
        if (!step) return steps;
        steps.push_back(step->command.words[0] + " " + std::string(word_of(step->action)));
        machine.done(*step, world.answer(*step));
    }
    ADD_FAILURE() << "never settles";
    return steps;
}

TEST(Resources, StartInOrderAndStopInReverseOrder) {
    ResourceMachine machine;
    World world;
    machine.configure({script("a"), script("b")});
    EXPECT_THAT(run(machine, world), ElementsAre("b status", "a status")) << "what a daemon before this one left is looked for";
    machine.want(Wanted::running);
    EXPECT_THAT(run(machine, world), ElementsAre("a start", "b start"));
    EXPECT_THAT(run(machine, world), IsEmpty());
    machine.want(Wanted::stopped);
    EXPECT_THAT(run(machine, world), ElementsAre("b stop", "a stop"));
}

TEST(Resources, ThatRunAlreadyAreNotStartedAgain) {
    ResourceMachine machine;
    World world{.running = {"a"}, .broken = {}};
    machine.configure({script("a"), script("b")});
    machine.want(Wanted::running);
    EXPECT_THAT(run(machine, world), ElementsAre("a status", "b status", "b start"));
}

TEST(Resources, LeftRunningByADaemonBeforeAreStoppedByAStandby) {
    ResourceMachine machine;
    World world{.running = {"a"}, .broken = {}};
    machine.configure({script("a"), script("b")});
    EXPECT_THAT(run(machine, world), ElementsAre("b status", "a status", "a stop"));
}

TEST(Resources, ThatFailDoNotHoldUpTheOthers) {
    ResourceMachine machine;
    World world{.running = {}, .broken = {"a"}};
    machine.configure({script("a"), script("b")});
    machine.want(Wanted::running);
    EXPECT_THAT(run(machine, world), ElementsAre("a status", "a start", "b status", "b start"));
    EXPECT_EQ(machine.checks().size(), 1u) << "what never ran is not missed";
    machine.want(Wanted::stopped);
    EXPECT_THAT(run(machine, world), ElementsAre("b stop", "a stop")) << "half started is stopped, too";
}

TEST(Resources, WantedOtherwiseMidwayTurnRound) {
    ResourceMachine machine;
    World world;
    machine.configure({script("a"), script("b")});
    (void)run(machine, world);
    machine.want(Wanted::running);
    const auto step = machine.next();
    machine.want(Wanted::stopped);
    machine.done(*step, world.answer(*step));
    EXPECT_THAT(run(machine, world), ElementsAre("a stop"));
}

TEST(Resources, AReloadStopsWhatIsGoneAndStartsWhatIsNew) {
    ResourceMachine machine;
    World world;
    machine.configure({script("a"), script("b")});
    machine.want(Wanted::running);
    (void)run(machine, world);
    machine.configure({script("a"), script("c")});
    EXPECT_THAT(run(machine, world), ElementsAre("b stop", "c status", "c start"));
    EXPECT_EQ(machine.checks().size(), 2u);
}

TEST(Resources, StatusIsReadAsHeartbeatReadIt) {
    EXPECT_TRUE(says_running("apache is running"));
    EXPECT_TRUE(says_running("ldirectord OK"));
    EXPECT_FALSE(says_running("apache is not running"));
    EXPECT_FALSE(says_running("stopped"));
    EXPECT_FALSE(says_running(""));
}

}  // namespace
}  // namespace lvx::vrrp
