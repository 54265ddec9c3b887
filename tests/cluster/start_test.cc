// What the words of lvxd's command line change of its start.
//
//   director (lvxd with words of its own; no traffic)
#include <gmock/gmock.h>
#include <signal.h>

#include "support/cluster.hh"

namespace lvx::cluster {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view with_mistake = R"(virtual_server 192.168.88.23 80 {
    protocol TCP
    lb_algo wrrr
    lb_kind NAT
    real_server 10.0.0.2 80 { }
}
)";

// Those that are not on their way out.
std::vector<std::string> server_list(const Cluster& cluster) {
    std::vector<std::string> result;
    for (const auto& service : cluster.services().services)
        for (const auto& server : service.servers)
            if (server.server.weight != 0) result.push_back(server.server.endpoint.text());
    return result;
}

void end(Cluster& cluster) {
    cluster.director().process().signal(SIGTERM);
    ASSERT_EQ(cluster.director().process().wait(patience), 0);
}

TEST(Start, TolerantTakesAFileAsKeepalivedWouldAndSaysSo) {
    Cluster cluster({.arguments = {"--tolerant"}});
    end(cluster);
    must(cluster.director().write_configuration(std::string(with_mistake)));
    must(cluster.director().restart());
    EXPECT_EQ(cluster.services().services.at(0).service.scheduler, "wlc");
    EXPECT_THAT(cluster.status().problems, Contains(HasSubstr("1 mistake is tolerated")));
    EXPECT_FALSE(must(cluster.client().reload()).applied) << "only a start is tolerant";
}

TEST(Start, WithoutToleranceAMistakeIsRefused) {
    Cluster cluster(Description{});
    end(cluster);
    must(cluster.director().write_configuration(std::string(with_mistake)));
    const Result<void> refused = cluster.director().restart();
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().sentence(), HasSubstr("wrrr"));
}

TEST(Start, TheIdChoosesLines) {
    const std::string both = "virtual_server 192.168.88.23 80 {\n    protocol TCP\n    lb_algo rr\n    lb_kind NAT\n"
                             "    @second real_server 10.0.0.2 80 { }\n    @^second real_server 10.0.0.3 80 { }\n}\n";
    Cluster cluster({.arguments = {"-i", "second"}});
    cluster.reload(both);
    EXPECT_THAT(server_list(cluster), testing::ElementsAre("10.0.0.2:80"));
    Cluster other(Description{});
    other.reload(both);
    EXPECT_THAT(server_list(other), testing::ElementsAre("10.0.0.3:80"));
}

TEST(Start, WhatOperatorsChangedIsInTheFolderOfStateAndNowhereElse) {
    Cluster cluster(Description{});
    const auto weights = [&] {
        std::vector<std::uint32_t> result;
        for (const auto& server : cluster.services().services.at(0).servers) result.push_back(server.server.weight);
        return result;
    };
    ASSERT_EQ(cluster.run("director", "lvx --socket " + cluster.director().socket() + " disable 10.0.0.2").status, 0);
    end(cluster);
    must(cluster.director().restart());
    EXPECT_THAT(weights(), Contains(0u));
    end(cluster);
    ASSERT_EQ(cluster.run("director", "rm -r " + cluster.lab().directory() + "/*state*").status, 0);
    must(cluster.director().restart());
    EXPECT_THAT(weights(), Not(Contains(0u)));
}

}  // namespace
}  // namespace lvx::cluster
