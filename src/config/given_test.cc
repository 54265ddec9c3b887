#include "config/given.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "config/load.hh"
#include "config/test_reader.hh"

namespace lvx::config {
namespace {

using testing::Contains;
using testing::Not;

constexpr const char* text = R"(global_defs {
    router_id LVS_1
    vrrp_garp_master_repeat 2
}
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    virtual_ipaddress {
        192.168.88.23/24 dev eth0
    }
}
virtual_server 192.168.88.23 80 {
    delay_loop 4
    protocol TCP
    lb_algo rr
    real_server 10.0.0.2 80 {
        connect_timeout 2
        TCP_CHECK { retry 7 }
    }
}
)";

std::string told(const Given& given) {
    return given.object + " | " + given.name + " | " + given.value + " | " + std::to_string(given.place.line);
}

std::vector<std::string> all() {
    const Outcome outcome = load(reader_of({{"lvx.conf", text}}), "lvx.conf", {});
    std::vector<std::string> lines;
    for (const Given& each : given_values(*outcome.statements)) lines.push_back(told(each));
    return lines;
}

TEST(Given, IsWhatTheFileSaysWithItsPlace) {
    EXPECT_THAT(all(), Contains("global_defs | router_id | LVS_1 | 2"));
    EXPECT_THAT(all(), Contains("vrrp_instance VI_1 | virtual_router_id | 51 | 7"));
    EXPECT_THAT(all(), Contains("vrrp_instance VI_1 / virtual_ipaddress |  | 192.168.88.23/24 dev eth0 | 9"));
}

TEST(Given, OldSpellingsHaveTheirNameOfToday) {
    EXPECT_THAT(all(), Contains("virtual_server 192.168.88.23 80 | lvs_sched | rr | 15"));
}

TEST(Given, WhatNobodySaysIsTheDefault) {
    EXPECT_THAT(all(), Contains("vrrp_instance VI_1 | advert_int | 1 | 0"));
    EXPECT_THAT(all(), Contains("global_defs | smtp_connect_timeout | 30 | 0"));
}

TEST(Given, ARouterTakesItsDefaultsFromGlobalDefs) {
    EXPECT_THAT(all(), Contains("vrrp_instance VI_1 | garp_master_repeat | 2 | 3"));
    EXPECT_THAT(all(), Not(Contains("vrrp_instance VI_1 | garp_master_repeat | 5 | 0")));
}

TEST(Given, ACheckTakesItsTimingFromTheBlocksAroundIt) {
    const std::string check = "virtual_server 192.168.88.23 80 / real_server 10.0.0.2 80 / TCP_CHECK";
    EXPECT_THAT(all(), Contains(check + " | retry | 7 | 18"));
    EXPECT_THAT(all(), Contains(check + " | connect_timeout | 2 | 17"));
    EXPECT_THAT(all(), Contains(check + " | delay_loop | 4 | 13"));
}

}  // namespace
}  // namespace lvx::config
