#include "config/convert/convert.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/load.hh"
#include "config/test_reader.hh"

namespace lvx::config::convert {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::vector<Code> codes(const Conversion& conversion) {
    std::vector<Code> all;
    for (const Diagnostic& one : conversion.diagnostics.all()) all.push_back(one.code);
    return all;
}

Outcome loaded(const Conversion& conversion) { return load(reader_of({{"lvx.conf", conversion.text}}), "lvx.conf", {}); }

std::string told(const Conversion& conversion) { return print(conversion.diagnostics, conversion.sources, Colour::never); }

TEST(ConvertIpvsadm, makes_a_saved_table_a_configuration_of_the_same_cluster) {
    const Conversion result = from_ipvsadm({"rules", "-A -t 192.168.88.23:80 -s wrr\n"
                                                     "-a -t 192.168.88.23:80 -r 10.0.0.2:80 -m -w 1\n"
                                                     "-a -t 192.168.88.23:80 -r 10.0.0.3:8080 -m -w 3\n"});
    ASSERT_TRUE(result.usable()) << told(result);
    const Outcome outcome = loaded(result);
    ASSERT_TRUE(outcome.usable()) << outcome.report();
    ASSERT_EQ(outcome.site.cluster.services.size(), 1U);
    EXPECT_EQ(outcome.site.cluster.services[0].scheduler, "wrr");
    ASSERT_EQ(outcome.site.cluster.services[0].servers.size(), 2U);
    EXPECT_EQ(outcome.site.cluster.services[0].servers[1].endpoint.text(), "10.0.0.3:8080");
    EXPECT_EQ(outcome.site.cluster.services[0].servers[1].weight, 3U);
}

TEST(ConvertIpvsadm, a_line_the_kernel_would_refuse_is_an_error_at_its_place) {
    const Conversion result = from_ipvsadm({"rules", "-A -t 192.0.2.1:80 -s rr\n-A -t 192.0.2.1:80 -s rr\n"});
    EXPECT_THAT(codes(result), ElementsAre(Code::foreign_line));
    EXPECT_EQ(result.diagnostics.all()[0].place.line, 2U);
    EXPECT_THAT(result.text, IsEmpty());
}

TEST(ConvertIpvsadm, names_are_refused_with_the_way_to_get_numbers) {
    const Conversion result = from_ipvsadm({"rules", "-A -t www.example.org:http -s rr\n"});
    EXPECT_FALSE(result.usable());
    EXPECT_THAT(told(result), HasSubstr("ipvsadm -S -n"));
}

constexpr std::string_view ldirectord = R"(# a web service
checktimeout = 3
checkinterval = 2
failurecount = 2
autoreload = yes
quiescent = no
virtual = 192.168.88.23:80
    real = 10.0.0.2->10.0.0.3:80 masq 5
    real = 10.0.0.4:8080 masq 1 "health.html", "I am alive"
    fallback = 127.0.0.1:80
    service = http
    request = "index.html"
    receive = "Test Page"
    virtualhost = www.example.org
    scheduler = rr
    persistent = 600
    netmask = 255.255.255.0
    protocol = tcp
    checktype = negotiate
)";

TEST(ConvertLdirectord, makes_blocks_virtual_servers_with_the_same_checks) {
    const Conversion result = from_ldirectord({"ldirectord.cf", std::string(ldirectord)});
    ASSERT_TRUE(result.usable()) << told(result);
    EXPECT_THAT(codes(result), ElementsAre(Code::no_equivalent));  // autoreload
    for (const char* part : {"virtual_server 192.168.88.23 80 {", "lvs_sched rr", "persistence_timeout 600",
                             "persistence_granularity 255.255.255.0", "sorry_server 127.0.0.1 80", "real_server 10.0.0.2 80 {",
                             "real_server 10.0.0.3 80 {", "real_server 10.0.0.4 8080 {", "weight 5", "path /index.html",
                             "path /health.html", "regex \"Test Page\"", "regex \"I am alive\"", "virtualhost www.example.org",
                             "delay_loop 2", "connect_timeout 30"}) {
        EXPECT_THAT(result.text, HasSubstr(part));
    }
    EXPECT_THAT(result.text, Not(HasSubstr("inhibit_on_failure")));
}

TEST(ConvertLdirectord, a_dead_server_keeps_its_place_with_weight_0_where_quiescent_is_not_said) {
    const Conversion result = from_ldirectord({"l.cf", "virtual = 192.0.2.1:25\n    real = 10.0.0.2 masq\n    checktype = connect\n"});
    ASSERT_TRUE(result.usable()) << told(result);
    EXPECT_THAT(result.text, HasSubstr("inhibit_on_failure"));
    EXPECT_THAT(result.text, HasSubstr("TCP_CHECK"));
    EXPECT_THAT(result.text, HasSubstr("real_server 10.0.0.2 25 {"));
}

TEST(ConvertLdirectord, chooses_the_protocol_of_a_check_by_the_port) {
    const Conversion result = from_ldirectord({"l.cf", "virtual = 192.0.2.1:3306\n\treal = 10.0.0.2 masq\n\tlogin = probe\n"});
    ASSERT_TRUE(result.usable()) << told(result);
    EXPECT_THAT(result.text, HasSubstr("protocol mysql"));
    EXPECT_THAT(result.text, HasSubstr("login probe"));
}

TEST(ConvertLdirectord, an_external_check_gets_the_four_arguments_it_is_used_to) {
    const Conversion result = from_ldirectord({"l.cf", "virtual=192.0.2.1:80\n    real=10.0.0.2:81 masq\n    checktype=external\n    checkcommand=/bin/probe\n"});
    EXPECT_THAT(result.text, HasSubstr("misc_path \"/bin/probe 192.0.2.1 80 10.0.0.2 81\""));
}

TEST(ConvertLdirectord, says_each_thing_it_cannot_understand_once_with_its_place) {
    const Conversion result = from_ldirectord({"l.cf", "checkintervall = 2\n"
                                                       "virtual = www.example.org:http\n"
                                                       "virtual = 192.0.2.1:80\n"
                                                       "    real = 10.0.0.2->10.0.9.9:80 masq\n"
                                                       "    real = 10.0.0.2:80 nat\n"
                                                       "    checktype = conect\n"
                                                       "    rubbish\n"});
    EXPECT_FALSE(result.usable());
    EXPECT_THAT(result.text, IsEmpty());
    std::vector<std::uint32_t> lines;
    for (const Diagnostic& one : result.diagnostics.all()) lines.push_back(one.place.line);
    EXPECT_THAT(lines, ElementsAre(1, 2, 4, 6, 7)) << told(result);
    EXPECT_THAT(told(result), HasSubstr("did you mean \"checkinterval\"?"));
}

HeartbeatFiles heartbeat(std::string node) {
    return {.ha_cf = {"ha.cf", "logfacility local0\nkeepalive 500ms\ndeadtime 10\nbcast eth0\nucast eth1 10.9.9.2\n"
                               "auto_failback off\nnode director1 director2\nping 192.168.88.1\n"},
            .haresources = {"haresources", "director1 IPaddr::192.168.88.23/24/eth0 10.0.0.1 ldirectord::ldirectord.cf apache Filesystem::/dev/sda1::/www\n"},
            .authkeys = {"authkeys", "auth 1\n1 sha1 0123456789abcdef0123456789abcdef\n"},
            .node = std::move(node)};
}

TEST(ConvertHeartbeat, makes_a_group_of_resources_a_virtual_router) {
    const Conversion result = from_heartbeat(heartbeat("director1"));
    ASSERT_TRUE(result.usable()) << told(result);
    for (const char* part : {"vrrp_instance VI_1 {", "interface eth0", "virtual_router_id 23", "priority 200", "nopreempt",
                             "advert_int 0.5", "down_timer_adverts 20", "path eth1 10.9.9.2", "192.168.88.23/24 dev eth0",
                             "10.0.0.1/32", "auth_hmac {", "virtual_resources {\n        /etc/ha.d/resource.d/apache\n        /etc/ha.d/resource.d/Filesystem /dev/sda1 /www\n",
                             "vrrp_script ping_1 {"}) {
        EXPECT_THAT(result.text, HasSubstr(part));
    }
}

TEST(ConvertHeartbeat, the_other_node_has_the_lower_priority) {
    EXPECT_THAT(from_heartbeat(heartbeat("director2")).text, HasSubstr("priority 100"));
}

TEST(ConvertHeartbeat, a_node_that_is_none_is_refused_with_the_names_of_those_there_are) {
    const Conversion result = from_heartbeat(heartbeat("director3"));
    EXPECT_FALSE(result.usable());
    EXPECT_THAT(told(result), HasSubstr("director1 director2"));
}

TEST(ConvertHeartbeat, tells_what_has_no_equivalent) {
    HeartbeatFiles files = heartbeat("director1");
    files.ha_cf.text += "stonith meatware /etc/x\nwatchdog /dev/watchdog\n";
    files.haresources.text += "director2 mysql\n";
    const Conversion result = from_heartbeat(files);
    ASSERT_TRUE(result.usable()) << told(result);
    EXPECT_EQ(std::ranges::count(codes(result), Code::no_equivalent), 3);
}

TEST(ConvertHeartbeat, short_keys_are_left_out_and_said) {
    HeartbeatFiles files = heartbeat("director1");
    files.authkeys.text = "auth 1\n1 sha1 secret\n";
    const Conversion result = from_heartbeat(files);
    EXPECT_THAT(result.text, Not(HasSubstr("auth_hmac")));
    EXPECT_THAT(told(result), HasSubstr("32 to 64 bytes"));
}

}  // namespace
}  // namespace lvx::config::convert
