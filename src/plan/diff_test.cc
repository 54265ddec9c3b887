#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "plan/plan.hh"

namespace lvx::plan {
namespace {

model::Server server(std::uint32_t last, std::uint32_t weight) {
    return {.endpoint = {Address::v4(0x0a000000 | last), 80}, .weight = weight};
}

model::Service service(std::uint16_t port, std::vector<model::Server> servers) {
    return {.key = {.address = Address::v4(0xc0a85817), .port = port}, .servers = std::move(servers)};
}

TEST(Diff, OfEqualClustersIsEmpty) {
    const model::Cluster cluster{.services = {service(80, {server(2, 1)})}};
    EXPECT_TRUE(diff(cluster, cluster).empty());
    EXPECT_EQ(explain(diff(cluster, cluster)), "");
}

TEST(Diff, TouchesOnlyWhatChanged) {
    const model::Cluster before{.services = {service(80, {server(2, 1), server(3, 1)}), service(81, {server(4, 1)})}};
    model::Cluster after = before;
    after.services[0].servers[1].weight = 7;
    EXPECT_EQ(explain(diff(before, after)), "change server 10.0.0.3:80 of tcp/192.168.88.23:80: weight 1 -> 7\n");
}

TEST(Diff, RemovesBeforeItAdds) {
    const model::Cluster before{.services = {service(80, {server(2, 1)})}}, after{.services = {service(81, {server(2, 1)})}};
    EXPECT_EQ(explain(diff(before, after)),
              "remove service tcp/192.168.88.23:80\n"
              "add service tcp/192.168.88.23:81, scheduler wlc\n"
              "add server 10.0.0.2:80 to tcp/192.168.88.23:81, masq, weight 1\n");
}

TEST(Diff, AddsAgainAServerThatMovedToTheEnd) {
    const model::Cluster before{.services = {service(80, {server(2, 1), server(3, 1)})}};
    const model::Cluster after{.services = {service(80, {server(3, 1), server(2, 1)})}};
    EXPECT_EQ(explain(diff(before, after)),
              "remove server 10.0.0.2:80 from tcp/192.168.88.23:80\n"
              "add server 10.0.0.2:80 to tcp/192.168.88.23:80, masq, weight 1\n");
}

TEST(Diff, TellsSchedulersAndTimeouts) {
    const model::Cluster before{.services = {service(80, {})}};
    model::Cluster after = before;
    after.services[0].scheduler = "rr";
    after.timeouts.udp = std::chrono::seconds{30};
    EXPECT_EQ(explain(diff(before, after)),
              "set timeouts in seconds: udp 300 -> 30\n"
              "change service tcp/192.168.88.23:80: scheduler wlc -> rr\n");
}

model::Cluster any_cluster() {
    model::Cluster cluster;
    for (std::uint16_t port = 80; port < 84; ++port) {
        if (*rc::gen::arbitrary<bool>()) continue;
        model::Service next = service(port, {});
        next.scheduler = *rc::gen::element<std::string>("rr", "wlc");
        for (int count = *rc::gen::inRange(0, 6); count > 0; --count) {
            const model::Server one = server(*rc::gen::inRange(2u, 8u), *rc::gen::inRange(0u, 3u));
            if (std::ranges::find(next.servers, one.endpoint, &model::Server::endpoint) == next.servers.end())
                next.servers.push_back(one);
        }
        cluster.services.push_back(next);
    }
    return cluster;
}

RC_GTEST_PROP(Diff, LeadsFromAnyClusterToAnyOther, ()) {
    const model::Cluster before = any_cluster();
    model::Cluster after = any_cluster();
    model::Cluster reached = applied(before, diff(before, after));
    std::ranges::sort(reached.services, {}, &model::Service::key);
    RC_ASSERT(reached == after);
}

}  // namespace
}  // namespace lvx::plan
