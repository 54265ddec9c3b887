// From text to model, and what is said about it.
#include "config/load.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/keepalived/print.hh"
#include "config/test_reader.hh"

namespace lvx::config {
namespace {

using testing::HasSubstr;
using testing::Not;

Outcome load_text(std::string text) {
    return load(reader_of({{"lvx.conf", std::move(text)}}), "lvx.conf", Options{.config_id = "main"});
}

constexpr const char* classic = R"(# the classic lab
virtual_server 192.168.88.23 80 {
    delay_loop 6
    lb_algo rr
    lb_kind NAT
    protocol TCP
    real_server 10.0.0.2 80 {
        weight 1
    }
    real_server 10.0.0.3 80 {
        weight 2
        uthreshold 100
        lthreshold 50
    }
}
)";

TEST(Load, ReadsTheClassicLabWithoutAWord) {
    const Outcome outcome = load_text(classic);
    EXPECT_EQ(outcome.report(), "1 file, 0 errors, 0 warnings.\n");
    ASSERT_EQ(outcome.site.cluster.services.size(), 1u);
    const model::Service& service = outcome.site.cluster.services[0];
    EXPECT_EQ(service.key.text(), "tcp/192.168.88.23:80");
    EXPECT_EQ(service.scheduler, "rr");
    ASSERT_EQ(service.servers.size(), 2u);
    EXPECT_EQ(service.servers[1].endpoint.text(), "10.0.0.3:80");
    EXPECT_EQ(service.servers[1].weight, 2u);
    EXPECT_EQ(service.servers[1].upper_threshold, 100u);
    EXPECT_EQ(service.servers[1].lower_threshold, 50u);
}

TEST(Load, RemembersWhereServicesAndServersStand) {
    const Outcome outcome = load_text(classic);
    const auto key = outcome.site.cluster.services[0].key;
    EXPECT_EQ(outcome.places.services.at(key), (Place{.file = 0, .line = 2, .column = 1, .width = 31}));
    const Endpoint second = outcome.site.cluster.services[0].servers[1].endpoint;
    EXPECT_EQ(outcome.places.servers.at({key, second}).line, 10u);
}

TEST(Load, IsUsableOnlyWithoutErrors) {
    EXPECT_TRUE(load_text(classic).usable());
    EXPECT_FALSE(load_text("virtual_server 192.168.88.23 80 {\n lb_algo wrrr\n}\n").usable());
}

TEST(Load, ShowsAMistakeAsFactsUxDoes) {
    const Outcome outcome = load_text("virtual_server 192.0.2.1 80 {\n    lb_algo wrrr\n    lb_kind NAT\n    protocol TCP\n"
                                      "    real_server 10.0.0.2 80 {\n    }\n}\n");
    EXPECT_EQ(outcome.report(),
              "lvx.conf:2:13: error[E0112]: unknown scheduler \"wrrr\"\n"
              "    2 |     lb_algo wrrr\n"
              "      |             ^~~~ did you mean \"wrr\"?\n"
              "      = note: keepalived would ignore this line and use wlc\n"
              "      = help: rr wrr lc wlc sh mh\n"
              "1 file, 1 error, 0 warnings.\n");
}

TEST(Load, FindsAllMistakesInOnePassEachOnce) {
    const Outcome outcome = load_text(R"(virtual_server 192.0.2.1 80 {
    lb_algo rrr
    lb_kind NAT
    protocol TCP
    delya_loop 6
    persistence_granularity 33
    real_server 10.0.0.2 800000 {
    }
    real_server 10.0.0.3 80 {
        weight -1
    }
    real_server 10.0.0.3 80 {
        weight
    }
    real_server 10.0.0.4 80 {
        weight 1
virtual_server 192.0.2.1 80 {
    lb_algo rr
    lb_kind NAT
    protocol TCP
    real_server 10.0.0.2 80 {
    }
}
)");
    std::vector<std::pair<std::uint32_t, Code>> found;
    for (const Diagnostic& one : outcome.diagnostics.all()) {
        if (one.severity == Severity::error) found.emplace_back(one.place.line, one.code);
    }
    const std::vector<std::pair<std::uint32_t, Code>> expected = {
        {1, Code::unclosed_brace},    {2, Code::unknown_scheduler}, {5, Code::unknown_keyword},
        {6, Code::bad_mask},          {7, Code::bad_port},          {10, Code::out_of_range},
        {12, Code::duplicate_server}, {13, Code::missing_argument}, {15, Code::unclosed_brace},
        {17, Code::duplicate_service}};
    EXPECT_EQ(found, expected) << outcome.report();
}

TEST(Load, NamesTheFileItCannotRead) {
    const Outcome outcome = load(reader_of({}), "/etc/none.conf", {});
    EXPECT_EQ(outcome.report(),
              "/etc/none.conf: error[E0001]: cannot open /etc/none.conf: No such file or directory\n"
              "1 file, 1 error, 0 warnings.\n");
}

TEST(Load, KeepsWhatTheDataPlaneCannotDoInTheModelAndRefusesIt) {
    const Outcome outcome = load_text(R"(virtual_server 192.0.2.1 80 {
    lb_algo rr
    lb_kind DR
    protocol SCTP
    persistence_timeout 50
    real_server 10.0.0.2 81 {
        lvs_method TUN type gue port 6080 csum
    }
    real_server 10.0.0.3 81 {
    }
}
)");
    EXPECT_EQ(outcome.diagnostics.errors(), 3u) << outcome.report();
    for (const Diagnostic& one : outcome.diagnostics.all()) EXPECT_EQ(one.code, Code::not_supported_yet);
    const model::Service& service = outcome.site.cluster.services.at(0);
    EXPECT_EQ(service.persistence->timeout.count(), 50);
    EXPECT_EQ(service.servers[0].tunnel, (model::Tunnel{model::TunnelType::gue, 6080, model::TunnelChecksum::full}));
    EXPECT_EQ(service.servers[1].method, model::Method::route);
    EXPECT_EQ(service.servers[1].endpoint.port, 80);  // DR cannot change the port
}

TEST(Load, ChecksInsideEveryBlock) {
    const Outcome outcome = load_text("vrrp_instance VI_1 {\n priority 300\n}\n");
    EXPECT_THAT(outcome.report(), HasSubstr("lvx.conf:2:11: error[E0106]: priority 300 is out of range"));
}

TEST(Load, CountsJunkOnce) {
    std::string text;
    for (int i = 2; i < 5; ++i) {
        text += "virtual_server 192.0.2." + std::to_string(i) + " 80 {\n protocol TCP\n lb_algo rr\n lb_kind NAT\n nat_mask 255.0.0.0\n"
                " real_server 10.0.0.2 80 {\n }\n}\n";
    }
    const Outcome outcome = load_text(text);
    EXPECT_EQ(outcome.diagnostics.warnings(), 1u) << outcome.report();
    EXPECT_THAT(outcome.report(), HasSubstr("it stands at 2 more places"));
}

TEST(Load, ToleratesAtAStartWhatKeepalivedChangesSilently) {
    const std::string text = R"(virtual_server 192.0.2.1 80 {
    protocol TCP
    lb_algo wrrr
    lb_kind NAT
    persistence_granularity 33
    real_server 10.0.0.2 80 {
    }
    real_server 10.0.0.2 80 {
        weight 5
    }
    real_server 10.0.0.3 99999 {
    }
}
virtual_server 192.0.2.1 80 {
    protocol TCP
    lb_algo rr
    lb_kind NAT
    real_server 10.0.0.4 80 {
    }
}
)";
    EXPECT_EQ(load_text(text).diagnostics.errors(), 5u);
    const Outcome outcome = load(reader_of({{"lvx.conf", text}}), "lvx.conf", {.tolerant = true});
    EXPECT_TRUE(outcome.usable()) << outcome.report();
    EXPECT_EQ(outcome.diagnostics.warnings(), 5u) << outcome.report();
    const model::Service& service = outcome.site.cluster.services.at(0);
    EXPECT_EQ(outcome.site.cluster.services.size(), 1u);
    EXPECT_EQ(service.scheduler, "wlc");
    EXPECT_FALSE(service.persistence);
    ASSERT_EQ(service.servers.size(), 2u);  // both virtual servers' good ones
    EXPECT_EQ(service.servers[0].weight, 1u);
    EXPECT_EQ(service.servers[1].endpoint.text(), "10.0.0.4:80");
}

TEST(Load, ToleratesNothingThatKeepalivedDoesNotSurvive) {
    const std::string text = "virtual_server 192.0.2.1 80 {\n protocol TCP\n lb_algo rr\n lb_kind NAT\n weight\n}\n";
    EXPECT_FALSE(load(reader_of({{"lvx.conf", text}}), "lvx.conf", {.tolerant = true}).usable());
}

TEST(Load, TakesNothingFromJunk) {
    const Outcome outcome = load_text("virtual_server 192.0.2.1 80 {\n protocol TCP\n lb_algo rr\n lb_kind NAT\n real_server 10.0.0.2 80 {\n"
                                      " TCP_CHECK {\n retry 5\n nb_get_retry 3\n }\n }\n}\n");
    EXPECT_EQ(outcome.diagnostics.warnings(), 1u) << outcome.report();
    EXPECT_EQ(outcome.site.pools.at(0).servers.at(0).checks.at(0).timing.retry, 5u);
}

TEST(Load, RemembersWhereValuesStand) {
    const Outcome outcome = load_text("virtual_server 192.0.2.1 80 {\n protocol TCP\n lb_algo rr\n lb_kind NAT\n real_server 10.0.0.2 80 {\n"
                                      " weight 3\n weight 4\n }\n}\n");
    const model::ServiceKey key = outcome.site.pools.at(0).services.at(0);
    const Origin& pool = outcome.places.pools.at(key);
    ASSERT_NE(pool.find("lvs_sched"), nullptr);
    EXPECT_EQ(pool.find("lvs_sched")->line, 3u);
    EXPECT_EQ(pool.find("quorum"), nullptr);
    const Origin& server = outcome.places.watched.at({key, outcome.site.pools[0].servers.at(0).endpoint});
    EXPECT_EQ(server.find("weight")->line, 7u);  // the one that counts
}

TEST(Load, WarnsOfJunkThatWorkingFilesHave) {
    const Outcome outcome = load_text(R"(virtual_server 192.0.2.1 80 dev eth0 {
    nat_mask 255.255.255.0
    lb_algo loadbalance
    lb_kind NAT
    protocol TCP
    persistence_timeout 0
    quorum 0
    some_dialect 7
    real_server 10.0.0.2 80 {
        TCP_CHECK {
            nb_get_retry 3
        }
    }
}
)");
    EXPECT_TRUE(outcome.usable()) << outcome.report();
    EXPECT_GE(outcome.diagnostics.warnings(), 7u) << outcome.report();
    EXPECT_EQ(outcome.site.cluster.services.at(0).scheduler, "wlc");
    EXPECT_FALSE(outcome.site.cluster.services.at(0).persistence);
}

TEST(Load, LeavesAnUnknownBlockOutWithOneMessage) {
    const Outcome outcome = load_text("zabbix_thing {\n a 1\n b 2\n c {\n d 3\n }\n}\n");
    EXPECT_EQ(outcome.diagnostics.all().size(), 1u) << outcome.report();
}

TEST(Load, SaysWhereAKeywordBelongs) {
    const Outcome outcome = load_text("virtual_server 192.0.2.1 80 {\n protocol TCP\n lb_algo rr\n lb_kind NAT\n"
                                      " real_server 10.0.0.2 80 {\n lb_kind DR\n }\n}\n");
    EXPECT_THAT(outcome.report(), HasSubstr("\"lb_kind\" does not belong into real_server"));
    EXPECT_THAT(outcome.report(), HasSubstr("the name here is \"lvs_method\""));
}

TEST(Load, NamesEveryBlockThatAMisplacedKeywordBelongsTo) {
    const std::string report = load_text("virtual_server 10.0.0.1 80 {\n  real_server 10.0.0.2 80 {\n    MISC_CHECK {\n      misc_path /bin/true\n      check_through virtual\n    }\n  }\n}\n").report();
    EXPECT_THAT(report, HasSubstr("\"check_through\" does not belong into MISC_CHECK"));
    EXPECT_THAT(report, HasSubstr("it belongs into virtual_server, TCP_CHECK and PING_CHECK, HTTP_GET and SSL_GET, SMTP_CHECK, DNS_CHECK, UDP_CHECK or GREETING_CHECK\n"));
}

TEST(Load, SetsTimeoutsAndKeepsTheDefaultAtZero) {
    const Outcome outcome = load_text("global_defs {\n lvs_timeouts tcp 60 udp 0\n}\n");
    EXPECT_EQ(outcome.report(), "1 file, 0 errors, 0 warnings.\n");
    EXPECT_EQ(outcome.site.cluster.timeouts, (model::Timeouts{.tcp = std::chrono::seconds{60}}));
    EXPECT_FALSE(load_text("global_defs {\n lvs_timeouts tcp 2678401\n}\n").usable());
    EXPECT_FALSE(load_text("global_defs {\n lvs_timeouts tcp\n}\n").usable());
}

TEST(Load, TakesTheSchedulersFlagsInAnyOrder) {
    const Outcome outcome = load_text("virtual_server 192.0.2.1 80 {\n sh-port\n lb_algo sh\n sh-fallback\n mh-port\n"
                                      " lb_kind NAT\n protocol TCP\n real_server 10.0.0.2 80 {\n }\n}\n");
    EXPECT_EQ(outcome.site.cluster.services.at(0).scheduler_flags, model::flag_1 | model::flag_2);
    EXPECT_THAT(outcome.report(), HasSubstr("mh-port is a flag of scheduler mh, not of sh"));
}

TEST(Load, ReadsTwoFamilies) {
    const Outcome outcome = load_text("virtual_server 2001:db8::1 80 {\n lb_algo rr\n lb_kind NAT\n protocol TCP\n"
                                      " real_server fd00::2 80 {\n }\n real_server 10.0.0.2 80 {\n }\n}\n");
    EXPECT_EQ(outcome.site.cluster.services.at(0).servers.size(), 1u);
    EXPECT_THAT(outcome.report(), HasSubstr("error[E0142]"));
}

TEST(Load, PointsIntoIncludedFiles) {
    const auto reader = reader_of({{"/etc/lvx/main.conf", "include conf.d/*.conf\n"},
                                   {"/etc/lvx/conf.d/a.conf", "virtual_server 192.0.2.1 80 {\n"},
                                   {"/etc/lvx/conf.d/b.conf", "  lb_algo xyz\n}\n"}});
    const Outcome outcome = load(reader, "/etc/lvx/main.conf", {});
    EXPECT_EQ(outcome.sources.count(), 3u);
    EXPECT_THAT(outcome.report(), HasSubstr("/etc/lvx/conf.d/b.conf:1:11: error[E0112]"));
}

}  // namespace
}  // namespace lvx::config
