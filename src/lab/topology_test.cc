#include "lab/topology.hh"

#include <gtest/gtest.h>

#include "lab/classic.hh"

namespace lvx::lab {
namespace {

Device on(std::string name, std::string wire) { return {.name = std::move(name), .wire = std::move(wire)}; }

TEST(Topology, MakesOneCableOfAWireWithTwoEnds) {
    const Topology topology{.nodes = {{.name = "a", .devices = {on("eth0", "w")}}, {.name = "b", .devices = {on("eth3", "w")}}}};
    const auto cables = cables_of(topology);
    ASSERT_TRUE(cables);
    ASSERT_EQ(cables->size(), 1u);
    EXPECT_EQ(cables->front().near.node, "a");
    EXPECT_EQ(cables->front().far.device, "eth3");
}

TEST(Topology, RefusesAWireWithOneEnd) {
    const Topology topology{.nodes = {{.name = "a", .devices = {on("eth0", "w")}}}};
    const auto cables = cables_of(topology);
    ASSERT_FALSE(cables);
    EXPECT_EQ(cables.error().doing, "cannot lay cables: wire w has 1 ends and is no switch");
}

TEST(Topology, RefusesAWireWithThreeEndsThatIsNoSwitch) {
    Topology topology;
    for (const char* name : {"a", "b", "c"}) topology.nodes.push_back({.name = name, .devices = {on("eth0", "w")}});
    EXPECT_FALSE(cables_of(topology));
    topology.switches = {"w"};
    EXPECT_TRUE(cables_of(topology));
}

TEST(Topology, GivesEveryDeviceOnASwitchAPortOfItsOwn) {
    Topology topology{.switches = {"w"}};
    for (const char* name : {"a", "b"}) topology.nodes.push_back({.name = name, .devices = {on("eth0", "w")}});
    const auto cables = cables_of(topology);
    ASSERT_TRUE(cables);
    ASSERT_EQ(cables->size(), 2u);
    EXPECT_TRUE(cables->front().far.port);
    EXPECT_NE(cables->front().far.device, cables->back().far.device);
}

TEST(Topology, RefusesTwoNodesOfOneName) {
    const Topology topology{.nodes = {{.name = "a"}, {.name = "a"}}};
    EXPECT_FALSE(cables_of(topology));
}

TEST(Topology, RefusesANodeCalledLikeASwitch) {
    const Topology topology{.nodes = {{.name = "a"}}, .switches = {"a"}};
    EXPECT_FALSE(cables_of(topology));
}

TEST(Topology, TakesDeviceNamesOfFifteenLettersAndRefusesSixteen) {
    Topology topology{.nodes = {{.name = "a", .devices = {on("eth0", "w")}}, {.name = "b", .devices = {on("123456789012345", "w")}}}};
    EXPECT_TRUE(cables_of(topology));
    topology.nodes[1].devices[0].name += "6";
    EXPECT_FALSE(cables_of(topology));
}

TEST(Topology, PutsGroOnExactlyWhereTheOtherEndIsARouter) {
    const auto cables = cables_of(classic::topology(Offload::off));
    ASSERT_TRUE(cables);
    for (const Cable& cable : *cables) {
        EXPECT_EQ(cable.near.gro, cable.far.node == "director") << cable.near.node;
        EXPECT_EQ(cable.far.gro, cable.near.node == "director") << cable.far.node;
    }
}

TEST(Topology, LeavesChecksumsToDevicesOnlyOfRoutersUnlessOffloadIsOn) {
    for (const Offload offload : {Offload::off, Offload::on}) {
        const auto cables = cables_of(classic::topology(offload));
        ASSERT_TRUE(cables);
        for (const Cable& cable : *cables) {
            EXPECT_EQ(cable.near.checksums, offload == Offload::on || cable.near.node == "director") << cable.near.node;
        }
    }
}

TEST(Topology, UsesTheSmallerMtuOfAWire) {
    Topology topology{.nodes = {{.name = "a", .devices = {on("eth0", "w")}}, {.name = "b", .devices = {on("eth0", "w")}}}};
    topology.nodes[1].devices[0].mtu = 1280;
    const auto cables = cables_of(topology);
    ASSERT_TRUE(cables);
    EXPECT_EQ(cables->front().mtu, 1280u);
}

TEST(Classic, ReadsFromAPageWhoAnswered) {
    for (const classic::RealServer& server : classic::servers()) {
        EXPECT_EQ(classic::answerer(classic::page(server)), server.node + " (" + server.v4.text() + ")");
    }
    EXPECT_EQ(classic::answerer("<h1>nginx</h1>"), "");
    EXPECT_EQ(classic::answerer(""), "");
}

}  // namespace
}  // namespace lvx::lab
