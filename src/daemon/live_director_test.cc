// The director at work on a data plane in memory.
#include "daemon/live_director_fixture.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

namespace lvx::daemon {
namespace {

using namespace net::test;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

model::Service web_service() { return {.key = web, .scheduler = "rr"}; }

TEST_F(LiveDirectorTest, StartsWithTheFilesClusterOnItsInterfaces) {
    LiveDirector director = make("lvx.conf");
    ASSERT_TRUE(director.start());
    (void)director.refresh();
    EXPECT_EQ(state_.applied.services.size(), 1u);
    EXPECT_EQ(state_.interfaces.size(), 2u);
    EXPECT_TRUE(state_.ways.at(address("10.0.0.2"))->mac);
    EXPECT_EQ(solicited_, 2u) << "10.0.0.3 and the default gateway are not known";
    EXPECT_EQ(director.summary(), "1 service, 2 real servers on eth0, eth1");
    EXPECT_EQ(director.status().configuration_state, "loaded");
    EXPECT_EQ(director.status().generation, 1u);
}

TEST_F(LiveDirectorTest, DoesNotStartWithABadFileAndTouchesNothing) {
    text_ = bad_file;
    const auto beginning = begin(store_, "lvx.conf", readers(), wall_);
    ASSERT_FALSE(beginning);
    EXPECT_THAT(beginning.error().sentence(), HasSubstr("wrrr"));
    EXPECT_THAT(beginning.error().sentence(), HasSubstr("lvx.conf has errors; nothing was applied"));
}

TEST_F(LiveDirectorTest, WithoutFileAdoptsWhatRuns) {
    state_.adopted = true;
    state_.adopted_cluster = {.services = {web_service()}};
    LiveDirector director = make("");
    ASSERT_TRUE(director.start());
    EXPECT_EQ(state_.applications, 0u);
    EXPECT_EQ(director.services().services.size(), 1u);
    EXPECT_TRUE(director.status().adopted);
    EXPECT_EQ(director.status().configuration_state, "none");
}

TEST_F(LiveDirectorTest, WithAFileTheAdoptedClusterBecomesTheFiles) {
    state_.adopted = true;
    state_.adopted_cluster = {.services = {model::Service{.key = {.address = address("192.0.2.1"), .port = 1}, .scheduler = "rr"}}};
    LiveDirector director = make("lvx.conf");
    ASSERT_TRUE(director.start());
    ASSERT_EQ(state_.applied.services.size(), 1u);
    EXPECT_EQ(state_.applied.services[0].key, web);
}

TEST_F(LiveDirectorTest, ABadReloadChangesNothingAndShowsEveryDiagnostic) {
    LiveDirector director = make("lvx.conf");
    ASSERT_TRUE(director.start());
    text_ = bad_file;
    const api::ReloadOutcome outcome = director.reload();
    EXPECT_FALSE(outcome.applied);
    EXPECT_THAT(outcome.diagnostics, HasSubstr("wrrr"));
    EXPECT_THAT(outcome.diagnostics, HasSubstr("10.0.0.300"));
    EXPECT_EQ(state_.applications, 1u);
    EXPECT_THAT(director.status().configuration_state, HasSubstr("lvx.conf:2:"));
    EXPECT_THAT(director.status().problems, testing::Contains(HasSubstr("the configuration was refused")));
}

TEST_F(LiveDirectorTest, AReloadOfTheSameFileAppliesNothingAndHealsTheState) {
    LiveDirector director = make("lvx.conf");
    ASSERT_TRUE(director.start());
    text_ = bad_file;
    (void)director.reload();
    text_ = good_file;
    EXPECT_TRUE(director.reload().applied);
    EXPECT_EQ(state_.applications, 1u);
    EXPECT_EQ(director.status().configuration_state, "loaded");
}

TEST_F(LiveDirectorTest, AReloadWithoutFileIsRefused) {
    LiveDirector director = make("");
    ASSERT_TRUE(director.start());
    EXPECT_FALSE(director.reload().applied);
    EXPECT_THAT(director.reload().diagnostics, HasSubstr("without a file"));
}

TEST_F(LiveDirectorTest, AReloadKeepsTheWeightAnOperatorSet) {
    LiveDirector director = make("lvx.conf");
    ASSERT_TRUE(director.start());
    const std::vector<model::Operation> drain = {model::EditServer{web, {.endpoint = first_server, .weight = 0}}};
    EXPECT_EQ(director.execute(drain), (api::Execution{1, 0}));
    EXPECT_TRUE(director.reload().applied);
    EXPECT_EQ(state_.applied.services[0].servers[0].weight, 0u);
}

TEST_F(LiveDirectorTest, AListOfOperationsIsOneChangeUpToTheFirstRefusal) {
    LiveDirector director = make("");
    ASSERT_TRUE(director.start());
    const std::vector<model::Operation> list = {model::AddService{web_service()}, model::AddServer{web, {.endpoint = first_server}},
                                                model::AddServer{web, {.endpoint = first_server}}, model::Flush{}};
    EXPECT_EQ(director.execute(list), (api::Execution{2, EEXIST}));
    EXPECT_EQ(state_.applications, 1u);
    EXPECT_EQ(state_.applied.services[0].servers.size(), 1u);
    EXPECT_EQ(changes_, 1u);
}

TEST_F(LiveDirectorTest, AnOperationThatChangesNothingIsNotApplied) {
    LiveDirector director = make("");
    ASSERT_TRUE(director.start());
    const std::vector<model::Operation> list = {model::Flush{}};
    EXPECT_EQ(director.execute(list), (api::Execution{1, 0}));
    EXPECT_EQ(state_.applications, 0u);
    EXPECT_EQ(changes_, 0u);
}

TEST_F(LiveDirectorTest, WhatTheDataPlaneRefusesIsNotKept) {
    LiveDirector director = make("");
    ASSERT_TRUE(director.start());
    state_.next_refusal = Error{"no room", ENOSPC};
    const std::vector<model::Operation> list = {model::AddService{web_service()}};
    EXPECT_EQ(director.execute(list), (api::Execution{0, ENOSPC, "no room: No space left on device"}));
    EXPECT_THAT(director.services().services, IsEmpty());
}

TEST_F(LiveDirectorTest, ZeroClearsCountersAndRates) {
    LiveDirector director = make("lvx.conf");
    ASSERT_TRUE(director.start());
    state_.service_traffic[web].connections = 200;
    state_.server_traffic[{web, first_server}].counters.connections = 200;
    director.sample();
    EXPECT_EQ(director.services().services[0].rates.connections, 25u);
    EXPECT_EQ(director.services().services[0].servers[0].rates.connections, 25u);
    const std::vector<model::Operation> zero = {model::Zero{web}};
    EXPECT_EQ(director.execute(zero), (api::Execution{1, 0}));
    EXPECT_EQ(director.services().services[0].rates.connections, 0u);
    EXPECT_EQ(director.services().services[0].counters.connections, 0u);
}

TEST_F(LiveDirectorTest, SaysWhyAServerIsNotReached) {
    LiveDirector director = make("lvx.conf");
    ASSERT_TRUE(director.start());
    (void)director.refresh();
    const auto servers = director.services().services[0].servers;
    EXPECT_EQ(servers[0].neighbour, "02:00:00:00:00:22 on eth1");
    EXPECT_EQ(servers[1].neighbour, "no answer to ARP on eth1");
    EXPECT_THAT(director.status().problems, ElementsAre("10.0.0.3: no answer to ARP on eth1"));
}

TEST_F(LiveDirectorTest, AnInterfaceWithAnotherProgramIsAProblemAndTriedAgainLater) {
    state_.interface_refusals["eth0"] = Error{"eth0: another XDP program is attached: \"x\" id 171", EBUSY, "remove it"};
    LiveDirector director = make("lvx.conf");
    ASSERT_TRUE(director.start());
    const auto wake = director.refresh();
    ASSERT_TRUE(wake);
    const auto interfaces = director.interfaces();
    EXPECT_EQ(interfaces[0].hook, "none");
    EXPECT_THAT(interfaces[0].reason, HasSubstr("id 171"));
    EXPECT_EQ(interfaces[1].hook, "xdp native");
    EXPECT_EQ(director.status().interfaces, 1u);
    state_.interface_refusals.clear();
    (void)director.refresh();
    EXPECT_EQ(director.interfaces()[0].hook, "none") << "not before its time";
    now_ += 11s;
    (void)director.refresh();
    EXPECT_EQ(director.interfaces()[0].hook, "xdp native");
}

TEST_F(LiveDirectorTest, AnInterfaceWhoseDriverRefusesNativeXdpIsServedAtTc) {
    state_.interface_refusals["eth1"] = Error{"cannot attach XDP program to eth1", EOPNOTSUPP};
    LiveDirector director = make("lvx.conf");
    ASSERT_TRUE(director.start());
    (void)director.refresh();
    state_.interface_refusals.clear();
    now_ += 11s;
    (void)director.refresh();
    ASSERT_EQ(state_.interfaces.size(), 2u);
    EXPECT_EQ(state_.interfaces[0].hook, net::Hook::xdp_native);
    EXPECT_EQ(state_.interfaces[1].hook, net::Hook::tc);
    EXPECT_EQ(director.interfaces()[1].reason, "the driver refused native XDP");
}

TEST_F(LiveDirectorTest, TellsEveryVerdictOfEveryInterface) {
    state_.verdicts = {{"no_neighbour", "dropped", "the next hop's MAC is not known", "eth1", 3, 180},
                       {"request_sent", "sent", "sent to its real server", "eth0", 5, 300}};
    LiveDirector director = make("lvx.conf");
    ASSERT_TRUE(director.start());
    (void)director.refresh();
    const auto verdicts = director.verdicts();
    EXPECT_GT(verdicts.size(), 60u);
    EXPECT_EQ(director.interfaces()[1].dropped, 3u);
    EXPECT_EQ(director.status().sent, 5u);
    EXPECT_EQ(director.status().packets, 8u);
}

TEST_F(LiveDirectorTest, FollowsTheNetwork) {
    LiveDirector director = make("lvx.conf");
    ASSERT_TRUE(director.start());
    (void)director.refresh();
    add_neighbour(world_, 3, "10.0.0.3", mac(0x23), net::NeighbourState::reachable);
    world_.neighbours[0].mac = mac(0x55);
    (void)director.refresh();
    EXPECT_EQ(state_.ways.at(address("10.0.0.3"))->mac, mac(0x23));
    EXPECT_EQ(state_.ways.at(address("10.0.0.2"))->mac, mac(0x55));
    EXPECT_EQ(state_.client_generation, 1u);
}

TEST_F(LiveDirectorTest, TellsABoundedNumberOfProblems) {
    LiveDirector director = make("");
    ASSERT_TRUE(director.start());
    std::vector<model::Operation> list = {model::AddService{web_service()}};
    for (std::uint32_t i = 0; i < 103; ++i) list.push_back(model::AddServer{web, {.endpoint = {Address::v4(0x0a000102 + i), 80}}});
    world_.routes.clear();
    ASSERT_EQ(director.execute(list), (api::Execution{104, 0}));
    (void)director.refresh();
    const auto problems = director.status().problems;
    ASSERT_EQ(problems.size(), 101u);
    EXPECT_EQ(problems.back(), "and 3 more");
}

TEST_F(LiveDirectorTest, HandsOverTheWishToStop) {
    LiveDirector director = make("");
    director.stop(api::StopKind::keep_forwarding);
    EXPECT_EQ(stopped_, api::StopKind::keep_forwarding);
}

}  // namespace
}  // namespace lvx::daemon
