#include "cli/tables.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/sample.hh"
#include "cli/columns.hh"

namespace lvx::cli {
namespace {

using ::testing::HasSubstr;

TEST(Columns, AreAsWideAsTheirWidestCellAndLinesEndWithoutBlanks) {
    EXPECT_EQ(align({{"A"}, {"NUMBER", Align::right}, {"C"}}, {{"long", "1", "x"}, {"b", "22", ""}}),
              "A     NUMBER  C\n"
              "long       1  x\n"
              "b         22\n");
}

TEST(Columns, NumbersAreGroupedByThousands) {
    EXPECT_EQ(grouped(0), "0");
    EXPECT_EQ(grouped(999), "999");
    EXPECT_EQ(grouped(1000), "1 000");
    EXPECT_EQ(grouped(18446744073709551615ULL), "18 446 744 073 709 551 615");
}

TEST(Columns, DurationsShowTheirTwoLargestUnits) {
    EXPECT_EQ(duration(59), "59s");
    EXPECT_EQ(duration(60), "1m00s");
    EXPECT_EQ(duration(3599), "59m59s");
    EXPECT_EQ(duration(3600), "1h00m");
    EXPECT_EQ(duration(86400 * 3 + 3600 * 4), "3d04h");
}

TEST(Columns, SizesKeepAtLeastTwoDigits) {
    EXPECT_EQ(binary_size(10239), "10239 B");
    EXPECT_EQ(binary_size(10240), "10 KiB");
    EXPECT_EQ(binary_size(std::uint64_t{96} << 20), "96 MiB");
}

TEST(Tables, StatusIsOneScreen) {
    EXPECT_EQ(status_text(api::sample_status()),
              "lvxd           0.1.0, pid 812, up 1h00m, instance default, kernel 6.1.0\n"
              "configuration  /etc/lvx/lvx.conf: loaded, 3 changes applied, tables of an earlier daemon adopted\n"
              "services       1 with 2 real servers, on 1 interface\n"
              "connections    1 of 1 000 (0.1 %), table 93 KiB\n"
              "packets        100 seen, 90 sent, 1 dropped\n"
              "problems       10.0.0.3 does not answer ARP on eth1\n");
}

TEST(Tables, StatusSaysOfARefusedConfigurationThatTheOldOneRuns) {
    api::StatusSnapshot status = api::sample_status();
    status.configuration_state = "/etc/lvx/lvx.conf:1:1: unknown keyword";
    EXPECT_THAT(status_text(status), HasSubstr("configuration  /etc/lvx/lvx.conf: refused, what ran before goes on, 3 changes applied"));
}

TEST(Tables, ServicesShowTheirServersBelow) {
    EXPECT_EQ(services_text(api::sample_services(), api::sample_director().checks_value),
              "SERVICE / SERVER      SCHEDULER              WEIGHT  ACTIVE  INACTIVE  CONNECTIONS  PER SECOND  PACKETS IN  PACKETS OUT  SYN-ACK IN  NEIGHBOUR                  HEALTH\n"
              "tcp/192.168.88.23:80  wrr persistent 60 /24     1/2       8         4            7           1          70           71\n"
              "  10.0.0.2:80         masq                        3       4         2            0           0           0            0      0.3 ms  52:54:00:12:34:56 on eth1  down 1m15s: status 503, wanted 200-299\n"
              "  [fd00::2]:8080      tunnel                      0       4         2            0           0           0            0      0.3 ms  52:54:00:12:34:56 on eth1  -\n");
    EXPECT_THAT(services_text({}, {}), HasSubstr("no virtual services"));
    api::ServicesSnapshot without = api::sample_services();
    without.services[0].servers.clear();
    EXPECT_THAT(services_text(without, api::sample_director().checks_value), HasSubstr("down 1m15s: status 503, wanted 200-299\n"))
        << "a dead server is in no list, and shown nevertheless";
}

TEST(Tables, ChecksSayWhatTheLastOneFound) {
    EXPECT_EQ(checks_text(api::sample_director().checks_value),
              "SERVER       SERVICE               CHECK     TARGET              STATE  FOR    LAST RESULT                   TOOK  NEXT IN  FAILED  OF  SYN-ACK IN\n"
              "10.0.0.2:80  tcp/192.168.88.23:80  HTTP_GET  10.0.0.2:80/health  down   1m15s  status 503, wanted 200-299  0.8 ms    1.5 s       3  40      0.3 ms\n");
    EXPECT_THAT(checks_text({}), HasSubstr("no real server is checked"));
}

TEST(Tables, DropsAreWhatWasDroppedAndMet) {
    const auto all = api::sample_director().verdicts_value;
    EXPECT_EQ(drops_text(only_drops(all)),
              "REASON        KIND     INTERFACE  PACKETS  BYTES  MEANS\n"
              "no_neighbour  dropped  eth0             1     60  the next hop's MAC is not known\n");
    EXPECT_THAT(drops_text(all), HasSubstr("\nnot_ours      pass     eth0             9    900  "));
    EXPECT_EQ(drops_text({}), "no packet was dropped\n");
}

TEST(Tables, InterfacesSayWhichHookAndWhy) {
    EXPECT_EQ(interfaces_text(api::sample_director().interfaces_value),
              "INTERFACE  HOOK        PACKETS  SENT  DROPPED   MTU  MAC                ROLE                   WHY THIS HOOK\n"
              "eth0       xdp native      100    90        1  1500  52:54:00:00:00:01  virtual 192.168.88.23  driver virtio_net has native XDP\n");
}

TEST(Tables, ConnectionsHaveColumnsOfTheirOwn) {
    EXPECT_EQ(connections_title() + connection_row(api::sample_connection(40001)),
              "PROTO EXPIRES  STATE       CLIENT                VIRTUAL               SERVER\n"
              "tcp     14:59  ESTABLISHED 192.168.88.21:40001   192.168.88.23:80      10.0.0.2:80\n");
}

}  // namespace
}  // namespace lvx::cli
