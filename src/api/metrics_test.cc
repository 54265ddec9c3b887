#include "api/metrics.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/sample.hh"

namespace lvx::api {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

MetricsInput sample_input() {
    const FakeDirector director = sample_director();
    return {director.status_value, director.services_value, director.verdicts_value, director.interfaces_value, {.requests = 5, .read_timeout = 2}};
}

TEST(Metrics, CountersCarryTheNamesOfServiceAndServer) {
    const std::string page = metrics(sample_input());
    EXPECT_THAT(page, HasSubstr("\nlvx_service_connections_total{service=\"tcp/192.168.88.23:80\"} 7\n"));
    EXPECT_THAT(page, HasSubstr("\nlvx_service_transmit_bytes_total{service=\"tcp/192.168.88.23:80\"} 18446744073709551615\n"));
    EXPECT_THAT(page, HasSubstr("\nlvx_server_connections{service=\"tcp/192.168.88.23:80\",server=\"10.0.0.2:80\",state=\"active\"} 4\n"));
    EXPECT_THAT(page, HasSubstr("\nlvx_service_servers{service=\"tcp/192.168.88.23:80\",state=\"drain\"} 1\n"));
}

TEST(Metrics, AMixtureOfForwardingMethodsIsCalledSo) {
    EXPECT_THAT(metrics(sample_input()), HasSubstr("scheduler=\"wrr\",forward=\"mixed\"} 1\n"));
}

TEST(Metrics, OnlyDroppedPacketsAreDrops) {
    const std::string page = metrics(sample_input());
    EXPECT_THAT(page, HasSubstr("\nlvx_drop_packets_total{reason=\"no_neighbour\",interface=\"eth0\"} 1\n"));
    EXPECT_THAT(page, Not(HasSubstr("lvx_drop_packets_total{reason=\"not_ours\"")));
    EXPECT_THAT(page, HasSubstr("\nlvx_verdict_packets_total{verdict=\"not_ours\",kind=\"pass\",interface=\"eth0\"} 9\n"));
}

TEST(Metrics, ARefusedReloadShows) {
    MetricsInput input = sample_input();
    EXPECT_THAT(metrics(input), HasSubstr("\nlvx_config_last_reload_successful 1\n"));
    input.status.configuration_state = "lvx.conf:1:1: error";
    EXPECT_THAT(metrics(input), HasSubstr("\nlvx_config_last_reload_successful 0\n"));
}

TEST(Metrics, EveryBoundOfTheDoorIsASample) {
    const std::string page = metrics(sample_input());
    EXPECT_THAT(page, HasSubstr("\nlvx_api_requests_total 5\n"));
    EXPECT_THAT(page, HasSubstr("\nlvx_api_refused_total{reason=\"read_timeout\"} 2\n"));
    EXPECT_THAT(page, HasSubstr("\nlvx_api_refused_total{reason=\"too_many_connections\"} 0\n"));
}

TEST(Metrics, LabelValuesAreEscaped) {
    MetricsInput input = sample_input();
    input.interfaces.front().name = "a\"b\\c\nd\xff";
    EXPECT_THAT(metrics(input), HasSubstr("{interface=\"a\\\"b\\\\c\\nd\uFFFD\",mode=\"xdp native\"} 1\n"));
}

TEST(Metrics, VirtualRoutersAreTold) {
    MetricsInput input = sample_input();
    EXPECT_THAT(metrics(input), Not(HasSubstr("lvx_vrrp")));
    input.vrrp = sample_vrrp();
    const std::string page = metrics(input);
    EXPECT_THAT(page, HasSubstr("\nlvx_vrrp_state{instance=\"VI_1\",state=\"MASTER\"} 1\n"));
    EXPECT_THAT(page, HasSubstr("\nlvx_vrrp_state{instance=\"VI_1\",state=\"BACKUP\"} 0\n"));
    EXPECT_THAT(page, HasSubstr("\nlvx_vrrp_counts_total{instance=\"VI_1\",count=\"advert_sent\"} 9000\n"));
    EXPECT_THAT(page, HasSubstr("\nlvx_vrrp_path_heard{instance=\"VI_1\",path=\"eth2 to 10.9.0.2\"} 0\n"));
    EXPECT_THAT(page, HasSubstr("\nlvx_vrrp_tracked{kind=\"file\",name=\"score\"} -20\n"));
    EXPECT_THAT(page, HasSubstr("\nlvx_vrrp_longest_gap_seconds 0.010250\n"));
}

TEST(Metrics, SessionsNotificationsAndScriptsAreTold) {
    MetricsInput input = sample_input();
    input.bfd = sample_bfd();
    input.work = sample_work();
    const std::string page = metrics(input);
    EXPECT_THAT(page, HasSubstr("\nlvx_bfd_discarded_packets_total{session=\"other\",neighbour=\"10.9.0.2\"} 1\n"));
    EXPECT_THAT(page, HasSubstr("\nlvx_bfd_refused_packets_total{reason=\"wrong_ttl\"} 2\n"));
    EXPECT_THAT(page, HasSubstr("\nlvx_checks_total{what=\"postponed\"} 3\n"));
    EXPECT_THAT(page, HasSubstr("\nlvx_maintenance_names_left_out 6\n"));
    EXPECT_THAT(page, HasSubstr("\nlvx_notifications_total{of=\"fifo\",what=\"lines_lost\"} 1\n"));
    EXPECT_THAT(page, HasSubstr("\nlvx_scripts_total{of=\"notify\",what=\"started\"} 3\n"));
}

TEST(Metrics, AnEmptyDirectorStillHasEveryFamily) {
    const std::string page = metrics({});
    EXPECT_THAT(page, HasSubstr("# TYPE lvx_server_connections_total counter\n"));
    EXPECT_THAT(page, HasSubstr("\nlvx_conntrack_entries 0\n"));
}

}  // namespace
}  // namespace lvx::api
