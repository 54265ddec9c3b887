#include <gtest/gtest.h>

#include "notify/notice.hh"

namespace lvx::notify {
namespace {

model::Command command(const std::string& word) { return {.words = {word}}; }

Settings quiet() { return {.host = "lvs1"}; }

Settings all_ways() {
    Settings settings = quiet();
    settings.all.path = "/run/all";
    settings.vrrp.path = "/run/vrrp";
    settings.lvs.path = "/run/lvs";
    settings.mail = {.router_id = "R1", .recipients = {"ops@example.org"}, .server_host = "127.0.0.1"};
    return settings;
}

VrrpNotice notice_of(VrrpNews news) {
    VrrpNotice notice{.name = "VI_1", .news = news, .priority = 150};
    notice.how = {.master = command("/m"), .backup = command("/b"), .fault = command("/f"), .stop = command("/s"),
                  .any = command("/any"), .master_rx_lower_priority = command("/lower"), .smtp_alert = true};
    return notice;
}

TEST(Order, of_a_state_is_its_script_then_notify_then_fifos_then_mail) {
    const auto told = deliveries(notice_of(VrrpNews::master), all_ways());
    const std::vector<Delivery> wanted{
        RunScript{"INSTANCE VI_1", command("/m")},
        RunScript{"INSTANCE VI_1", {.words = {"/any", "INSTANCE", "VI_1", "MASTER", "150"}}},
        WriteLine{FifoKind::all, "INSTANCE \"VI_1\" MASTER 150\n"},
        WriteLine{FifoKind::vrrp, "INSTANCE \"VI_1\" MASTER 150\n"},
        SendMail{"[R1] VRRP Instance VI_1 - Entering MASTER state", "VRRP Instance VI_1 - Entering MASTER state, priority 150.\n"}};
    EXPECT_EQ(told, wanted);
}

TEST(Order, a_groups_priority_is_told_as_nought) {
    VrrpNotice notice = notice_of(VrrpNews::backup);
    notice.subject = Subject::group;
    notice.name = "G1";
    const auto told = deliveries(notice, all_ways());
    EXPECT_EQ(told.at(1), Delivery(RunScript{"GROUP G1", {.words = {"/any", "GROUP", "G1", "BACKUP", "0"}}}));
    EXPECT_EQ(told.at(3), Delivery(WriteLine{FifoKind::vrrp, "GROUP \"G1\" BACKUP 0\n"}));
    EXPECT_EQ(std::get<SendMail>(told.at(4)).subject, "[R1] VRRP Group G1 - Entering BACKUP state");
}

TEST(Order, deleted_is_told_as_fault_to_who_did_not_ask_for_deleted) {
    EXPECT_EQ(deliveries(notice_of(VrrpNews::deleted), quiet()).at(0), Delivery(RunScript{"INSTANCE VI_1", command("/f")}));
    VrrpNotice asked = notice_of(VrrpNews::deleted);
    asked.how.deleted = command("/d");
    EXPECT_EQ(deliveries(asked, quiet()).at(0), Delivery(RunScript{"INSTANCE VI_1", command("/d")}));
}

TEST(Order, news_that_are_no_state_go_to_their_script_and_the_fifos_only) {
    const auto told = deliveries(notice_of(VrrpNews::heard_lower_priority), all_ways());
    ASSERT_EQ(told.size(), 3U);
    EXPECT_EQ(told[0], Delivery(RunScript{"INSTANCE VI_1", command("/lower")}));
    EXPECT_EQ(told[2], Delivery(WriteLine{FifoKind::vrrp, "INSTANCE \"VI_1\" MASTER_RX_LOWER_PRI 150\n"}));
    EXPECT_EQ(deliveries(notice_of(VrrpNews::master_priority), all_ways()).at(1),
              Delivery(WriteLine{FifoKind::vrrp, "INSTANCE \"VI_1\" MASTER_PRIORITY 150\n"}));
}

TEST(Order, no_mail_of_faults_where_they_are_not_wanted_nor_without_recipients) {
    Settings settings = all_ways();
    EXPECT_EQ(deliveries(notice_of(VrrpNews::fault), settings).size(), 5U);
    settings.mail.no_email_faults = true;
    EXPECT_EQ(deliveries(notice_of(VrrpNews::fault), settings).size(), 4U);
    settings.mail.recipients.clear();
    EXPECT_EQ(deliveries(notice_of(VrrpNews::master), settings).size(), 4U);
}

TEST(Order, of_a_real_server_is_script_fifos_mail) {
    const ServerNotice notice{.server = "[10.0.0.2]:tcp:80", .service = "[10.0.0.1]:tcp:80", .health = Health::down,
                              .command = command("/down"), .reason = "connection refused"};
    const std::vector<Delivery> wanted{
        RunScript{"RS [10.0.0.2]:tcp:80 [10.0.0.1]:tcp:80", command("/down")},
        WriteLine{FifoKind::all, "RS [10.0.0.2]:tcp:80 [10.0.0.1]:tcp:80 DOWN\n"},
        WriteLine{FifoKind::lvs, "RS [10.0.0.2]:tcp:80 [10.0.0.1]:tcp:80 DOWN\n"},
        SendMail{"[R1] Realserver [10.0.0.2]:tcp:80 of virtual server [10.0.0.1]:tcp:80 - DOWN",
                 "Realserver [10.0.0.2]:tcp:80 of virtual server [10.0.0.1]:tcp:80 - DOWN: connection refused.\n"}};
    EXPECT_EQ(deliveries(notice, all_ways()), wanted);
}

TEST(Order, of_a_virtual_server_tells_the_sum) {
    const ServiceNotice notice{.service = "FWM 7", .health = Health::up, .mail = true, .sum = "Gained quorum 1+0=1 <= 3"};
    const auto told = deliveries(notice, all_ways());
    EXPECT_EQ(told.at(1), Delivery(WriteLine{FifoKind::lvs, "VS FWM 7 UP\n"}));
    EXPECT_EQ(told.at(2), Delivery(SendMail{"[R1] Virtualserver FWM 7 - UP", "Gained quorum 1+0=1 <= 3 for VS FWM 7.\n"}));
}

TEST(Order, checkers_send_no_mail_where_they_shall_not) {
    Settings settings = all_ways();
    settings.mail.no_checker_emails = true;
    EXPECT_EQ(deliveries(ServiceNotice{.service = "FWM 7", .mail = true}, settings).size(), 2U);
    EXPECT_EQ(deliveries(ServerNotice{.server = "a", .service = "b"}, settings).size(), 2U);
}

TEST(Order, mail_is_marked_with_the_host_where_there_is_no_router_id) {
    Settings settings = all_ways();
    settings.mail.router_id.clear();
    EXPECT_EQ(std::get<SendMail>(deliveries(notice_of(VrrpNews::master), settings).back()).subject.substr(0, 7), "[lvs1] ");
}

TEST(Names, are_keepalived_s) {
    const Endpoint server{*Address::parse("2001:db8::2"), 53};
    EXPECT_EQ(server_name(server, model::Protocol::udp), "[2001:db8::2]:udp:53");
    EXPECT_EQ(service_name({.protocol = model::Protocol::ip, .fwmark = 7}), "FWM 7");
    const model::Pool pool{.name = "10.0.0.1 80", .services = {{.address = *Address::parse("10.0.0.1"), .port = 80}}};
    EXPECT_EQ(pool_name(pool), "[10.0.0.1]:tcp:80");
    EXPECT_EQ(pool_name({.name = "group WEB", .group = "WEB"}), "[WEB]:0");
}

}  // namespace
}  // namespace lvx::notify
