// What the printers write, the readers read: both languages, random clusters.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/text.hh"
#include "config/ipvsadm/command.hh"
#include "config/ipvsadm/print.hh"
#include "config/keepalived/print.hh"
#include "config/load.hh"
#include "config/random_cluster.hh"
#include "config/test_reader.hh"

namespace lvx::config {
namespace {

RC_GTEST_PROP(PrintedConfiguration, ReadsBackToTheSameCluster, ()) {
    const model::Cluster cluster = random_cluster();
    const std::string text = keepalived::print(cluster);
    const Outcome outcome = load(reader_of({{"lvx.conf", text}}), "lvx.conf", {});
    for (const Diagnostic& one : outcome.diagnostics.all()) {
        RC_ASSERT(one.code == Code::not_supported_yet || one.code == Code::no_servers);
    }
    RC_ASSERT(outcome.site.cluster == cluster);
}

model::Cluster run(std::string_view lines) {
    model::Cluster cluster;
    for (const auto line : split_at(lines, '\n')) {
        const auto command = ipvsadm::restore_line(line, ipvsadm::no_names());
        if (!command) continue;
        RC_ASSERT(command->has_value());
        const auto after = model::apply_as_kernel(cluster, std::get<model::Operation>(**command));
        RC_ASSERT(after.has_value());
        cluster = *after;
    }
    return cluster;
}

RC_GTEST_PROP(PrintedCommands, RunToTheSameCluster, ()) {
    const model::Cluster cluster = random_cluster();
    RC_ASSERT(run(ipvsadm::commands(cluster)) == cluster);
}

RC_GTEST_PROP(SavedTable, IsSavedTheSameAfterRestoring, ()) {
    const std::string saved = ipvsadm::save(random_cluster(), ipvsadm::numeric_labels());
    const std::string again = ipvsadm::save(run(saved), ipvsadm::numeric_labels());
    RC_ASSERT(split_at(saved, '\n').size() == split_at(again, '\n').size());
}

TEST(PrintedConfiguration, LooksAsAPersonWouldWriteIt) {
    model::Cluster cluster;
    cluster.services = {{.key = {.protocol = model::Protocol::tcp, .address = *Address::parse("192.168.88.23"), .port = 80},
                         .scheduler = "rr",
                         .servers = {{.endpoint = {*Address::parse("10.0.0.2"), 80}},
                                     {.endpoint = {*Address::parse("10.0.0.3"), 80}, .weight = 2, .upper_threshold = 9}}}};
    EXPECT_EQ(keepalived::print(cluster), R"(virtual_server 192.168.88.23 80 {
    protocol TCP
    lvs_sched rr
    lvs_method NAT
    real_server 10.0.0.2 80 {
        weight 1
    }
    real_server 10.0.0.3 80 {
        weight 2
        uthreshold 9
    }
}
)");
    EXPECT_EQ(ipvsadm::commands(cluster), "ipvsadm -A -t 192.168.88.23:80 -s rr\n"
                                          "ipvsadm -a -t 192.168.88.23:80 -r 10.0.0.2:80 -m -w 1\n"
                                          "ipvsadm -a -t 192.168.88.23:80 -r 10.0.0.3:80 -m -w 2 -x 9\n");
}

}  // namespace
}  // namespace lvx::config
