// Command lines and save lines as values.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/text.hh"
#include "config/ipvsadm/command.hh"
#include "config/ipvsadm/order.hh"
#include "config/ipvsadm/print.hh"

namespace lvx::config::ipvsadm {
namespace {

Parsed parsed(std::string_view line) {
    std::vector<std::string> words;
    for (const auto word : split_words(line)) words.emplace_back(word);
    return parse(words, no_names());
}

template <class T>
T operation(std::string_view line) {
    const auto command = parsed(line);
    EXPECT_TRUE(command) << line;
    return std::get<T>(std::get<model::Operation>(*command));
}

UsageError error(std::string_view line) {
    const auto command = parsed(line);
    EXPECT_FALSE(command) << line;
    return command.error();
}

TEST(Parse, ListsWithNamesWhenNothingIsSaid) { EXPECT_EQ(std::get<List>(*parsed("ipvsadm")), List{}); }

TEST(Parse, JoinsShortOptions) {
    EXPECT_EQ(std::get<List>(*parsed("ipvsadm -Ln")), (List{.numeric = true}));
    EXPECT_EQ(std::get<List>(*parsed("ipvsadm -lnc")), (List{.show = Show::connections, .numeric = true}));
    EXPECT_EQ(operation<model::AddServer>("ipvsadm -at 192.0.2.1:80 -r 10.0.0.5 -mw 2").server.weight, 2u);
}

TEST(Parse, TakesValuesGluedOrAfterAnEqualsSign) {
    for (const char* spelling : {"-w 7", "-w7", "-w=7", "--weight 7", "--weight=7"}) {
        EXPECT_EQ(operation<model::AddServer>(std::string("ipvsadm -a -t 192.0.2.1:80 -r 10.0.0.2 -m ") + spelling).server.weight, 7u);
    }
}

TEST(Parse, GivesPersistenceItsValueOnlyIfItIsNoOption) {
    const auto timeout = [](std::string_view line) { return operation<model::AddService>(line).service.persistence->timeout.count(); };
    EXPECT_EQ(timeout("ipvsadm -A -t 192.0.2.1:80 -p 50"), 50);
    EXPECT_EQ(timeout("ipvsadm -A -t 192.0.2.1:80 -p50"), 50);
    EXPECT_EQ(timeout("ipvsadm -A -t 192.0.2.1:80 -p -s rr"), 360);
    EXPECT_EQ(timeout("ipvsadm -A -t 192.0.2.1:80 -p"), 360);
}

TEST(Parse, FillsInWhatTheRealToolDoes) {
    const model::Service service = operation<model::AddService>("ipvsadm -A -u 192.0.2.1:53").service;
    EXPECT_EQ(service, (model::Service{.key = {.protocol = model::Protocol::udp, .address = *Address::parse("192.0.2.1"), .port = 53}}));
    const model::Server server = operation<model::AddServer>("ipvsadm -a -t 192.0.2.1:80 -r 10.0.0.2").server;
    EXPECT_EQ(server, (model::Server{.endpoint = {*Address::parse("10.0.0.2"), 80}, .method = model::Method::route}));
}

TEST(Parse, KeepsTheServersPortOnlyWithNat) {
    EXPECT_EQ(operation<model::AddServer>("ipvsadm -a -t 192.0.2.1:80 -r 10.0.0.2:81 -m").server.endpoint.port, 81);
    EXPECT_EQ(operation<model::AddServer>("ipvsadm -a -t 192.0.2.1:80 -r 10.0.0.2:81 -g").server.endpoint.port, 80);
    EXPECT_EQ(operation<model::AddServer>("ipvsadm -a -f 3 -r 10.0.0.2:81 -g").server.endpoint.port, 81);
    EXPECT_EQ(operation<model::DeleteServer>("ipvsadm -d -t 192.0.2.1:80 -r 10.0.0.2:81").endpoint.port, 81);
}

TEST(Parse, FindsTheServersPortWhateverComesFirst) {
    EXPECT_EQ(operation<model::AddServer>("ipvsadm -a -r 10.0.0.2 -m -t 192.0.2.1:80").server.endpoint.port, 80);
}

TEST(Parse, ReadsMarksOfBothFamilies) {
    EXPECT_EQ(operation<model::AddService>("ipvsadm -A -f 4294967295 -s rr").service.key.fwmark, 4294967295u);
    EXPECT_EQ(operation<model::DeleteService>("ipvsadm -D -f 2 -6").key.family(), Family::v6);
    EXPECT_EQ(error("ipvsadm -A -6 -f 2").text, "-6 used before -f\n\n");
    EXPECT_EQ(error("ipvsadm -A -f 4294967296"), (UsageError{"invalid fwmark value `4294967296' specified\n", 2}));
}

TEST(Parse, TakesMasksAndPrefixesByFamily) {
    const auto bits = [](std::string_view line) { return operation<model::AddService>(line).service.persistence->prefix; };
    EXPECT_EQ(bits("ipvsadm -A -t 192.0.2.1:80 -p -M 255.255.255.0"), 24);
    EXPECT_EQ(bits("ipvsadm -A -t 192.0.2.1:80 -p -M 0.0.0.0"), 0);
    EXPECT_EQ(bits("ipvsadm -A -t [2001:db8::1]:80 -p -M 1"), 1);
    EXPECT_EQ(bits("ipvsadm -A -f 1 -M 64 -p -6"), 64);
    EXPECT_EQ(error("ipvsadm -A -t [2001:db8::1]:80 -p -M 0").text, "illegal ipv6 netmask specified\n");
    EXPECT_EQ(error("ipvsadm -A -t 192.0.2.1:80 -p -M 255.0.255.0").text, "illegal virtual server persistent mask specified\n");
}

TEST(Parse, ReadsTheDaemonsOptions) {
    const auto command = parsed("ipvsadm --start-daemon backup --mcast-interface eth1 --syncid 255 --sync-maxlen 1400 "
                                "--mcast-group ff02::99 --mcast-port 8849 --mcast-ttl 2");
    EXPECT_EQ(std::get<StartDaemon>(*command),
              (StartDaemon{DaemonRole::backup, "eth1", 255, 1400, Address::parse("ff02::99"), 8849, 2}));
    EXPECT_EQ(error("ipvsadm --start-daemon master --mcast-group fd00::1").text, "invalid IPv6 mcast-group `fd00::1'\n");
    EXPECT_EQ(std::get<StopDaemon>(*parsed("ipvsadm --stop-daemon backup --syncid 3")).role, DaemonRole::backup);
}

TEST(Parse, ChoosesTheColumnsByTheRealToolsPrecedence) {
    EXPECT_EQ(std::get<List>(*parsed("ipvsadm -L --rate --stats")).columns, Columns::stats);
    EXPECT_EQ(std::get<List>(*parsed("ipvsadm -L --thresholds --rate")).columns, Columns::rate);
    EXPECT_EQ(std::get<List>(*parsed("ipvsadm -L --tun-info --persistent-conn")).columns, Columns::persistent_connections);
    EXPECT_TRUE(std::get<List>(*parsed("ipvsadm -Lc --persistent-conn")).persistence_data);
    EXPECT_EQ(error("ipvsadm -L --timeout --persistent-conn").text, "options conflicts in the list command\n");
}

TEST(Parse, NamesConflictsOfTunnels) {
    const std::string gre = "ipvsadm -a -t 192.0.2.1:80 -r 10.0.0.2 -i --tun-type gre ";
    EXPECT_EQ(error(gre + "--tun-nocsum --tun-csum").text,
              "The option 'tun-csum' conflicts with the 'tun-nocsum' option in the 'gre' tunnel type\n");
    EXPECT_EQ(error(gre + "--tun-remcsum").text, "Illegal 'tun-remcsum' option with the 'gre' tunnel type\n");
}

TEST(Parse, RefusesAValueThatAFlagCannotTake) {
    EXPECT_EQ(error("ipvsadm -L --numeric=1"), (UsageError{"--numeric=1: option does not take an argument\n", 255}));
}

TEST(Parse, RefusesTheSameOptionTwice) {
    EXPECT_EQ(error("ipvsadm -L -n -n").text, "multiple 'numeric' options specified\n");
}

TEST(RestoreLine, SkipsEmptyLinesAndTheToolsName) {
    EXPECT_FALSE(restore_line("", no_names()));
    EXPECT_FALSE(restore_line("  \t\r", no_names()));
    EXPECT_FALSE(restore_line("ipvsadm", no_names()));
    EXPECT_TRUE(*restore_line("  ipvsadm -C \r", no_names()));
}

TEST(RestoreLine, RefusesCommentsAndItself) {
    EXPECT_EQ(restore_line("# a comment", no_names())->error().exit_status, 255);
    EXPECT_EQ(restore_line("-C # a comment", no_names())->error(), (UsageError{"unexpected argument #\n", 2}));
    EXPECT_EQ(restore_line("-R", no_names())->error().exit_status, 255);
}

TEST(RefusalText, SaysWhatTheDataPlaneCannotDo) {
    const auto command = parsed("ipvsadm -A --sctp-service 192.0.2.1:80 -s rr");
    EXPECT_EQ(refusal_text(*command, EOPNOTSUPP), "lvx: SCTP is not supported yet");
}

TEST(Sorted, ComparesAddressesByTheSignOfTheirDifference) {
    model::Cluster cluster;
    for (const char* line : {"-A -t 10.0.0.1:80", "-A -t 192.0.2.10:81", "-A -t 192.0.2.10:80", "-A -u 1.2.3.4:5", "-A -f 9"}) {
        cluster = *model::apply_as_kernel(cluster, std::get<model::Operation>(**restore_line(line, no_names())));
    }
    EXPECT_EQ(save(cluster, numeric_labels()),
              "-A -t 192.0.2.10:80 -s wlc\n-A -t 192.0.2.10:81 -s wlc\n-A -t 10.0.0.1:80 -s wlc\n"
              "-A -u 1.2.3.4:5 -s wlc\n-A -f 9 -s wlc\n");
}

RC_GTEST_PROP(Parse, NeverFailsWithoutAText, (const std::vector<std::string>& words)) {
    const auto command = parse(words, no_names());
    RC_ASSERT(command || (!command.error().text.empty() && command.error().exit_status != 0));
}

}  // namespace
}  // namespace lvx::config::ipvsadm
