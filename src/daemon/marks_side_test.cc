#include "daemon/marks_side.hh"

#include <gmock/gmock.h>

namespace lvx::daemon {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

model::MarkMember member(std::uint32_t mark, Port port) {
    return {.mark = mark, .address = *Address::parse("192.0.2.1"), .first_port = port, .last_port = port, .source = "nft ip t pre handle 2"};
}

class MarksSideTest : public testing::Test {
 protected:
    // Tools: none, since the path is empty.  What the Watch's thread posts is not run: sights are the test's own.
    MarksSide side_{{.settings = {},
                     .now = [this] { return now_; },
                     .post = [](const std::function<void()>&) {},
                     .observed = [this](model::MarkMembers members) { observed_.push_back(std::move(members)); },
                     .cluster = [this]() -> const model::Cluster& { return cluster_; },
                     .emit = [this](const model::Event& event) { events_.push_back(model::text_of(event)); },
                     .news = [this] { ++news_; }}};

    void add_service() {
        cluster_.services.push_back({.key = {.protocol = model::Protocol::ip, .fwmark = 7}});
        side_.follow_services();
    }
    static marks::Sight sight(model::MarkMembers members) { return {.view = {.evaluation = {.members = std::move(members)}, .tools = {{"nft", "read"}}}}; }

    model::Cluster cluster_;
    net::Instant now_{std::chrono::hours{1}};
    std::vector<model::MarkMembers> observed_;
    std::vector<std::string> events_;
    int news_ = 0;
};

TEST_F(MarksSideTest, WithoutAServiceOfAMarkNothingIsFollowedAndWhatWasKnownIsForgottenOnce) {
    side_.follow_services();
    side_.follow_services();
    EXPECT_THAT(observed_, ElementsAre(IsEmpty()));
    side_.take(sight({member(7, 80)}));
    EXPECT_EQ(observed_.size(), 1u);
    EXPECT_FALSE(side_.marks().watched);
    EXPECT_EQ(side_.marks().members.at(0).service, "");
}

TEST_F(MarksSideTest, MembersAreHandedOverWhenTheyChange) {
    add_service();
    side_.take(sight({member(7, 80)}));
    side_.take(sight({member(7, 80)}));
    side_.take(sight({member(7, 443), member(8, 80)}));
    EXPECT_THAT(observed_, ElementsAre(ElementsAre(member(7, 80)), ElementsAre(member(7, 443), member(8, 80))));
    EXPECT_THAT(events_, ElementsAre("netfilter's rules mark 1 destinations for services of firewall marks: 1 new, 0 gone",
                                     "netfilter's rules mark 2 destinations for services of firewall marks: 2 new, 1 gone"));
    EXPECT_EQ(news_, 3);
}

TEST_F(MarksSideTest, TheFirstLookIsHandedOverThoughItFoundNothing) {
    add_service();
    side_.take(sight({}));
    EXPECT_THAT(observed_, ElementsAre(IsEmpty()));
    EXPECT_THAT(events_, IsEmpty());
}

TEST_F(MarksSideTest, WithTheLastServiceMembersGo) {
    add_service();
    side_.take(sight({member(7, 80)}));
    cluster_.services.clear();
    side_.follow_services();
    EXPECT_THAT(observed_.back(), IsEmpty());
    side_.take(sight({member(7, 80)}));  // a look that was under way
    EXPECT_EQ(observed_.size(), 2u);
    add_service();
    side_.take(sight({member(7, 80)}));
    EXPECT_THAT(observed_.back(), ElementsAre(member(7, 80)));
}

TEST_F(MarksSideTest, WhatIsNotFollowedOrReadIsToldOnce) {
    add_service();
    marks::Sight bad = sight({});
    bad.view.evaluation.not_followed = {{"nft ip t pre handle 3", "depends on source address"}};
    bad.view.tools = {{"nft", "exit status 1", true}};
    bad.no_notices = "no notices of netfilter's rules: Protocol not supported";
    side_.take(bad);
    side_.take(bad);
    EXPECT_THAT(events_, ElementsAre("nft ip t pre handle 3 is not followed: it depends on source address", "netfilter's rules: nft: exit status 1",
                                     "netfilter's rules: no notices of netfilter's rules: Protocol not supported; looked at on reload only"));
    const api::MarksSnapshot told = side_.marks();
    EXPECT_THAT(told.not_followed, ElementsAre(api::UnfollowedSnapshot{"nft ip t pre handle 3", "depends on source address"}));
    EXPECT_THAT(told.tools, ElementsAre(api::MarkToolSnapshot{"nft", "exit status 1", true}));
    EXPECT_EQ(told.no_notices, bad.no_notices);
    side_.take(sight({}));
    side_.take(bad);
    EXPECT_EQ(events_.size(), 6u);
}

TEST_F(MarksSideTest, OfManyRulesThatAreNotFollowedTheLogNamesSome) {
    add_service();
    marks::Sight bad = sight({});
    for (int i = 0; i < 100; ++i) bad.view.evaluation.not_followed.push_back({"rule " + std::to_string(i), "depends on source address"});
    side_.take(bad);
    EXPECT_EQ(events_.size(), 16u);
    EXPECT_EQ(side_.marks().not_followed.size(), 100u);
}

TEST_F(MarksSideTest, MembersOfTheFilesAndOfTheRulesAreToldWithTheirService) {
    add_service();
    model::MarkMember file = member(9, 0);
    file.source = "lvx.conf:12";
    cluster_.marks = {file, member(7, 80)};
    side_.take(sight({member(7, 80)}));
    EXPECT_THAT(side_.marks().members, ElementsAre(api::MarkSnapshot{9, "inet", "tcp", "192.0.2.1", 0, 0, "lvx.conf:12", ""},
                                                   api::MarkSnapshot{7, "inet", "tcp", "192.0.2.1", 80, 80, "nft ip t pre handle 2", "fwmark/7"}));
}

TEST_F(MarksSideTest, WhoAsksWithoutAServiceGetsALookThatIsYoung) {
    EXPECT_FALSE(side_.looked());
    EXPECT_FALSE(side_.looked());
    side_.take(sight({}));
    EXPECT_TRUE(side_.looked());
    now_ += std::chrono::seconds{3};
    EXPECT_FALSE(side_.looked());
    add_service();
    EXPECT_TRUE(side_.looked());
}

}  // namespace
}  // namespace lvx::daemon
