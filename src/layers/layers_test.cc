// The three layers laid over each other, by example.
#include "layers/layers.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "layers/test_site.hh"

namespace lvx::layers {
namespace {

using namespace test;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

health::View seen(const model::Site& site) { return health_view(site); }

TEST(Effective, WithoutOverridesAndHealthIsWhatTheFilesSay) {
    const model::Site site = two_services();
    EXPECT_EQ(effective(site, {}, {}), site.cluster);
    EXPECT_EQ(effective(site, {}, seen(site)), site.cluster);
}

TEST(Effective, AServerOutOfServiceIsNotThereAndComesBackAsTheOneAddedLast) {
    const model::Site site = site_of({{.key = web, .servers = {server(2), server(3), server(4)}}});
    const health::View well = seen(site);
    health::View without = well;
    without.pools[0].servers[0].in_service = without.pools[0].servers[0].up = false;
    const health::View dead = placed(without, well);
    EXPECT_THAT(endpoints(effective(site, {}, dead), web), ElementsAre(server(3).endpoint, server(4).endpoint));
    const health::View back = placed(well, dead);
    EXPECT_THAT(endpoints(effective(site, {}, back), web), ElementsAre(server(3).endpoint, server(4).endpoint, server(2).endpoint));
    const health::View again = placed(well, back);
    EXPECT_EQ(again, back) << "who stays keeps its place";
    without = well;
    without.pools[0].servers[1].in_service = false;
    const health::View later = placed(well, placed(without, again));
    EXPECT_THAT(endpoints(effective(site, {}, later), web), ElementsAre(server(4).endpoint, server(2).endpoint, server(3).endpoint));
}

TEST(Effective, WhoIsNewInAPoolOrComesBackWithOthersStandsAsAddedInTheFilesOrder) {
    const model::Site before = site_of({{.key = web, .servers = {server(2), server(4)}}}), site = site_of({{.key = web, .servers = {server(2), server(3), server(4)}}});
    const health::View known = placed(seen(before), {});
    EXPECT_EQ(known, seen(before)) << "at the start the files' order is that of adding";
    const health::View more = placed(seen(site), known);
    EXPECT_THAT(endpoints(effective(site, {}, more), web), ElementsAre(server(2).endpoint, server(4).endpoint, server(3).endpoint));
    health::View none = more;
    for (health::ServerView& each : none.pools[0].servers) each.in_service = false;
    const health::View all = placed(seen(site), placed(none, more));
    EXPECT_THAT(endpoints(effective(site, {}, all), web), ElementsAre(server(2).endpoint, server(3).endpoint, server(4).endpoint));
}

TEST(Effective, AnInhibitedServerNeverLeftItsPlace) {
    const model::Site site = two_services();
    health::View view = seen(site);
    view.pools[0].servers[0] = {.endpoint = server(2).endpoint, .up = false, .in_service = true, .weight = 0};
    const health::View back = placed(seen(site), placed(view, seen(site)));
    EXPECT_EQ(effective(site, {}, back), site.cluster);
}

TEST(Effective, AServerOutOfServiceKeepsItsConnectionsWhereThatIsConfigured) {
    model::Site site = two_services();
    health::View view = seen(site);
    view.pools[0].servers[0].in_service = view.pools[0].servers[0].up = false;
    const auto kept = [&](const model::RunState& state) { return kept_servers(*Index(site, state, view).find(web)); };
    EXPECT_THAT(kept({}), ElementsAre(server(2).endpoint));
    EXPECT_THAT(kept(executed(site, {}, {}, std::vector<model::Operation>{model::DeleteServer{web, server(2).endpoint}}, {})), IsEmpty());
    site.pools[0].on_down = model::OnDown::reset;
    EXPECT_THAT(kept({}), IsEmpty());
    site.pools[0].servers[0].checks.push_back({.target = {.through = Endpoint{web.address, web.port}}, .kind = model::TcpCheck{}});
    EXPECT_THAT(kept({}), ElementsAre(server(2).endpoint)) << "its checks go on through the service";
}

TEST(Effective, TheSorryServerStandsLastWithTheWeightHealthGivesIt) {
    model::Site site = two_services();
    site.pools[0].sorry = model::Sorry{.endpoint = server(99).endpoint};
    health::View view = seen(site);
    for (health::ServerView& each : view.pools[0].servers) each.in_service = each.up = false;
    view.pools[0].sorry = 1;
    EXPECT_THAT(endpoints(effective(site, {}, view), web), ElementsAre(server(99).endpoint));
}

TEST(Effective, AnOperatorsWeightLiesAboveTheFilesButWakesNoDeadServer) {
    const model::Site site = two_services();
    const model::RunState state = changed(site, {}, {web, server(2).endpoint}, {.kind = ServerChange::Kind::weight, .weight = 9}, {});
    EXPECT_EQ(effective(site, state, {}).services[0].servers[0].weight, 9u);
    health::View view = seen(site);
    view.pools[0].servers[0] = {.endpoint = server(2).endpoint, .up = false, .in_service = true, .weight = 0};  // inhibited
    EXPECT_EQ(effective(site, state, view).services[0].servers[0].weight, 0u);
    EXPECT_TRUE(effective(site, state, view).services[0].servers[0].leaves);
}

TEST(Effective, AServerAnOperatorAddedIsNotWatched) {
    const model::Site site = two_services();
    const std::vector<model::Operation> operations{model::DeleteServer{web, server(2).endpoint}, model::AddServer{web, server(2)}};
    const model::RunState state = executed(site, {}, {}, operations, {});
    EXPECT_THAT(endpoints(effective(site, state, {}), web), ElementsAre(server(3).endpoint, server(2).endpoint)) << "it moved to the end";
    health::View view = seen(site);
    view.pools[0].servers[0].in_service = view.pools[0].servers[0].up = false;
    EXPECT_THAT(endpoints(effective(site, state, view), web), ElementsAre(server(3).endpoint, server(2).endpoint));
}

TEST(Overrides, WhatSaysWhatTheFilesSayIsNone) {
    const model::Site site = two_services();
    model::Server heavier = server(2);
    heavier.weight = 7;
    const auto edited = [&](const model::RunState& state, const model::Server& to) {
        return executed(site, state, {}, std::vector<model::Operation>{model::EditServer{web, to}}, {});
    };
    const model::RunState once = edited({}, heavier);
    EXPECT_THAT(once.overrides, SizeIs(1));
    EXPECT_EQ(once.overrides[0].kind, model::OverrideKind::weight);
    EXPECT_THAT(edited(once, server(2)).overrides, IsEmpty());
}

TEST(Overrides, AnEditBeyondTheWeightReplacesTheWholeServer) {
    const model::Site site = two_services();
    model::Server other = server(2);
    other.upper_threshold = 100;
    const model::RunState state = executed(site, {}, {}, std::vector<model::Operation>{model::EditServer{web, other}}, {});
    ASSERT_THAT(state.overrides, SizeIs(1));
    EXPECT_EQ(state.overrides[0].kind, model::OverrideKind::server_edited);
    EXPECT_EQ(effective(site, state, {}).services[0].servers[0], other);
}

TEST(Overrides, ARemovedServiceStaysRemovedAndItsServersOverridesGo) {
    const model::Site site = two_services();
    model::RunState state = changed(site, {}, {web, server(2).endpoint}, {.kind = ServerChange::Kind::disable}, {});
    state = executed(site, state, {}, std::vector<model::Operation>{model::DeleteService{web}}, {});
    ASSERT_THAT(state.overrides, SizeIs(1));
    EXPECT_EQ(effective(site, state, {}).find(web), nullptr);
}

TEST(Overrides, AServiceAddedAgainIsTheOperatorsAndEmpty) {
    const model::Site site = two_services();
    const std::vector<model::Operation> operations{model::DeleteService{web}, model::AddService{{.key = web, .scheduler = "rr"}}};
    const model::Cluster cluster = effective(site, executed(site, {}, {}, operations, {}), {});
    ASSERT_NE(cluster.find(web), nullptr);
    EXPECT_THAT(cluster.find(web)->servers, IsEmpty());
    EXPECT_EQ(cluster.find(web)->scheduler, "rr");
}

TEST(Overrides, HaveNamesThatNeverComeAgain) {
    const model::Site site = two_services();
    const ServerName name{web, server(2).endpoint};
    model::RunState state = changed(site, {}, name, {.kind = ServerChange::Kind::disable}, {});
    EXPECT_EQ(state.overrides[0].name, "o1");
    state = cleared(state, "o1");
    EXPECT_THAT(state.overrides, IsEmpty());
    state = changed(site, state, name, {.kind = ServerChange::Kind::disable}, {});
    EXPECT_EQ(state.overrides[0].name, "o2");
    EXPECT_EQ(cleared(state, "o1"), state);
}

TEST(Overrides, EndByThemselvesNotASecondEarlier) {
    const model::Site site = two_services();
    const model::RunState state = changed(site, {}, {web, server(2).endpoint}, {.kind = ServerChange::Kind::disable}, {.now = noon, .until = noon + 10s});
    EXPECT_EQ(next_end(state), noon + 10s);
    EXPECT_EQ(without_ended(state, noon + 9s), state);
    EXPECT_THAT(without_ended(state, noon + 10s).overrides, IsEmpty());
}

TEST(Overrides, EnableTakesBackWhatADrainEndedIn) {
    const model::Site site = two_services();
    const ServerName name{web, server(2).endpoint};
    model::RunState state = changed(site, {}, name, {.kind = ServerChange::Kind::drain, .then = model::AfterDrain::remove}, {});
    EXPECT_EQ(effective(site, state, {}).services[0].servers[0].weight, 0u);
    EXPECT_TRUE(effective(site, state, {}).services[0].servers[0].leaves);  // clients that keep their server, too
    const Settled over = settled(state, noon, [](const ServerName&) { return 0u; });
    ASSERT_THAT(over.ended, SizeIs(1));
    EXPECT_THAT(endpoints(effective(site, over.state, {}), web), ElementsAre(server(3).endpoint));
    EXPECT_EQ(effective(site, changed(site, over.state, name, {.kind = ServerChange::Kind::enable}, {}), {}), site.cluster);
}

TEST(Drain, LastsAsLongAsConnectionsOrUntilItsTime) {
    const model::Site site = two_services();
    const model::RunState state =
        changed(site, {}, {web, server(2).endpoint}, {.kind = ServerChange::Kind::drain, .deadline = noon + 60s}, {.now = noon});
    const auto with = [&](std::uint64_t connections, model::WallTime now) {
        return settled(state, now, [=](const ServerName&) { return connections; });
    };
    EXPECT_THAT(with(2, noon + 59s).ended, IsEmpty());
    ASSERT_THAT(with(2, noon + 60s).ended, SizeIs(1));
    EXPECT_EQ(with(2, noon + 60s).ended[0].connections_left, 2u);
    EXPECT_EQ(with(0, noon).state.overrides[0].kind, model::OverrideKind::disabled);
}

TEST(Reconfigured, AServerThatIsGoneLeavesWithoutNewConnections) {
    const model::Site before = two_services();
    model::Site after = before;
    after.cluster.services[0].servers.erase(after.cluster.services[0].servers.begin());
    after.pools[0].drain = 30s;
    const model::RunState state = reconfigured(before, after, {}, before.cluster, {}, noon);
    ASSERT_THAT(state.leaving, SizeIs(1));
    EXPECT_EQ(state.leaving[0].until, noon + 30s);
    const model::Cluster now = effective(after, state, {});
    ASSERT_THAT(now.services[0].servers, SizeIs(2));
    EXPECT_EQ(now.services[0].servers[1].endpoint, server(2).endpoint);
    EXPECT_EQ(now.services[0].servers[1].weight, 0u);
    EXPECT_THAT(settled(state, noon, [](const ServerName&) { return 1u; }).ended, IsEmpty());
    EXPECT_EQ(effective(after, settled(state, noon + 30s, [](const ServerName&) { return 1u; }).state, {}), after.cluster);
}

TEST(Reconfigured, ADeadServerThatIsGoneLeavesAsALivingOneWhereItsConnectionsGoOn) {
    model::Site before = two_services();
    model::Site after = before;
    after.cluster.services[0].servers.erase(after.cluster.services[0].servers.begin());
    health::View view = seen(before);
    view.pools[0].servers[0].in_service = view.pools[0].servers[0].up = false;
    const model::RunState state = reconfigured(before, after, {}, effective(before, {}, view), view, noon);
    ASSERT_THAT(state.leaving, SizeIs(1));
    EXPECT_EQ(state.leaving[0].server.endpoint, server(2).endpoint);
    EXPECT_EQ(effective(after, state, {}).services[0].servers[1].weight, 0u);
    EXPECT_TRUE(effective(after, state, {}).services[0].servers[1].leaves);
    before.pools[0].on_down = model::OnDown::reset;
    EXPECT_THAT(reconfigured(before, after, {}, effective(before, {}, view), view, noon).leaving, IsEmpty()) << "it had none left";
}

TEST(Reconfigured, AServerThatCameBackLeavesNoMore) {
    const model::Site before = two_services();
    model::Site after = before;
    after.cluster.services[0].servers.pop_back();
    const model::RunState left = reconfigured(before, after, {}, before.cluster, {}, noon);
    EXPECT_THAT(reconfigured(after, before, left, effective(after, left, {}), {}, noon).leaving, IsEmpty());
}

TEST(Reconfigured, AServiceThatIsGoneStaysForItsConnections) {
    const model::Site before = two_services();
    model::Site after = before;
    after.cluster.services.erase(after.cluster.services.begin());
    const model::RunState state = reconfigured(before, after, {}, before.cluster, {}, noon);
    const model::Cluster now = effective(after, state, {});
    ASSERT_NE(now.find(web), nullptr);
    for (const model::Server& each : now.find(web)->servers) EXPECT_EQ(each.weight, 0u);
    EXPECT_EQ(effective(after, settled(state, noon, [](const ServerName&) { return 0u; }).state, {}), after.cluster);
}

TEST(Reconfigured, WhatAnOperatorRemovedDoesNotLeave) {
    const model::Site before = two_services();
    model::Site after = before;
    after.cluster.services[0].servers.erase(after.cluster.services[0].servers.begin());
    const model::RunState state = executed(before, {}, {}, std::vector<model::Operation>{model::DeleteServer{web, server(2).endpoint}}, {});
    EXPECT_THAT(reconfigured(before, after, state, effective(before, state, {}), {}, noon).leaving, IsEmpty());
}

TEST(Shadowing, TellsOverridesOfWhatChangedAndNoOthers) {
    const model::Site before = two_services();
    model::Site after = before;
    after.cluster.services[0].servers[0].weight = 50;
    model::RunState state = changed(before, {}, {web, server(2).endpoint}, {.kind = ServerChange::Kind::disable}, {});
    state = changed(before, state, {web, server(3).endpoint}, {.kind = ServerChange::Kind::disable}, {});
    EXPECT_THAT(shadowing(before, after, state), ElementsAre("o1"));
    EXPECT_THAT(shadowing(before, before, state), IsEmpty());
}

TEST(ServersNamed, FindsEveryServiceAndEveryPort) {
    const model::Site site = two_services();
    EXPECT_THAT(servers_named(site, {}, {server(2).endpoint.address, 0}, std::nullopt), SizeIs(2));
    EXPECT_THAT(servers_named(site, {}, server(2).endpoint, web), SizeIs(1));
    EXPECT_THAT(servers_named(site, {}, {server(2).endpoint.address, 81}, std::nullopt), IsEmpty());
}

TEST(Text, SaysWhatAnOverrideDoes) {
    const model::Site site = two_services();
    const model::RunState state = changed(site, {}, {web, server(2).endpoint}, {.kind = ServerChange::Kind::weight, .weight = 5}, {});
    EXPECT_EQ(text(state.overrides[0]), "weight 5");
    EXPECT_EQ(target_text(state.overrides[0]), "10.0.0.2:80 of tcp/192.0.2.1:80");
}

}  // namespace
}  // namespace lvx::layers
