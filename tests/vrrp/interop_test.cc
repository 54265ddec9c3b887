// One half of a pair is Debian's keepalived 2.2.7.  All kinds of instances run at once, so that the slow ones (version 2
// counts in seconds) cost their time only once.
#include <gmock/gmock.h>

#include "segment.hh"

namespace lvx::vrrp {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

struct Kind {
    std::string name;
    std::uint8_t vrid, version;
    bool unicast = false, v6 = false;
    std::string password, other_password;
    bool header = false;  // auth_type AH
};

const std::vector<Kind>& kinds() {
    static const std::vector<Kind> list = {
        {.name = "v2", .vrid = 11, .version = 2},
        {.name = "v2_unicast", .vrid = 13, .version = 2, .unicast = true},
        {.name = "v2_password", .vrid = 15, .version = 2, .password = "secret12", .other_password = "secret12"},
        {.name = "v2_ah", .vrid = 23, .version = 2, .password = "secret12", .other_password = "secret12", .header = true},
        {.name = "v2_ah_unicast", .vrid = 25, .version = 2, .unicast = true, .password = "secret1", .other_password = "secret1", .header = true},
        {.name = "v3", .vrid = 17, .version = 3},
        {.name = "v3_unicast", .vrid = 19, .version = 3, .unicast = true},
        {.name = "v3_ipv6", .vrid = 21, .version = 3, .v6 = true},
    };
    return list;
}

constexpr std::uint8_t better = 200, worse = 100;

// Each kind twice: "NAME_ours", where lvx is the better one, and "NAME_theirs".
std::string address_of(const Kind& kind, bool ours) {
    const int last = kind.vrid + (ours ? 0 : 1);
    return kind.v6 ? fmt::format("fe80::{}", last) : fmt::format("10.9.0.{}", 100 + last);
}

model::VrrpInstance our_instance(const Kind& kind, bool ours) {
    model::VrrpInstance instance{.name = kind.name + (ours ? "_ours" : "_theirs"), .interface = "eth0"};
    instance.vrid = static_cast<std::uint8_t>(kind.vrid + (ours ? 0 : 1));
    instance.priority = ours ? better : worse;
    instance.version = kind.version;
    instance.family = kind.v6 ? Family::v6 : Family::v4;
    instance.advert_interval = kind.version == 2 ? Microseconds(1s) : Microseconds(300ms);
    instance.addresses = {{.address = *Address::parse(address_of(kind, ours)), .prefix_length = static_cast<std::uint8_t>(kind.v6 ? 64 : 32)}};
    if (kind.unicast) {
        instance.unicast = true;
        instance.peers = {{.address = *Address::parse("10.9.0.2")}};
    }
    if (!kind.password.empty()) {
        instance.auth = kind.header ? model::VrrpAuth::header : model::VrrpAuth::password;
        std::ranges::copy(kind.password, instance.auth_data.begin());
    }
    return instance;
}

std::string their_instance(const Kind& kind, bool ours) {
    std::string text = fmt::format("vrrp_instance {}{} {{\n state BACKUP\n interface eth0\n virtual_router_id {}\n priority {}\n version {}\n advert_int {}\n", kind.name,
                                   ours ? "_ours" : "_theirs", kind.vrid + (ours ? 0 : 1), ours ? worse : better, kind.version, kind.version == 2 ? "1" : "0.3");
    if (kind.unicast) text += " unicast_src_ip 10.9.0.2\n unicast_peer {\n 10.9.0.1\n }\n";
    if (!kind.other_password.empty()) text += fmt::format(" authentication {{\n auth_type {}\n auth_pass {}\n }}\n", kind.header ? "AH" : "PASS", kind.other_password);
    return text + fmt::format(" virtual_ipaddress {{\n {}{}\n }}\n}}\n", address_of(kind, ours), kind.v6 ? "/64" : "");
}

model::Vrrp our_configuration(const std::vector<Kind>& list) {
    model::Vrrp configuration;
    for (const Kind& kind : list)
        for (const bool ours : {true, false}) configuration.instances.push_back(our_instance(kind, ours));
    return configuration;
}

std::string their_configuration(const std::vector<Kind>& list) {
    std::string text = "global_defs {\n router_id right\n}\n";
    for (const Kind& kind : list)
        for (const bool ours : {true, false}) text += their_instance(kind, ours);
    return text;
}

TEST(BesideKeepalived, EitherHalfOfAPairGivesWayAndTakesOver) {
    const lab::Lab lab = must(lab::Lab::build(lab::Lab::unique_name("vrrpka"), segment_topology()));
    Keepalived keepalived(lab, "right", their_configuration(kinds()));
    Router1 router(lab, "left", our_configuration(kinds()));
    for (const Kind& kind : kinds()) {
        EXPECT_TRUE(router.await(kind.name + "_ours", State::master)) << kind.name << router.log();
        EXPECT_TRUE(keepalived.await(kind.name + "_theirs", "MASTER")) << kind.name;
        EXPECT_TRUE(keepalived.await(kind.name + "_ours", "BACKUP")) << kind.name;
        EXPECT_TRUE(router.await(kind.name + "_theirs", State::backup)) << kind.name;
        EXPECT_TRUE(lab::wait_until(patience, [&] { return has_address(lab, "left", address_of(kind, true)); })) << kind.name;
        EXPECT_TRUE(lab::wait_until(patience, [&] { return !has_address(lab, "left", address_of(kind, false)); })) << kind.name;
    }
    keepalived.stop();  // resigns
    for (const Kind& kind : kinds()) {
        EXPECT_TRUE(router.await(kind.name + "_theirs", State::master)) << kind.name;
        EXPECT_EQ(router.instance(kind.name + "_theirs")->counters.zero_received, 1u) << kind.name;
    }
    keepalived.start();  // is better again: preempts
    for (const Kind& kind : kinds()) EXPECT_TRUE(router.await(kind.name + "_theirs", State::backup)) << kind.name;
    router.thread->stop();
    for (const Kind& kind : kinds()) {
        EXPECT_TRUE(keepalived.await(kind.name + "_ours", "MASTER")) << kind.name;
        EXPECT_FALSE(has_address(lab, "left", address_of(kind, true))) << kind.name;
    }
}

TEST(BesideKeepalived, AnotherPasswordOrKindIsRefusedAndCounted) {
    const std::vector<Kind> wrong = {{.name = "wrong", .vrid = 31, .version = 2, .password = "secret12", .other_password = "secret13"},
                                     {.name = "wrong_ah", .vrid = 33, .version = 2, .password = "secret12", .other_password = "secret13", .header = true},
                                     {.name = "no_ah", .vrid = 35, .version = 2, .password = "secret12", .other_password = "secret12"}};
    model::Vrrp ours = our_configuration(wrong);
    for (model::VrrpInstance& instance : ours.instances)
        if (instance.name.starts_with("no_ah")) instance.auth = model::VrrpAuth::header;
    const lab::Lab lab = must(lab::Lab::build(lab::Lab::unique_name("vrrpka"), segment_topology()));
    Keepalived keepalived(lab, "right", their_configuration(wrong));
    Router1 router(lab, "left", ours);
    for (const auto& [name, refusal] : {std::pair{"wrong_theirs", Refusal::wrong_password}, {"wrong_ah_theirs", Refusal::wrong_header}, {"no_ah_theirs", Refusal::no_header}}) {
        EXPECT_TRUE(router.await(name, State::master)) << name << " believes nobody";
        EXPECT_TRUE(lab::wait_until(patience, [&] { return router.instance(name)->counters.refused[static_cast<std::size_t>(refusal)] > 0; })) << name;
        EXPECT_THAT(router.log(), HasSubstr(std::string(sentence_of(refusal))));
    }
}

TEST(BesideKeepalived, ALowerPriorityHandsOver) {
    const std::vector<Kind> one = {{.name = "v3", .vrid = 33, .version = 3}};
    model::Vrrp configuration = our_configuration(one);
    configuration.instances[0].tracks.files = {{.name = "score", .weight = 1}};
    const lab::Lab lab = must(lab::Lab::build(lab::Lab::unique_name("vrrpka"), segment_topology()));
    Keepalived keepalived(lab, "right", their_configuration(one));
    Router1 router(lab, "left", configuration);
    ASSERT_TRUE(router.await("v3_ours", State::master));
    router.thread->post(Observe{{TrackKind::file, "score"}, -150});
    EXPECT_TRUE(keepalived.await("v3_ours", "MASTER"));
    EXPECT_TRUE(router.await("v3_ours", State::backup));
    router.thread->post(Observe{{TrackKind::file, "score"}, 0});
    EXPECT_TRUE(router.await("v3_ours", State::master));
    EXPECT_TRUE(keepalived.await("v3_ours", "BACKUP"));
}

}  // namespace
}  // namespace lvx::vrrp
