// Which packets carry a firewall mark, as the files and netfilter's rules say: what reaches the data plane.
#include "daemon/live_director_fixture.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lvx::daemon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view marked_file = R"(fwmark_packets 7 {
    tcp 192.168.88.23 80
}
virtual_server fwmark 7 {
    lb_algo rr
    lb_kind NAT
    real_server 10.0.0.2 0 { weight 1 }
}
)";

model::MarkMember member(Port first, Port last) {
    return {.mark = 7, .protocol = model::Protocol::tcp, .address = *Address::parse("192.168.88.23"), .first_port = first, .last_port = last,
            .source = "nft ip mangle pre handle 2"};
}

std::vector<Port> ports(const model::Cluster& cluster) {
    std::vector<Port> result;
    for (const model::MarkMember& each : cluster.marks) result.push_back(each.first_port);
    return result;
}

TEST_F(LiveDirectorTest, MembersOfTheFilesAndOfRulesReachTheDataPlane) {
    text_ = marked_file;
    LiveDirector director = make("lvx.conf");
    ASSERT_TRUE(director.start());
    EXPECT_THAT(ports(state_.applied), ElementsAre(80));
    director.marks_observed({member(80, 80), member(443, 443)});
    EXPECT_THAT(ports(state_.applied), ElementsAre(80, 443)) << "the files' member stands once";
    EXPECT_EQ(state_.applied.marks.at(0).source, "lvx.conf:2");
    const std::uint64_t before = state_.applications;
    director.marks_observed({member(80, 80), member(443, 443)});
    EXPECT_EQ(state_.applications, before);
    text_.replace(text_.find("88.23 80"), 8, "88.23 81");
    EXPECT_TRUE(director.reload().applied);
    EXPECT_THAT(ports(state_.applied), ElementsAre(81, 80, 443));
    director.marks_observed({});
    EXPECT_THAT(ports(state_.applied), ElementsAre(81));
}

TEST_F(LiveDirectorTest, MembersThatDoNotFitAreRefusedWholeAndTold) {
    text_ = marked_file;
    LiveDirector director = make("lvx.conf");
    ASSERT_TRUE(director.start());
    director.marks_observed({member(443, 443)});
    director.marks_observed({member(1, 5000)});
    EXPECT_THAT(ports(state_.applied), ElementsAre(80, 443));
    EXPECT_THAT(director.status().problems, testing::Contains(HasSubstr("are of 5001 ports, 4096 are the most")));
    director.marks_observed({});
    EXPECT_THAT(ports(state_.applied), ElementsAre(80));
    EXPECT_THAT(director.status().problems, testing::Not(testing::Contains(HasSubstr("netfilter"))));
}

TEST_F(LiveDirectorTest, AServiceOfAMarkThatNoPacketsCarryIsNamed) {
    text_ = marked_file;
    LiveDirector director = make("lvx.conf");
    ASSERT_TRUE(director.start());
    EXPECT_THAT(director.status().problems, testing::Not(testing::Contains(HasSubstr("carry this mark"))));
    const model::Operation added = model::AddService{{.key = model::mark_key(8, Family::v6), .scheduler = "rr"}};
    EXPECT_EQ(director.execute({&added, 1}).refusal, 0);
    EXPECT_THAT(director.status().problems, testing::Contains("fwmark/8/inet6: no packets are known to carry this mark; lvx marks shows what is known"));
}

TEST_F(LiveDirectorTest, WhatAnEarlierDaemonKnewHoldsUntilRulesAreRead) {
    text_ = marked_file;
    state_.adopted = true;
    state_.adopted_cluster = load(text_).site.cluster;
    state_.adopted_cluster.marks.push_back(member(443, 443));
    LiveDirector director = make("lvx.conf");
    ASSERT_TRUE(director.start());
    EXPECT_THAT(ports(director.cluster()), ElementsAre(80, 443));
    director.marks_observed({member(8080, 8080)});
    EXPECT_THAT(ports(state_.applied), ElementsAre(80, 8080));
}

}  // namespace
}  // namespace lvx::daemon
