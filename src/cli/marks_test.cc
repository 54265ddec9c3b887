#include "cli/marks.hh"

#include <gtest/gtest.h>

namespace lvx::cli {
namespace {

TEST(MarksText, MembersAndWhatIsNotFollowedStandBelowEachOther) {
    const api::MarksSnapshot marks{.watched = true,
                                   .members = {{7, "inet", "tcp", "192.0.2.1", 80, 80, "nft ip mangle prerouting handle 4", "fwmark/7"},
                                               {0, "inet", "tcp", "192.0.2.1", 22, 22, "lvx.conf:13", ""},
                                               {8, "inet6", "udp", "2001:db8::1", 0, 0, "lvx.conf:12", ""},
                                               {9, "inet", "tcp", "192.0.2.1", 8000, 8010, "iptables mangle PREROUTING rule 3", ""}},
                                   .not_followed = {{"nft ip mangle prerouting handle 5", "depends on source address"}},
                                   .not_named = 2,
                                   .beyond_limit = 3,
                                   .tools = {{"nft", "read"}, {"iptables-save", "not installed"}}};
    EXPECT_EQ(marks_text(marks),
              "MARK  FAMILY  PROTOCOL  ADDRESS      PORTS      SERVICE     SOURCE\n"
              "   7  inet    tcp       192.0.2.1    80         fwmark/7    nft ip mangle prerouting handle 4\n"
              "none  inet    tcp       192.0.2.1    22                     lvx.conf:13\n"
              "   8  inet6   udp       2001:db8::1  any        no service  lvx.conf:12\n"
              "   9  inet    tcp       192.0.2.1    8000-8010  no service  iptables mangle PREROUTING rule 3\n"
              "\n3 more have no room\n"
              "\nnot followed:\n  rule nft ip mangle prerouting handle 5: depends on source address\n  and 2 more\n"
              "\nrules of netfilter:\n  nft: read\n  iptables-save: not installed\n");
}

TEST(MarksText, WithoutMembersItSaysSoAndWhyNobodyFollows) {
    EXPECT_EQ(marks_text({.no_notices = "no notices of netfilter's rules: Protocol not supported", .tools = {{"nft", "not installed"}}}),
              "no packets are known to carry a firewall mark\n\nrules of netfilter:\n  nft: not installed\n"
              "  looked at now; there is no service of a mark, so nobody follows them\n"
              "  looked at on reload only: no notices of netfilter's rules: Protocol not supported\n");
}

}  // namespace
}  // namespace lvx::cli
