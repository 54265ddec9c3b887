#include "marks/nft.hh"

#include <gmock/gmock.h>

#include "marks/test_rules.hh"

namespace lvx::marks {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string left(std::string_view expression, std::string_view operation, std::string_view right) {
    return fmt::format(R"({{"match": {{"op": "{}", "left": {}, "right": {}}}}})", operation, expression, right);
}
std::string field(std::string_view protocol, std::string_view name) { return fmt::format(R"({{"payload": {{"protocol": "{}", "field": "{}"}}}})", protocol, name); }
std::string meta(std::string_view key) { return fmt::format(R"({{"meta": {{"key": "{}"}}}})", key); }
std::string set_mark(std::string_view value) { return fmt::format(R"({{"mangle": {{"key": {}, "value": {}}}}})", meta("mark"), value); }

TEST(Nft, AnAddressAPortAndAMarkAreAMember) {
    const Evaluation found = of_nft({to_a + "," + tcp_80 + "," + mark_7});
    EXPECT_THAT(members(found), ElementsAre("7 tcp 192.0.2.1 80-80"));
    EXPECT_EQ(found.members[0].source, "nft ip t pre handle 2");
    EXPECT_THAT(found.not_followed, IsEmpty());
}

struct Values {
    std::string expressions;
    std::vector<std::string> members;
};

TEST(Nft, EveryFormOfValueIsFollowed) {
    const std::string daddr = field("ip", "daddr"), dport = field("tcp", "dport"), a80 = to_a + "," + tcp_80;
    const Values table[] = {
        {to_a + "," + mark_7, {"7 tcp 192.0.2.1 any", "7 udp 192.0.2.1 any"}},
        {to_a + "," + left(dport, "==", R"({"set": [80, 443, {"range": [8000, 8010]}]})") + "," + mark_7,
         {"7 tcp 192.0.2.1 80-80", "7 tcp 192.0.2.1 443-443", "7 tcp 192.0.2.1 8000-8010"}},
        {to_a + "," + left(field("udp", "dport"), "==", R"({"range": [53, 60]})") + "," + mark_7, {"7 udp 192.0.2.1 53-60"}},
        {left(daddr, "==", R"({"prefix": {"addr": "192.0.2.2", "len": 31}})") + "," + tcp_80 + "," + mark_7, {"7 tcp 192.0.2.2 80-80", "7 tcp 192.0.2.3 80-80"}},
        {left(daddr, "==", R"({"range": ["192.0.2.1", "192.0.2.2"]})") + "," + tcp_80 + "," + mark_7, {"7 tcp 192.0.2.1 80-80", "7 tcp 192.0.2.2 80-80"}},
        {left(daddr, "==", R"({"set": [{"elem": {"val": "192.0.2.9", "comment": "x"}}]})") + "," + tcp_80 + "," + mark_7, {"7 tcp 192.0.2.9 80-80"}},
        {to_a + "," + left(dport, "==", R"({"prefix": {"addr": 16, "len": 13}})") + "," + mark_7, {"7 tcp 192.0.2.1 16-23"}},
        {a80 + "," + set_mark("250") + "," + left(meta("mark"), "==", R"({"set": [{"prefix": {"addr": 240, "len": 28}}]})") + "," + mark_7, {"7 tcp 192.0.2.1 80-80"}},
        {to_a + "," + left(meta("l4proto"), "==", "17") + "," + mark_7, {"7 udp 192.0.2.1 any"}},
        {to_a + "," + left(meta("l4proto"), "==", R"({"set": ["tcp", "udp"]})") + "," + left(field("th", "dport"), "==", "53") + "," + mark_7,
         {"7 tcp 192.0.2.1 53-53", "7 udp 192.0.2.1 53-53"}},
        {to_a + "," + left(field("ip", "protocol"), "!=", "\"tcp\"") + "," + mark_7, {"7 udp 192.0.2.1 any"}},
        {to_a + "," + left(dport, ">=", "65530") + "," + mark_7, {"7 tcp 192.0.2.1 65530-65535"}},
        {to_a + "," + left(dport, "<", "3") + "," + mark_7, {"7 tcp 192.0.2.1 1-2"}},
        {to_a + "," + left(dport, "<=", "2") + "," + mark_7, {"7 tcp 192.0.2.1 1-2"}},
        {to_a + "," + left(dport, ">", "65533") + "," + mark_7, {"7 tcp 192.0.2.1 65534-65535"}},
        {left(fmt::format(R"({{"concat": [{}, {}]}})", daddr, dport), "==",
              R"({"set": [{"concat": ["192.0.2.1", 80]}, {"concat": ["192.0.2.2", {"range": [90, 91]}]}]})") + "," + mark_7,
         {"7 tcp 192.0.2.1 80-80", "7 tcp 192.0.2.2 90-91"}},
        {to_a + "," + set_mark(fmt::format(R"({{"map": {{"key": {}, "data": {{"set": [[80, 7], [443, 8]]}}}}}})", dport)),
         {"7 tcp 192.0.2.1 80-80", "8 tcp 192.0.2.1 443-443"}},
        {a80 + "," + set_mark(fmt::format(R"({{"|": [{}, 16]}})", meta("mark"))), {"16 tcp 192.0.2.1 80-80"}},
        {a80 + "," + mark_7 + "," + set_mark(fmt::format(R"({{"|": [{{"&": [{}, 5]}}, 16]}})", meta("mark"))), {"21 tcp 192.0.2.1 80-80"}},
        {a80 + "," + mark_7 + "," + set_mark(fmt::format(R"({{"^": [{}, 1]}})", meta("mark"))), {"6 tcp 192.0.2.1 80-80"}},
        {a80 + "," + set_mark("4294967295"), {"4294967295 tcp 192.0.2.1 80-80"}},
        {a80 + R"(,{"counter": {"packets": 0, "bytes": 0}},{"log": {"prefix": "a"}},)" + mark_7 + R"(,{"accept": null})", {"7 tcp 192.0.2.1 80-80"}},
        {a80 + "," + set_mark("0"), {}},
        {left(field("icmp", "type"), "==", "\"echo-request\"") + "," + mark_7, {}},
        {left(field("ip6", "daddr"), "==", "\"2001:db8::1\"") + "," + mark_7, {}},
    };
    for (const Values& each : table) {
        const Evaluation found = of_nft({each.expressions});
        EXPECT_EQ(members(found), each.members) << each.expressions;
        EXPECT_THAT(not_followed(found), IsEmpty()) << each.expressions;
    }
}

TEST(Nft, ARuleThatDependsOnMoreIsNamedAndNotGuessed) {
    const std::pair<std::string, std::string> table[] = {
        {left(field("ip", "saddr"), "==", "\"10.0.0.1\""), "depends on source address"},
        {left(field("tcp", "sport"), "==", "1024"), "depends on source port"},
        {left(meta("iifname"), "==", "\"eth0\""), "depends on interface"},
        {left(meta("iif"), "==", "\"lo\""), "depends on interface"},
        {left(R"({"ct": {"key": "state"}})", "in", "8"), "depends on connection tracking (ct state)"},
        {left(R"({"fib": {"result": "type", "flags": ["daddr"]}})", "==", "2"), "depends on routing (fib)"},
        {R"({"limit": {"rate": 5, "burst": 5, "per": "second"}})", "depends on a rate limit"},
        {left(R"({"payload": {"base": "th", "offset": 16, "len": 16}})", "==", "80"), "depends on raw bytes of a header"},
        {left(R"({"&": [{"payload": {"protocol": "tcp", "field": "flags"}}, ["syn", "ack"]]})", "==", "2"), "depends on TCP flags"},
        {left(field("ip", "ttl"), "==", "3"), "depends on ip ttl"},
        {left(meta("pkttype"), "==", "0"), "depends on meta pkttype"},
        {left(R"({"&": [{"payload": {"protocol": "ip", "field": "daddr"}}, "255.0.0.255"]})", "==", "\"192.0.0.1\""), "depends on bits of a value"},
        {left(field("ip", "daddr"), "==", "\"@nowhere\""), "has a set that lvx does not know"},
        {R"({"xt": {"type": "match", "name": "multiport"}})", "has the extension multiport of iptables, which nft does not show"},
        {R"({"something": 1})", "depends on something"},
        {R"(null)", "has a statement that lvx does not know"},
    };
    for (const auto& [expression, why] : table) {
        const Evaluation found = of_nft({to_a + "," + expression + "," + mark_7});
        EXPECT_THAT(members(found), IsEmpty()) << expression;
        EXPECT_THAT(not_followed(found), ElementsAre("nft ip t pre handle 2: " + why));
    }
}

TEST(Nft, AMarkTakenFromElsewhereIsNamed) {
    EXPECT_THAT(not_followed(of_nft({to_a + "," + set_mark(R"({"ct": {"key": "mark"}})")})), ElementsAre(HasSubstr("depends on connection tracking (ct mark)")));
    EXPECT_THAT(not_followed(of_nft({to_a + "," + set_mark(R"({"jhash": {"mod": 4, "expr": {"meta": {"key": "mark"}}}})")})), ElementsAre(HasSubstr("depends on a hash")));
    EXPECT_THAT(not_followed(of_nft({to_a + "," + set_mark(field("ip", "daddr"))})), ElementsAre(HasSubstr("depends on what the packet says")));
}

TEST(Nft, NamedSetsAndMapsAreRead) {
    const std::string sets = R"({"set": {"family": "ip", "name": "vips", "table": "t", "type": "ipv4_addr", "handle": 3, "flags": ["interval"],
        "elem": ["192.0.2.1", {"prefix": {"addr": "192.0.2.16", "len": 31}}]}},
        {"set": {"family": "ip", "name": "empty", "table": "t", "type": "ipv4_addr", "handle": 5}},
        {"set": {"family": "ip", "name": "moving", "table": "t", "type": "ipv4_addr", "handle": 6, "flags": ["dynamic"]}},
        {"map": {"family": "ip", "name": "m", "table": "t", "type": "inet_service", "handle": 7, "map": "mark", "elem": [[80, 7], [443, 8]]}},)";
    const std::string daddr = field("ip", "daddr");
    EXPECT_THAT(members(of_nft({left(daddr, "==", "\"@vips\"") + "," + tcp_80 + "," + mark_7}, sets)),
                ElementsAre("7 tcp 192.0.2.1 80-80", "7 tcp 192.0.2.16 80-80", "7 tcp 192.0.2.17 80-80"));
    EXPECT_EQ(of_nft({left(daddr, "==", "\"@empty\"") + "," + mark_7}, sets), Evaluation{});
    EXPECT_THAT(not_followed(of_nft({left(daddr, "==", "\"@moving\"") + "," + mark_7}, sets)), ElementsAre(HasSubstr("depends on set @moving, which packets or time change")));
    EXPECT_THAT(members(of_nft({to_a + "," + set_mark(R"({"map": {"key": {"payload": {"protocol": "tcp", "field": "dport"}}, "data": "@m"}})")}, sets)),
                ElementsAre("7 tcp 192.0.2.1 80-80", "8 tcp 192.0.2.1 443-443"));
}

TEST(Nft, AnInetTableHasBothFamilies) {
    const std::string text = R"({"nftables": [{"chain": {"family": "inet", "table": "f", "name": "pre", "hook": "prerouting", "prio": 0}},
        {"rule": {"family": "inet", "table": "f", "chain": "pre", "handle": 2, "expr": [{"match": {"op": "==", "left": {"payload": {"protocol": "ip6", "field": "daddr"}}, "right": "2001:db8::1"}},
            {"match": {"op": "==", "left": {"meta": {"key": "nfproto"}}, "right": 10}}, {"mangle": {"key": {"meta": {"key": "mark"}}, "value": 7}}]}},
        {"rule": {"family": "inet", "table": "f", "chain": "pre", "handle": 3, "expr": [{"match": {"op": "==", "left": {"meta": {"key": "protocol"}}, "right": 8}},
            {"match": {"op": "==", "left": {"payload": {"protocol": "ip6", "field": "daddr"}}, "right": "2001:db8::2"}}, {"mangle": {"key": {"meta": {"key": "mark"}}, "value": 8}}]}}]})";
    const auto rules = read_nft(text);
    ASSERT_TRUE(rules) << rules.error();
    EXPECT_THAT(members(evaluate(*rules)), ElementsAre("7 tcp 2001:db8::1 any", "7 udp 2001:db8::1 any"));
}

TEST(Nft, MarksOfOtherHooksAreNamed) {
    const std::string chain = R"({"nftables": [{"chain": {"family": "netdev", "table": "n", "name": "c", "hook": "ingress", "prio": 0}},
        {"rule": {"family": "netdev", "table": "n", "chain": "c", "handle": 2, "expr": [{"mangle": {"key": {"meta": {"key": "mark"}}, "value": 4}}]}}]})";
    EXPECT_THAT(not_followed(evaluate(*read_nft(chain))), ElementsAre("nft netdev n c handle 2: marks at the hook ingress, which depends on the interface"));
}

TEST(Nft, WhatIsNoRulesetIsRefusedWithItsPlace) {
    EXPECT_EQ(read_nft("").error(), "at byte 0: no object");
    EXPECT_EQ(read_nft(R"({"nftables": [{"table": }]})").error(), "at byte 24: no value");
    EXPECT_TRUE(read_nft(R"({"nftables": []})")->empty());
    EXPECT_TRUE(read_nft(R"({"nftables": [7, {"table": 3}, {"rule": {}}, {"rule": {"family": "ip"}}]})"));
}

}  // namespace
}  // namespace lvx::marks
