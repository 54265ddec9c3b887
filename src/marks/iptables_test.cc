#include "marks/iptables.hh"

#include <gmock/gmock.h>

#include "marks/iptables_rule.hh"
#include "marks/test_rules.hh"

namespace lvx::marks {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Iptables, SeveralPortsOfOneAddressAreMembers) {
    const Evaluation found = of_saved({"-A PREROUTING -d 192.0.2.1/32 -p tcp -m multiport --dports 80,443,8000:8010 -j MARK --set-xmark 0x7/0xffffffff"});
    EXPECT_THAT(members(found), ElementsAre("7 tcp 192.0.2.1 80-80", "7 tcp 192.0.2.1 443-443", "7 tcp 192.0.2.1 8000-8010"));
    EXPECT_EQ(found.members[0].source, "iptables mangle PREROUTING rule 1");
    EXPECT_THAT(found.not_followed, IsEmpty());
}

TEST(Iptables, EveryFormIsFollowed) {
    const std::pair<std::string, std::vector<std::string>> table[] = {
        {"-d 192.0.2.1/32 -j MARK --set-mark 7", {"7 tcp 192.0.2.1 any", "7 udp 192.0.2.1 any"}},
        {"-d 192.0.2.1 -p udp -m udp --dport 53 -j MARK --set-xmark 0x7/0xffffffff", {"7 udp 192.0.2.1 53-53"}},
        {"-d 192.0.2.2/31 -p 6 -m tcp --dport 65534: -j MARK --set-mark 7", {"7 tcp 192.0.2.2 65534-65535", "7 tcp 192.0.2.3 65534-65535"}},
        {"-d 192.0.2.2/255.255.255.254 -p tcp -m tcp --dport :2 -j MARK --set-mark 7", {"7 tcp 192.0.2.2 1-2", "7 tcp 192.0.2.3 1-2"}},
        {"-p tcp -m tcp --dport 80 -m iprange --dst-range 192.0.2.5-192.0.2.6 -j MARK --set-mark 7", {"7 tcp 192.0.2.5 80-80", "7 tcp 192.0.2.6 80-80"}},
        {"-d 192.0.2.2/31 ! -d 192.0.2.3/32 -p tcp -m tcp ! --dport 3:65535 -j MARK --set-mark 7", {"7 tcp 192.0.2.2 1-2"}},
        {"-d 192.0.2.1/32 ! -p tcp -j MARK --set-mark 7", {"7 udp 192.0.2.1 any"}},
        {"-d 192.0.2.1/32 -p all -m comment --comment \"says \\\"-s 10.0.0.1\\\" -j DROP\" -j MARK --set-mark 7", {"7 tcp 192.0.2.1 any", "7 udp 192.0.2.1 any"}},
        {"-d 192.0.2.1/32 -p tcp -m mark --mark 0x0 -j MARK --or-mark 0x10", {"16 tcp 192.0.2.1 any"}},
        {"-d 192.0.2.1/32 -p tcp -m mark ! --mark 0x0/0xf -j MARK --or-mark 0x10", {}},
        {"-d 192.0.2.1/32 -p tcp -j MARK --xor-mark 5", {"5 tcp 192.0.2.1 any"}},
        {"-d 192.0.2.1/32 -p icmp -m icmp --icmp-type 8 -j MARK --set-mark 7", {}},
        {"-d 192.0.2.1/32 -p 50 -i eth0 -j MARK --set-mark 7", {}},
        {"-s 10.0.0.0/8 -m limit --limit 3/s -j LOG --log-prefix \"x -j MARK\"", {}},
        {"-d 192.0.2.1/32 -j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff", {}},
        {"-d 192.0.2.1/32", {}},
    };
    for (const auto& [line, expected] : table) {
        const Evaluation found = of_saved({"-A PREROUTING " + line});
        EXPECT_EQ(members(found), expected) << line;
        EXPECT_THAT(not_followed(found), IsEmpty()) << line;
    }
}

TEST(Iptables, ARuleThatDependsOnMoreIsNamedAndNotGuessed) {
    const std::pair<std::string, std::string> table[] = {
        {"-s 10.0.0.0/8", "depends on source address"},
        {"! -s 10.0.0.0/8", "depends on source address"},
        {"-i eth0", "depends on interface"},
        {"-m conntrack --ctstate NEW", "depends on connection tracking"},
        {"-m limit --limit 3/sec", "depends on a rate limit"},
        {"-m set --match-set VIPS dst", "depends on an ipset"},
        {"-m addrtype --dst-type LOCAL", "depends on local addresses (addrtype)"},
        {"-m tcp --sport 1024:65535", "depends on source port"},
        {"-m multiport --ports 80", "depends on source port"},
        {"-m tcp --tcp-flags FIN,SYN,RST,ACK SYN", "depends on TCP flags"},
        {"-f", "depends on fragments"},
        {"-m wonder --of the-world", "depends on the match wonder"},
        {"-m connmark --mark 0x7", "depends on the connection's mark"},
        {"-m tcp --dport http", "has a value lvx does not know (--dport http)"},
        {"-m tcp --dport 90:80", "has a value lvx does not know (--dport 90:80)"},
        {"-m mark --mark 0xfffffffff", "has a value lvx does not know (--mark 0xfffffffff)"},
        {"-m iprange --src-range 10.0.0.1-10.0.0.2", "depends on source address"},
        {"-m tcp --novel 3", "depends on the option --novel"},
    };
    for (const auto& [condition, why] : table) {
        const Evaluation found = of_saved({"-A PREROUTING -d 192.0.2.1/32 -p tcp " + condition + " -j MARK --set-xmark 0x7/0xffffffff"});
        EXPECT_THAT(members(found), IsEmpty()) << condition;
        EXPECT_THAT(not_followed(found), ElementsAre("iptables mangle PREROUTING rule 1: " + why)) << condition;
    }
    EXPECT_THAT(not_followed(of_saved({"-A PREROUTING -d 192.0.0.1/255.0.0.255 -j MARK --set-mark 7"})), ElementsAre(HasSubstr("-d 192.0.0.1/255.0.0.255")));
    EXPECT_THAT(not_followed(of_saved({"-A PREROUTING -j CONNMARK --restore-mark"})), ElementsAre(HasSubstr("depends on the connection's mark")));
    EXPECT_THAT(not_followed(of_saved({"-A PREROUTING -d 192.0.2.1 -j MARK --set-mark"})), ElementsAre(HasSubstr("has a value lvx does not know (MARK --set-mark )")));
}

TEST(Iptables, ChainsAreJumpedIntoAndLeft) {
    const Evaluation found = of_saved({":LVS - [0:0]", ":AWAY - [0:0]", "-A PREROUTING -d 192.0.2.1/32 -p tcp -j LVS", "-A PREROUTING -d 192.0.2.1/32 -p tcp -m tcp --dport 25 -j MARK --set-mark 9",
                                       "-A PREROUTING -d 192.0.2.2/32 -p tcp -g AWAY", "-A PREROUTING -d 192.0.2.2/32 -p tcp -j MARK --set-mark 9",
                                       "-A LVS -p tcp -m tcp --dport 22 -j RETURN", "-A LVS -p tcp -m tcp --dport 22:23 -j MARK --set-mark 7", "-A LVS -p tcp -m tcp --dport 24 -j ACCEPT",
                                       "-A AWAY -p tcp -m tcp --dport 80 -j MARK --set-mark 8"});
    EXPECT_THAT(members(found), ElementsAre("7 tcp 192.0.2.1 23-23", "9 tcp 192.0.2.1 25-25", "8 tcp 192.0.2.2 80-80"));
    EXPECT_EQ(found.members[0].source, "iptables mangle LVS rule 2");
}

TEST(Iptables, ATableWithoutCommitIsNone) {
    const std::string text = mangle_text({"-A PREROUTING -d 192.0.2.1/32 -j MARK --set-mark 7"});
    EXPECT_EQ(read_saved(text, Family::v4).tables.size(), 1u);
    EXPECT_TRUE(read_saved(text.substr(0, text.size() - 7), Family::v4).tables.empty());
}

TEST(Iptables, CountersAndTheLegacyToolAreRecognised) {
    const Saved saved = read_saved("# Generated by iptables-save v1.8.9 on Mon\n*mangle\n:PREROUTING DROP [0:0]\n[3:180] -A PREROUTING -d 192.0.2.1/32 -j MARK --set-mark 7\nCOMMIT\n", Family::v4);
    EXPECT_EQ(saved.flavour, Flavour::legacy);
    ASSERT_EQ(saved.tables.size(), 1u);
    EXPECT_EQ(saved.tables[0].name, "iptables-legacy mangle");
    EXPECT_TRUE(saved.tables[0].bases[0].drops);
    EXPECT_EQ(saved.tables[0].chains.at("PREROUTING").size(), 1u);
}

TEST(Iptables, WordsKeepWhatIsQuoted) {
    const auto words = saved_words("-m comment --comment \"a \\\"b\\\" \\\\ -j\" x");
    ASSERT_EQ(words.size(), 5u);
    EXPECT_EQ(words[3].text, "a \"b\" \\ -j");
    EXPECT_TRUE(words[3].quoted);
    EXPECT_TRUE(saved_words("").empty());
    EXPECT_EQ(saved_words("\"open end").size(), 1u);
}

}  // namespace
}  // namespace lvx::marks
