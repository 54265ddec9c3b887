// Directors in other places: with one arm, on a tagged wire, with narrow wires on the way (support/shapes.hh draws them).
#include <gmock/gmock.h>

#include <fmt/format.h>

#include "support/cluster.hh"
#include "support/shapes.hh"
#include "support/tagged_wire.hh"

namespace lvx::cluster {
namespace {

using testing::ElementsAre;

class Shapes : public testing::TestWithParam<const char*> {
 protected:
    static lab::Offload offload() { return offload_for(GetParam()); }
};

TEST_P(Shapes, OneArmedDirectorServesBothFamilies) {
    Cluster cluster({.hook = GetParam(),
                     .services = {{}, {.address = lab::classic::virtual_v6()}},
                     .topology = one_armed(offload())});
    cluster.serve_all();
    cluster.await_neighbours(6);
    EXPECT_THAT(cluster.curl_many(web_v4(), 3), ElementsAre("server3", "server2", "server1"));
    EXPECT_THAT(cluster.curl_many(web_v6(), 3), ElementsAre("server3", "server2", "server1"));
    EXPECT_EQ(cluster.status().interfaces, 1u);
}

//   client eth0 ══ tagged with VID 10 ══ eth0 director eth1 ── untagged ── servers
//
// The director's kernel has no device for the tag and answers no ARP there, so the client is told the MAC.
TEST_P(Shapes, TaggedRequestsGetTaggedReplies) {
    Cluster cluster({.hook = GetParam(), .topology = lab::classic::topology(lab::Offload::off)});
    cluster.serve_all();
    cluster.await_neighbours(3);
    const std::string mac = must(cluster.client().interfaces()).at(0).mac;
    ASSERT_EQ(cluster.run("client", fmt::format("ip neigh replace 192.168.88.23 lladdr {} dev eth0", mac)).status, 0);
    must(tag_device(cluster.lab(), "client", "eth0", 10));
    EXPECT_THAT(cluster.curl_many(web_v4(), 3), ElementsAre("server3", "server2", "server1"));
}

//   client ── edge1 ═1300═ edge2 ── director ── core1 ═1300═ core2 ── server1
//
// An upload meets the narrow wire behind the director: core1's ICMP error names the real server, and the client must
// hear of the virtual one.  A download meets the one before it: edge2's error is about the virtual address and must
// reach the real server.  Neither transfer ends if its error is lost or wrong.
TEST_P(Shapes, PathMtuIsDiscoveredInBothDirections) {
    Cluster cluster({.hook = GetParam(), .services = {{.servers = {{"server1"}}}}, .topology = narrow(offload())});
    cluster.serve("server1");
    const std::string directory = cluster.lab().directory() + "/server1/www/";
    ASSERT_EQ(cluster.run("server1", "head -c 3000000 /dev/urandom > " + directory + "big").status, 0);
    cluster.await_neighbours(1);
    const Outcome download = cluster.run("client", "curl -sS --max-time 15 http://192.168.88.23/big | cmp - " + directory + "big");
    EXPECT_EQ(download.status, 0) << download.out << download.err;
    const Outcome upload = cluster.run(
        "client", "curl -sS --max-time 15 -T " + directory + "big http://192.168.88.23/upload");
    EXPECT_EQ(upload.out, "taken") << upload.err;
    const auto verdicts = cluster.verdicts();
    EXPECT_TRUE(verdicts.contains("error_to_server"));
    EXPECT_TRUE(verdicts.contains("error_to_client"));
}

TEST_P(Shapes, PortUnreachableOfARealServerReachesTheClient) {
    const ServiceOn echo{.port = 7, .protocol = model::Protocol::udp};
    Cluster cluster({.hook = GetParam(), .services = {echo}});
    cluster.await_neighbours(3);
    const auto answer = lab::exchange(cluster.ns("client"), {lab::classic::virtual_v4(), 7}, "hello", patience);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ECONNREFUSED);
}

INSTANTIATE_TEST_SUITE_P(Hooks, Shapes, testing::Values("xdp", "tc"), [](const auto& each) { return each.param; });

}  // namespace
}  // namespace lvx::cluster
