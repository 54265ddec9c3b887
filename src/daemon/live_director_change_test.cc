// Overrides, drains, applied configurations and their history, on a data plane in memory.
#include <gmock/gmock.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "daemon/live_director_fixture.hh"

namespace lvx::daemon {
namespace {

using namespace net::test;
using namespace std::chrono_literals;

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::string_view one_server = "virtual_server 192.168.88.23 80 {\n    lb_algo rr\n    lb_kind NAT\n    protocol TCP\n    real_server 10.0.0.3 80 { weight 1 }\n}\n";
constexpr std::string_view heavier = "virtual_server 192.168.88.23 80 {\n    lb_algo rr\n    lb_kind NAT\n    protocol TCP\n"
                                     "    real_server 10.0.0.2 80 { weight 5 }\n    real_server 10.0.0.3 80 { weight 1 }\n}\n";

class ChangeTest : public LiveDirectorTest {
 protected:
    std::vector<std::uint32_t> weights() const {
        std::vector<std::uint32_t> result;
        for (const model::Service& service : state_.applied.services)
            for (const model::Server& server : service.servers) result.push_back(server.weight);
        return result;
    }
    api::ServerRequest server(std::string action) const { return {.action = std::move(action), .server = first_server}; }
    void connections(std::uint64_t number) { state_.server_traffic[{web, first_server}].active = number; }
};

TEST_F(ChangeTest, AnOverrideIsAboveTheFilesAndClearedAgain) {
    LiveDirector director = make("lvx.conf");
    ASSERT_TRUE(director.start());
    api::ServerRequest request = server("weight");
    request.weight = 7;
    const auto outcome = director.change_servers(request, "karl");
    ASSERT_TRUE(outcome);
    EXPECT_THAT(weights(), ElementsAre(7, 1));
    ASSERT_THAT(director.overrides().overrides, SizeIs(1));
    EXPECT_EQ(director.overrides().overrides[0].override.who, "karl");
    EXPECT_TRUE(director.clear_overrides("o1", "karl"));
    EXPECT_THAT(weights(), ElementsAre(1, 1));
    EXPECT_FALSE(director.clear_overrides("o1", "karl"));
}

TEST_F(ChangeTest, AnOverrideWithAnEndEnds) {
    LiveDirector director = make("lvx.conf");
    ASSERT_TRUE(director.start());
    api::ServerRequest request = server("disable");
    request.for_s = 60;
    ASSERT_TRUE(director.change_servers(request, ""));
    wall_ += 59s;
    EXPECT_TRUE(director.refresh());
    EXPECT_THAT(weights(), ElementsAre(0, 1));
    wall_ += 1s;
    (void)director.refresh();
    EXPECT_THAT(weights(), ElementsAre(1, 1));
}

TEST_F(ChangeTest, AServerTakenOutOfTheFileKeepsItsConnectionsFirst) {
    LiveDirector director = make("lvx.conf");
    ASSERT_TRUE(director.start());
    connections(3);
    text_ = one_server;
    ASSERT_TRUE(director.reload().applied);
    EXPECT_THAT(weights(), ElementsAre(1, 0));
    EXPECT_THAT(director.overrides().leaving, SizeIs(1));
    EXPECT_EQ(director.overrides().leaving[0].connections, 3u);
    connections(0);
    (void)director.refresh();
    EXPECT_THAT(weights(), ElementsAre(1));
    EXPECT_THAT(events_, testing::Contains(HasSubstr("is drained")));
}

TEST_F(ChangeTest, ADrainEndsInWhatWasAskedFor) {
    LiveDirector director = make("lvx.conf");
    ASSERT_TRUE(director.start());
    connections(1);
    api::ServerRequest request = server("drain");
    request.then = model::AfterDrain::remove;
    request.timeout_s = 600;
    ASSERT_TRUE(director.change_servers(request, ""));
    (void)director.refresh();
    EXPECT_THAT(weights(), ElementsAre(0, 1));
    wall_ += 600s;
    (void)director.refresh();
    EXPECT_THAT(weights(), ElementsAre(1)) << "its time was over";
    ASSERT_TRUE(director.change_servers(server("enable"), ""));
    EXPECT_THAT(weights(), ElementsAre(1, 1));
}

TEST_F(ChangeTest, AReloadTellsWhatOverridesHide) {
    LiveDirector director = make("lvx.conf");
    ASSERT_TRUE(director.start());
    ASSERT_TRUE(director.change_servers(server("disable"), ""));
    text_ = heavier;
    EXPECT_THAT(director.reload().diagnostics, HasSubstr("hidden by override o1"));
    EXPECT_THAT(weights(), ElementsAre(0, 1));
}

TEST_F(ChangeTest, APlanSaysWhatAnApplyDoesAndDoesNothing) {
    LiveDirector director = make("lvx.conf");
    ASSERT_TRUE(director.start());
    connections(812);
    const api::PlanOutcome plan = director.plan(request(std::string(one_server), 0).text);
    ASSERT_THAT(plan.lines, SizeIs(1));
    EXPECT_EQ(plan.lines[0].sign, "-");
    EXPECT_EQ(plan.lines[0].connections, 812u);
    EXPECT_EQ(plan.cut, 0u);
    EXPECT_EQ(plan.drained, 812u);
    EXPECT_EQ(state_.applications, 1u);
    EXPECT_THAT(director.plan(request(std::string(good_file), 0).text).lines, IsEmpty());
    EXPECT_FALSE(director.plan(request(std::string(bad_file), 0).text).usable);
}

TEST_F(ChangeTest, AnAppliedConfigurationIsInTheHistoryAndCanBeTakenBack) {
    LiveDirector director = make("lvx.conf");
    ASSERT_TRUE(director.start());
    const auto outcome = director.apply(request(std::string(heavier), 0), "karl");
    ASSERT_TRUE(outcome && outcome->applied);
    EXPECT_EQ(outcome->number, 2u);
    EXPECT_EQ(outcome->steps, 1u);
    EXPECT_THAT(weights(), ElementsAre(5, 1));
    ASSERT_THAT(director.history(), SizeIs(2));
    EXPECT_TRUE(director.history()[1].current);
    ASSERT_TRUE(director.rollback(std::nullopt, "karl"));
    EXPECT_THAT(weights(), ElementsAre(1, 1));
    EXPECT_TRUE(director.history()[0].current);
    EXPECT_FALSE(director.rollback(std::nullopt, "karl")) << "nothing is before the first";
    EXPECT_FALSE(director.rollback(9, "karl"));
    EXPECT_EQ(sites_, 3u);
}

TEST_F(ChangeTest, ABadConfigurationChangesNothing) {
    LiveDirector director = make("lvx.conf");
    ASSERT_TRUE(director.start());
    const auto outcome = director.apply(request(std::string(bad_file), 0), "karl");
    ASSERT_TRUE(outcome);
    EXPECT_FALSE(outcome->applied);
    EXPECT_THAT(outcome->diagnostics, HasSubstr("wrrr"));
    EXPECT_THAT(director.history(), SizeIs(1));
    EXPECT_EQ(state_.applications, 1u);
}

TEST_F(ChangeTest, WhatTheDataPlaneRefusesLeavesEverythingAsItWas) {
    LiveDirector director = make("lvx.conf");
    ASSERT_TRUE(director.start());
    state_.next_refusal = Error{"no room", ENOSPC};
    const auto outcome = director.apply(request(std::string(heavier), 60), "karl");
    ASSERT_TRUE(outcome);
    EXPECT_FALSE(outcome->applied);
    EXPECT_THAT(director.history(), SizeIs(1));
    EXPECT_FALSE(director.configuration().confirm_until);
    EXPECT_EQ(director.cluster().services[0].servers[0].weight, 1u);
}

TEST_F(ChangeTest, WithoutConfirmationItGoesBackByItself) {
    LiveDirector director = make("lvx.conf");
    ASSERT_TRUE(director.start());
    ASSERT_TRUE(director.apply(request(std::string(heavier), 300), "karl"));
    EXPECT_TRUE(director.history()[1].unconfirmed);
    wall_ += 299s;
    (void)director.refresh();
    EXPECT_THAT(weights(), ElementsAre(5, 1));
    wall_ += 1s;
    (void)director.refresh();
    EXPECT_THAT(weights(), ElementsAre(1, 1));
    EXPECT_FALSE(director.confirm("karl")) << "too late";
}

TEST_F(ChangeTest, AConfirmedOneStays) {
    LiveDirector director = make("lvx.conf");
    ASSERT_TRUE(director.start());
    ASSERT_TRUE(director.apply(request(std::string(heavier), 300), "karl"));
    ASSERT_TRUE(director.confirm("karl"));
    wall_ += 301s;
    (void)director.refresh();
    EXPECT_THAT(weights(), ElementsAre(5, 1));
}

TEST_F(ChangeTest, AnApplyFromAnOldPlanIsRefused) {
    LiveDirector director = make("lvx.conf");
    ASSERT_TRUE(director.start());
    api::ApplyRequest old = request(std::string(heavier), 0);
    old.generation = 0;
    const auto outcome = director.apply(old, "karl");
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().status, 412u);
}

TEST_F(ChangeTest, TheHistoryIsBounded) {
    LiveDirector director = make("lvx.conf");
    ASSERT_TRUE(director.start());
    for (std::size_t i = 0; i < StateStore::history_limit + 3; ++i)
        ASSERT_TRUE(director.apply(request(std::string(i % 2 == 0 ? heavier : one_server), 0), ""));
    EXPECT_THAT(director.history(), SizeIs(StateStore::history_limit));
    EXPECT_FALSE(director.text(1));
    EXPECT_TRUE(director.text(std::nullopt));
}

TEST_F(ChangeTest, HealthTouchesOnlyWhatChangedAndComesBack) {
    LiveDirector director = make("lvx.conf");
    ASSERT_TRUE(director.start());
    health::View view = health::expected_view(director.site().pools, {});
    director.observe(view);
    EXPECT_EQ(state_.applications, 1u) << "nothing changed";
    ASSERT_THAT(view.pools, SizeIs(1));
    view.pools[0].servers[0] = {.endpoint = first_server, .up = false, .in_service = false, .weight = 0};
    director.observe(view);
    EXPECT_THAT(weights(), ElementsAre(1));
    EXPECT_THAT(state_.kept.begin()->second, ElementsAre(first_server)) << "its connections go on";
    EXPECT_THAT(director.site().cluster.services[0].servers, SizeIs(2)) << "the files say what they said";
    director.observe(health::expected_view(director.site().pools, {}));
    EXPECT_THAT(weights(), ElementsAre(1, 1));
    EXPECT_THAT(state_.kept.begin()->second, IsEmpty());
}

TEST_F(ChangeTest, TheDeltaIsCommandsOrBlocks) {
    LiveDirector director = make("lvx.conf");
    ASSERT_TRUE(director.start());
    EXPECT_EQ(director.delta(api::DeltaForm::ipvsadm), "");
    EXPECT_EQ(director.delta(api::DeltaForm::keepalived), "");
    ASSERT_TRUE(director.change_servers(server("disable"), ""));
    EXPECT_EQ(director.delta(api::DeltaForm::ipvsadm), "ipvsadm -e -t 192.168.88.23:80 -r 10.0.0.2:80 -m -w 0\n");
    EXPECT_THAT(director.delta(api::DeltaForm::keepalived), HasSubstr("real_server 10.0.0.2 80"));
}

TEST_F(ChangeTest, SettingsTellWhereTheyCameFrom) {
    LiveDirector director = make("lvx.conf");
    ASSERT_TRUE(director.start());
    ASSERT_TRUE(director.change_servers(server("disable"), ""));
    std::map<std::pair<std::string, std::string>, std::string> origins;
    for (const api::Setting& each : director.configuration().settings) origins[{each.object, each.name}] = each.origin;
    EXPECT_EQ((origins[{"tcp/192.168.88.23:80", "scheduler"}]), "lvx.conf:2");
    EXPECT_EQ((origins[{"tcp/192.168.88.23:80 10.0.0.2:80", "weight"}]), "override o1");
    EXPECT_EQ((origins[{"tcp/192.168.88.23:80 10.0.0.3:80", "weight"}]), "lvx.conf:6");
    EXPECT_EQ((origins[{"timeouts", "tcp"}]), "default");
}

// ---- over a restart, with a store on disk ----

class RestartTest : public ChangeTest {
 protected:
    RestartTest() { store_ = *StateStore::open(directory_); }
    ~RestartTest() override { std::filesystem::remove_all(directory_); }
    const std::string directory_ = testing::TempDir() + "lvx-state-" + std::to_string(::getpid());
};

TEST_F(RestartTest, OverridesAndWhatWasAppliedAreThereAgain) {
    {
        LiveDirector director = make("lvx.conf");
        ASSERT_TRUE(director.start());
        ASSERT_TRUE(director.apply(request(std::string(heavier), 0), "karl"));
        api::ServerRequest other{.action = "disable", .server = second_server};
        ASSERT_TRUE(director.change_servers(other, "karl"));
    }
    store_ = *StateStore::open(directory_);
    LiveDirector director = make("lvx.conf");
    ASSERT_TRUE(director.start());
    EXPECT_THAT(weights(), ElementsAre(5, 0));
    EXPECT_EQ(director.configuration().number, 2u);
    EXPECT_EQ(director.overrides().overrides[0].override.name, "o1");
}

TEST_F(RestartTest, AFileThatChangedMeanwhileWins) {
    {
        LiveDirector director = make("lvx.conf");
        ASSERT_TRUE(director.start());
        ASSERT_TRUE(director.apply(request(std::string(heavier), 0), "karl"));
    }
    text_ = one_server;
    LiveDirector director = make("lvx.conf");
    ASSERT_TRUE(director.start());
    EXPECT_THAT(weights(), ElementsAre(1));
    EXPECT_EQ(director.configuration().number, 3u);
}

TEST_F(RestartTest, ATimeThatRanOutMeanwhileGoesBackAtTheStart) {
    {
        LiveDirector director = make("lvx.conf");
        ASSERT_TRUE(director.start());
        ASSERT_TRUE(director.apply(request(std::string(heavier), 300), "karl"));
    }
    wall_ += 299s;
    {
        LiveDirector director = make("lvx.conf");
        ASSERT_TRUE(director.start());
        EXPECT_THAT(weights(), ElementsAre(5, 1)) << "it still waits";
    }
    wall_ += 1s;
    LiveDirector director = make("lvx.conf");
    ASSERT_TRUE(director.start());
    EXPECT_THAT(weights(), ElementsAre(1, 1));
    EXPECT_EQ(director.configuration().number, 1u);
}

TEST_F(RestartTest, LvsFlushForgetsWhatOperatorsChanged) {
    for (const std::string flush : {"", "global_defs { lvs_flush }\n"}) {
        {
            text_ = flush + std::string(good_file);
            LiveDirector director = make("lvx.conf");
            ASSERT_TRUE(director.start());
            ASSERT_TRUE(director.change_servers(server("disable"), ""));
        }
        LiveDirector director = make("lvx.conf");
        ASSERT_TRUE(director.start());
        EXPECT_THAT(weights(), flush.empty() ? ElementsAre(0, 1) : ElementsAre(1, 1));
    }
}

TEST_F(RestartTest, AStateThatCannotBeReadIsNamed) {
    { std::ofstream(directory_ + "/state.json") << "{\"overrides\": 7}"; }
    const auto beginning = begin(store_, "lvx.conf", readers(), wall_);
    ASSERT_FALSE(beginning);
    EXPECT_THAT(beginning.error().sentence(), HasSubstr("state.json: overrides: not a list"));
}

TEST_F(RestartTest, AnUnfinishedWriteOfTheStateIsNotSeen) {
    {
        LiveDirector director = make("lvx.conf");
        ASSERT_TRUE(director.start());
        ASSERT_TRUE(director.change_servers(server("disable"), ""));
    }
    { std::ofstream(directory_ + "/state.json.new") << "{\"overr"; }
    LiveDirector director = make("lvx.conf");
    ASSERT_TRUE(director.start());
    EXPECT_THAT(weights(), ElementsAre(0, 1));
}

}  // namespace
}  // namespace lvx::daemon
