#include "marks/evaluate.hh"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include "marks/naive.hh"
#include "marks/test_rules.hh"

namespace lvx::marks {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view mark_line = "-A PREROUTING -d 192.0.2.1/32 -p tcp -m tcp --dport 80 -j MARK --set-mark ";

TEST(Evaluate, ALaterRuleOverridesAnEarlierOne) {
    const Evaluation found = of_saved({"-A PREROUTING -d 192.0.2.1/32 -p tcp -m tcp --dport 79:81 -j MARK --set-mark 7", std::string(mark_line) + "8"});
    EXPECT_THAT(members(found), ElementsAre("7 tcp 192.0.2.1 79-79", "8 tcp 192.0.2.1 80-80", "7 tcp 192.0.2.1 81-81"));
}

TEST(Evaluate, ARuleThatTakesTheMarkAwayEndsTheMembership) {
    EXPECT_THAT(members(of_saved({std::string(mark_line) + "7", std::string(mark_line) + "0"})), IsEmpty());
    EXPECT_THAT(members(of_saved({std::string(mark_line) + "7", "-A PREROUTING -p tcp -j DROP"})), IsEmpty());
}

TEST(Evaluate, AnAcceptedPacketKeepsItsMark) {
    EXPECT_THAT(members(of_saved({std::string(mark_line) + "7", "-A PREROUTING -p tcp -j ACCEPT", std::string(mark_line) + "8"})), ElementsAre("7 tcp 192.0.2.1 80-80"));
}

TEST(Evaluate, PartsOfAMarkAreKept) {
    const Evaluation found = of_saved({"-A PREROUTING -d 192.0.2.1/32 -p tcp -m tcp --dport 79:81 -j MARK --set-xmark 0x70/0xf0", std::string(mark_line) + "0x7/0xf"});
    EXPECT_THAT(members(found), ElementsAre("112 tcp 192.0.2.1 79-79", "119 tcp 192.0.2.1 80-80", "112 tcp 192.0.2.1 81-81"));
}

TEST(Evaluate, AnAddressOfWhichFewPortsDifferIsOfAnyPortBehindThem) {
    const std::string all = "-A PREROUTING -d 192.0.2.1/32 -p tcp -j MARK --set-mark 7";
    EXPECT_THAT(members(of_saved({all, std::string(mark_line) + "8"})), ElementsAre("8 tcp 192.0.2.1 80-80", "7 tcp 192.0.2.1 any"));
    EXPECT_THAT(members(of_saved({"-A PREROUTING -p tcp -m tcp --dport 22 -j ACCEPT", all})), ElementsAre("0 tcp 192.0.2.1 22-22", "7 tcp 192.0.2.1 any"));
    EXPECT_THAT(members(of_saved({"-A PREROUTING -d 192.0.2.1/32 -p tcp -m tcp --dport 1024:65534 -j MARK --set-mark 7"})),
                ElementsAre("0 tcp 192.0.2.1 1-1023", "0 tcp 192.0.2.1 65535-65535", "7 tcp 192.0.2.1 any"));
}

TEST(Evaluate, OfAnyPortIsNothingWhoseExceptionsHaveNoRoom) {
    const Evaluation half = of_saved({"-A PREROUTING -d 192.0.2.1/32 -p tcp -m tcp --dport 20000:60000 -j MARK --set-mark 7"});
    EXPECT_THAT(members(half), IsEmpty());
    EXPECT_EQ(half.beyond_limit, 1u);
    EXPECT_THAT(not_followed(half), ElementsAre(HasSubstr("rule 1: marks more than the 4096 destinations there is room for")));
    EXPECT_THAT(members(of_saved({"-A PREROUTING -d 192.0.2.1/32 -p tcp -m tcp --dport 4096:65535 -j MARK --set-mark 7"})), ElementsAre("0 tcp 192.0.2.1 1-4095", "7 tcp 192.0.2.1 any"));
    EXPECT_THAT(members(of_saved({"-A PREROUTING -d 192.0.2.1/32 -p tcp -m tcp --dport 4097:65535 -j MARK --set-mark 7"})), IsEmpty());
}

TEST(Evaluate, TwoHundredAndFiftySixAddressesAreMembersAndOneMoreIsNot) {
    EXPECT_EQ(of_saved({"-A PREROUTING -d 192.0.2.0/24 -p tcp -j MARK --set-mark 7"}).members.size(), 256u);
    const Evaluation wide = of_saved({"-A PREROUTING -p tcp -m iprange --dst-range 192.0.2.0-192.0.3.0 -j MARK --set-mark 7"});
    EXPECT_THAT(members(wide), IsEmpty());
    EXPECT_THAT(not_followed(wide), ElementsAre("iptables mangle PREROUTING rule 1: marks more than 256 addresses in a row"));
}

TEST(Evaluate, MembersHaveABoundThatIsCounted) {
    const Evaluation just = of_saved({"-A PREROUTING -d 192.0.2.1/32 -p tcp -m tcp --dport 1:4096 -j MARK --set-mark 7"});
    EXPECT_EQ(just.members.size(), 1u);
    EXPECT_EQ(just.beyond_limit, 0u);
    const Evaluation over = of_saved({"-A PREROUTING -d 192.0.2.1/32 -p tcp -m tcp --dport 1:4096 -j MARK --set-mark 7", "-A PREROUTING -d 192.0.2.2/32 -p tcp -j MARK --set-mark 7"});
    EXPECT_EQ(over.members.size(), 1u);
    EXPECT_EQ(over.beyond_limit, 1u);
    EXPECT_THAT(not_followed(over), ElementsAre(HasSubstr("rule 2: marks more than the 4096 destinations there is room for")));
}

TEST(Evaluate, ChainsOfOneHookRunByPriority) {
    const Match to{{{.addresses = {{1, 1}}}}};
    const auto table = [&](std::string name, std::int64_t priority, std::uint32_t mark) {
        return Table{.name = name, .bases = {{.priority = priority, .chain = "c"}}, .chains = {{"c", {{.name = name, .effect = Effect::marks, .steps = {to, Action(MarkChange{0, mark})}}}}}};
    };
    EXPECT_EQ(evaluate({table("late", 10, 8), table("early", -10, 7)}).members.at(0).mark, 8u);
    EXPECT_EQ(evaluate({table("late", 10, 8), table("later", 11, 7)}).members.at(0).source, "later");
}

TEST(Evaluate, OfManyRulesThatAreNotFollowedSomeAreNamedAndAllCounted) {
    std::vector<std::string> lines(not_followed_limit + 3, "-A PREROUTING -s 10.0.0.1/32 -d 192.0.2.1/32 -j MARK --set-mark 7");
    const Evaluation found = of_saved(lines);
    EXPECT_EQ(found.not_followed.size(), not_followed_limit);
    EXPECT_EQ(found.not_named, 3u);
}

TEST(Evaluate, RulesOfTablesThatMarkNothingAreNotNamed) {
    EXPECT_EQ(of_saved({"-A PREROUTING -s 10.0.0.1/32 -j ACCEPT"}), Evaluation{});
    EXPECT_THAT(not_followed(of_saved({"-A PREROUTING -s 10.0.0.1/32 -j ACCEPT", std::string(mark_line) + "7"})), ElementsAre(HasSubstr("rule 1: depends on source address")));
}

TEST(Evaluate, ChainsThatLeadInCirclesEnd) {
    const Evaluation found = of_saved({":A - [0:0]", "-A PREROUTING -d 192.0.2.1/32 -p tcp -j A", "-A A -j A", "-A A -j MARK --set-mark 7"});
    EXPECT_THAT(not_followed(found), ElementsAre(HasSubstr("jumps deeper than 16 chains")));
}

TEST(Evaluate, WorkBeyondItsLimitGivesNoMembersAndSaysSo) {
    std::vector<std::string> lines{":A - [0:0]", std::string(mark_line) + "7", "-A PREROUTING -d 192.0.2.1/32 -j A"};
    for (int i = 0; i < 4; ++i) lines.emplace_back("-A A -j A");
    const Ruleset rules = read_saved(mangle_text(lines), Family::v4).tables;
    const Evaluation found = evaluate_within(rules, 100'000);
    EXPECT_THAT(members(found), IsEmpty());
    EXPECT_THAT(not_followed(found), testing::Contains(HasSubstr("the whole: needs more than 100000 steps")));
}

// ---- against the naive twin ----

std::uint32_t below(std::uint32_t limit) { return *rc::gen::inRange<std::uint32_t>(0, limit); }

Ranges any_ranges(Number from, std::uint32_t size) {
    Ranges ranges;
    for (std::uint32_t i = 0; i <= below(2); ++i) {
        const Number first = from + below(size);
        ranges.push_back({first, first + below(3)});
    }
    return tidied(std::move(ranges));
}

Destination any_destination() {
    Destination destination;
    if (below(4) != 0) destination.addresses = any_ranges(v4_line.first + 1000, 8);
    if (below(2) == 0) destination.protocols = static_cast<Protocols>(1 + below(2));
    if (below(3) != 0) destination.ports = any_ranges(80, 8);
    return destination;
}

MarkChange any_change() {
    if (below(2) == 0) return {0, below(4)};
    return {~below(8), below(8)};
}

Action any_action() {
    switch (below(6)) {
        case 0: return static_cast<Verdict>(below(3));
        case 1: return Jump{std::string(1, static_cast<char>('b' + below(2))), below(3) != 0};
        default: return any_change();
    }
}

Step any_step() {
    switch (below(7)) {
        case 0: return MarkTest{.mask = below(2) == 0 ? 0xffffffff : below(8), .values = {{below(4), 4}}, .negated = below(2) == 0};
        case 1: return Choices{{any_destination(), any_action()}, {any_destination(), any_action()}};
        case 2:
        case 3: return any_action();
        default: return Match{{any_destination(), any_destination()}, below(3) == 0};
    }
}

std::vector<Rule> any_chain() {
    std::vector<Rule> rules;
    for (std::uint32_t i = below(5); i > 0; --i) {
        Rule rule{.name = fmt::format("rule {}", i), .effect = Effect::marks};
        for (std::uint32_t k = 1 + below(4); k > 0; --k) rule.steps.push_back(any_step());
        if (below(8) == 0) rule = {.name = "refused", .effect = Effect::marks, .refused = "depends on source address"};
        rules.push_back(std::move(rule));
    }
    return rules;
}

Ruleset any_ruleset() {
    Ruleset rules;
    for (std::uint32_t i = 1 + below(2); i > 0; --i) {
        Table table{.name = fmt::format("table {}", i)};
        if (below(3) == 0) table.packets = family_line(Family::v4);
        for (const char* const name : {"a", "b", "c"}) table.chains[name] = any_chain();
        table.bases = {{.priority = below(3), .chain = "a", .drops = below(6) == 0}};
        if (below(3) == 0) table.bases.push_back({.priority = below(3), .chain = "b"});
        rules.push_back(std::move(table));
    }
    return rules;
}

RC_GTEST_PROP(Evaluate, MembersAreWhatTheNaiveTwinMarks, ()) {
    const Ruleset rules = any_ruleset();
    const Evaluation found = evaluate_within(rules, 1'000'000);
    RC_PRE(std::ranges::none_of(found.not_followed, [](const NotFollowed& each) { return each.rule == "the whole"; }));
    for (Number address = v4_line.first + 1000; address < v4_line.first + 1010; ++address)
        for (const Protocols protocol : {tcp, udp})
            for (Port port = 79; port < 92; ++port) {
                const Packet packet{address, protocol, port};
                const auto naive = naive_mark(rules, packet);
                const std::uint32_t mark = member_mark(found.members, packet);
                // What no rule of the set tells from its neighbours may be too wide or too much to be a member.
                if (naive && !(mark == 0 && has_left_out(found))) RC_ASSERT(mark == *naive);
            }
}

RC_GTEST_PROP(Evaluate, MembersOfAnAddressDoNotOverlapButForOneOfAnyPortAtTheEnd, ()) {
    const Evaluation found = evaluate_within(any_ruleset(), 1'000'000);
    const auto before = [](const model::MarkMember& a, const model::MarkMember& b) {
        return std::tuple(a.address, a.protocol) != std::tuple(b.address, b.protocol) || (a.last_port != 0 && (b.last_port == 0 || a.last_port < b.first_port));
    };
    for (std::size_t i = 1; i < found.members.size(); ++i) RC_ASSERT(before(found.members[i - 1], found.members[i]));
    for (const model::MarkMember& each : found.members) RC_ASSERT(each.first_port <= each.last_port && (each.first_port != 0) == (each.last_port != 0));
}

}  // namespace
}  // namespace lvx::marks
