// Change without surprise: reloads under load, a daemon killed in the middle of an apply, drains, overrides over a restart.
//
//   client (wrk, held connections) ── director (lvxd told something new, killed, restarted; lvx beside it) ── servers
#include <bpf/bpf.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/mount.h>

#include <fstream>
#include <random>
#include <thread>

#include "abi/root.h"
#include "support/cluster.hh"

namespace lvx::cluster {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

// A command of `lvx` beside the daemon.
Outcome lvx(Cluster& cluster, std::string_view words) { return must(cluster.director().ask(words)); }

std::string file_in(Cluster& cluster, std::string_view name, const std::string& text) {
    const std::string path = fmt::format("{}/{}", cluster.lab().directory(), name);
    std::ofstream(path) << text;
    return path;
}

std::map<std::string, std::uint32_t> weights(const Cluster& cluster) {
    std::map<std::string, std::uint32_t> result;
    for (const api::ServiceSnapshot& service : cluster.services().services)
        for (const api::ServerSnapshot& server : service.servers) result[service.service.key.text() + " " + server.server.endpoint.text()] = server.server.weight;
    return result;
}

constexpr const char* first = "tcp/192.168.88.23:80 10.0.0.2:80";

// server1 stays, the others and a second service come, go and change.
std::vector<ServiceOn> random_services(std::mt19937& random) {
    const auto below = [&](unsigned limit) { return std::uniform_int_distribution<unsigned>(0, limit - 1)(random); };
    ServiceOn web{.scheduler = std::array{"rr", "wrr", "lc", "wlc"}[below(4)], .servers = {{"server1", 1 + below(3)}}};
    for (const char* node : {"server2", "server3"})
        if (below(2) == 0) web.servers.push_back({node, 1 + below(3)});
    std::vector<ServiceOn> services{web};
    if (below(2) == 0) services.push_back({.port = static_cast<Port>(8000 + below(3)), .servers = {{"server2", 1 + below(3)}}});
    return services;
}

TEST(Change, NoRequestFailsOverTwoHundredRandomReloads) {
    constexpr int reloads = 200;
    Cluster cluster(Description{});
    cluster.serve_all();
    cluster.await_neighbours(3);
    std::mt19937 random(testing::UnitTest::GetInstance()->random_seed());
    std::atomic<bool> over = false;
    Outcome report;
    std::thread load([&] {
        do report = cluster.run("client", "wrk -t1 -c16 -d4s --timeout 30s http://192.168.88.23/", Milliseconds(60'000));
        while (!over && report.status == 0 && report.out.find("Socket errors") == report.out.npos && report.out.find("Non-2xx") == report.out.npos);
    });
    for (int i = 0; i < reloads; ++i) cluster.reload(configuration(random_services(random)));
    over = true;
    load.join();
    EXPECT_EQ(report.status, 0) << report.err;
    EXPECT_THAT(report.out, HasSubstr("requests in"));
    EXPECT_THAT(report.out, Not(HasSubstr("Socket errors")));
    EXPECT_THAT(report.out, Not(HasSubstr("Non-2xx")));
    EXPECT_EQ(cluster.status().generation > 100, true);
}

TEST(Change, AnUnconfirmedConfigurationGoesBackByItself) {
    Cluster cluster(Description{});
    const std::string file = file_in(cluster, "new.conf", configuration({{.servers = {{"server1", 9}, {"server2"}, {"server3"}}}}));
    const Outcome plan = lvx(cluster, "lvx config plan " + file);
    EXPECT_EQ(plan.status, 4) << plan.err;
    EXPECT_THAT(plan.out, HasSubstr("~ server 10.0.0.2:80 of tcp/192.168.88.23:80  weight 1 -> 9"));
    EXPECT_EQ(weights(cluster)[first], 1u);
    const Outcome applied = lvx(cluster, fmt::format("lvx config apply {} --confirm 4s", file));
    EXPECT_EQ(applied.status, 0) << applied.err;
    EXPECT_EQ(weights(cluster)[first], 9u);
    must(cluster.director().restart());
    EXPECT_TRUE(lab::wait_until(patience, [&] { return weights(cluster)[first] == 1; }));
    EXPECT_NE(lvx(cluster, "lvx config confirm").status, 0);
    EXPECT_EQ(lvx(cluster, "lvx config apply " + file).status, 0);
    EXPECT_EQ(lvx(cluster, "lvx config diff 1 2").status, 4);
    EXPECT_EQ(lvx(cluster, "lvx config rollback 1").status, 0);
    EXPECT_EQ(weights(cluster)[first], 1u);
    EXPECT_THAT(lvx(cluster, "lvx config history").out, HasSubstr("apply"));
}

TEST(Change, ADaemonKilledInTheMiddleOfAnApplyHasTheOldConfigurationOrTheNew) {
    constexpr int rounds = 8;
    Cluster cluster(Description{});
    std::map<std::string, std::uint32_t> light, heavy;
    std::vector<ServiceOn> services{{.servers = {{"server1", 1}, {"server2", 1}, {"server3", 1}}}};
    for (Port port = 8000; port < 8100; ++port) services.push_back({.port = port, .servers = services[0].servers});
    const std::string old_file = file_in(cluster, "light.conf", configuration(services));
    for (ServiceOn& service : services)
        for (Real& server : service.servers) server.weight = 7;
    const std::string new_file = file_in(cluster, "heavy.conf", configuration(services));
    ASSERT_EQ(lvx(cluster, "lvx config apply " + new_file).status, 0);
    heavy = weights(cluster);
    ASSERT_EQ(lvx(cluster, "lvx config apply " + old_file).status, 0);
    light = weights(cluster);
    ASSERT_EQ(light.size(), heavy.size());
    std::mt19937 random(testing::UnitTest::GetInstance()->random_seed());
    for (int round = 0; round < rounds; ++round) {
        std::thread apply([&] { (void)cluster.director().ask("lvx config apply " + (round % 2 == 0 ? new_file : old_file)); });
        // A moment that no condition names is the point here.
        (void)lab::wait_until(Milliseconds(std::uniform_int_distribution(0, 60)(random)), [] { return false; });
        cluster.director().process().kill();
        apply.join();
        must(cluster.director().restart());
        EXPECT_THAT(weights(cluster), AnyOf(light, heavy)) << "round " << round;
    }
}

TEST(Change, OverridesStandAboveTheFileAfterARestart) {
    Cluster cluster(Description{});
    EXPECT_EQ(lvx(cluster, "ipvsadm -e -t 192.168.88.23:80 -r 10.0.0.2:80 -m -w 5").status, 0);
    EXPECT_EQ(lvx(cluster, "ipvsadm -d -t 192.168.88.23:80 -r 10.0.0.3:80").status, 0);
    EXPECT_EQ(lvx(cluster, "ipvsadm -A -t 192.168.88.23:81 -s rr").status, 0);
    EXPECT_EQ(lvx(cluster, "lvx disable 10.0.0.4 --for 1h").status, 0);
    const auto before = weights(cluster);
    const std::string listed = lvx(cluster, "ipvsadm -Ln").out, delta = lvx(cluster, "lvx config delta --as ipvsadm").out;
    must(cluster.director().restart());
    EXPECT_EQ(weights(cluster), before);
    EXPECT_EQ(lvx(cluster, "ipvsadm -Ln").out, listed);
    EXPECT_EQ(lvx(cluster, "lvx config delta --as ipvsadm").out, delta);
    EXPECT_EQ(lvx(cluster, "lvx override clear --all").status, 0);
    EXPECT_EQ(lvx(cluster, "lvx config delta --as ipvsadm").out, "");
    EXPECT_EQ(weights(cluster).size(), 3u);
}

TEST(Change, ADrainWaitsForAHeldConnection) {
    Cluster cluster(Description{.services = {{.servers = {{"server1"}}}}});
    cluster.serve_all();
    cluster.await_neighbours(1);
    EXPECT_EQ(lvx(cluster, "ipvsadm --set 0 1 0").status, 0);  // the end of a connection is soon forgotten
    std::optional<lab::WebConnection> held = must(lab::WebConnection::open(cluster.ns("client"), web_v4(), patience));
    must(held->get("/", patience));
    Outcome drained;
    std::thread drain([&] { drained = lvx(cluster, "lvx drain 10.0.0.2 --wait --timeout 60s --then disable"); });
    EXPECT_TRUE(lab::wait_until(patience, [&] { return weights(cluster)[first] == 0; }));
    EXPECT_EQ(cluster.curl(web_v4()), "") << "no new connections";
    EXPECT_TRUE(held->get("/", patience)) << "the held one goes on";
    held.reset();
    drain.join();
    EXPECT_EQ(drained.status, 0) << drained.err;
    EXPECT_THAT(drained.out, HasSubstr("active 1"));
    EXPECT_THAT(drained.out, HasSubstr("drained"));
    EXPECT_THAT(lvx(cluster, "lvx override list").out, HasSubstr("disabled"));
    EXPECT_EQ(lvx(cluster, "lvx enable 10.0.0.2").status, 0);
    EXPECT_EQ(cluster.curl(web_v4()), "server1");
}

TEST(Change, AFullDiskRefusesAChangeBeforeItBegins) {
    Cluster cluster(Description{});
    const std::string state = cluster.lab().directory() + "/director.state";
    ASSERT_EQ(::mount("tmpfs", state.c_str(), "tmpfs", 0, "size=4k"), 0);
    std::ofstream(state + "/full") << std::string(4096, 'x');
    const Outcome outcome = lvx(cluster, "lvx weight 10.0.0.2 9");
    const Outcome ipvsadm = lvx(cluster, "ipvsadm -e -t 192.168.88.23:80 -r 10.0.0.2:80 -m -w 9");
    EXPECT_EQ(::umount2(state.c_str(), MNT_DETACH), 0);
    EXPECT_EQ(outcome.status, 1);
    EXPECT_THAT(outcome.err, HasSubstr("state.json.new: No space left on device"));
    EXPECT_THAT(outcome.err, HasSubstr("the disk is full"));
    EXPECT_NE(ipvsadm.status, 0);
    EXPECT_EQ(weights(cluster)[first], 1u);
    EXPECT_EQ(lvx(cluster, "lvx weight 10.0.0.2 9").status, 0);
    EXPECT_EQ(weights(cluster)[first], 9u);
}

TEST(Change, TablesOfAnotherSchemaAreRefusedByName) {
    Cluster cluster(Description{});
    cluster.director().process().kill();
    const Fd root(::bpf_obj_get((cluster.lab().pin_directory() + "-director/map_root").c_str()));
    ASSERT_TRUE(root.valid());
    const std::uint32_t key = 0;
    abi::root value{};
    ASSERT_EQ(::bpf_map_lookup_elem(root.get(), &key, &value), 0);
    value.schema ^= 1;
    ASSERT_EQ(::bpf_map_update_elem(root.get(), &key, &value, BPF_ANY), 0);
    const auto started = cluster.director().restart();
    ASSERT_FALSE(started);
    EXPECT_THAT(started.error().sentence(), HasSubstr("another version of lvx made them"));
    value.schema ^= 1;
    ASSERT_EQ(::bpf_map_update_elem(root.get(), &key, &value, BPF_ANY), 0);
    EXPECT_TRUE(cluster.director().restart());
}

}  // namespace
}  // namespace lvx::cluster
