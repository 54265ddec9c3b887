// What a master and a director hold, as ip(8) and the kernel are told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "vrrp/goods.hh"

namespace lvx::vrrp {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

net::World world() {
    net::World result;
    result.links[2] = {.ifindex = 2, .name = "eth0", .up = true};
    result.links[3] = {.ifindex = 3, .name = "eth1", .up = true};
    return result;
}

TEST(Goods, RoutesAreReplacedAndMarkedAsKeepalivedMarksThem) {
    EXPECT_THAT(ip_words(model::RouteLine{.words = {"10.0.0.0/8", "via", "192.0.2.1"}}, Verb::add),
                ElementsAre("route", "replace", "10.0.0.0/8", "via", "192.0.2.1", "protocol", "18"));
    EXPECT_THAT(ip_words(model::RouteLine{.words = {"10.0.0.0/8", "protocol", "bird"}, .verb = "append"}, Verb::add),
                ElementsAre("route", "append", "10.0.0.0/8", "protocol", "bird"));
    EXPECT_THAT(ip_words(model::RouteLine{.words = {"10.0.0.0/8", "nexthop", "via", "192.0.2.1"}}, Verb::remove),
                ElementsAre("route", "del", "10.0.0.0/8", "protocol", "18", "nexthop", "via", "192.0.2.1"));
    EXPECT_THAT(ip_words(model::RuleLine{.words = {"from", "10.0.0.0/8"}}, Verb::remove), ElementsAre("rule", "del", "from", "10.0.0.0/8"));
}

TEST(Goods, AnAddressIsWhereItSaysOrAtHomeAndNowhereWithoutItsInterface) {
    model::VrrpInstance instance{.name = "VI", .interface = "eth0"};
    instance.addresses = {{.address = *Address::parse("10.0.0.1")}, {.address = *Address::parse("10.0.0.2"), .interface = "eth1"}};
    instance.excluded = {{.address = *Address::parse("10.0.0.3"), .interface = "eth2"}, {.address = *Address::parse("2001:db8::1")}};
    const Goods goods = goods_of(instance, {.home_ifindex = 2}, world());
    ASSERT_EQ(goods.addresses.size(), 3u);
    EXPECT_EQ(goods.addresses[0].ifindex, 2u);
    EXPECT_EQ(goods.addresses[1].ifindex, 3u);
    EXPECT_TRUE(goods.addresses[2].address.nodad) << "an IPv6 address moves at once";
    EXPECT_FALSE(goods.addresses[0].address.nodad);
}

TEST(Goods, InterfacesOfWhatIsTrackedAreFaultsWhenTheyDie) {
    model::VrrpInstance instance{.name = "VI", .interface = "eth0"};
    instance.addresses = {{.address = *Address::parse("10.0.0.1"), .interface = "eth1"}, {.address = *Address::parse("10.0.0.2"), .interface = "eth0"}};
    instance.excluded = {{.address = *Address::parse("10.0.0.3"), .interface = "eth2", .no_track = true}};
    instance.routes = {{.words = {"default", "via", "10.0.0.9", "dev", "eth3"}}, {.words = {"default", "dev", "eth4"}, .no_track = true}};
    instance.rules = {{.words = {"iif", "eth5", "table", "7"}}};
    const model::Vrrp configuration{.instances = {instance},
                                    .track_groups = {{.name = "TG", .members = {"VI"}}, {.name = "OTHER", .members = {"VJ"}}},
                                    .static_routes = {{.words = {"default", "dev", "eth6"}, .track_group = "TG"},
                                                      {.words = {"default", "dev", "eth7"}, .track_group = "OTHER"},
                                                      {.words = {"default", "dev", "eth8"}}}};
    EXPECT_THAT(interfaces_of_goods(configuration, instance), UnorderedElementsAre("eth1", "eth3", "eth5", "eth6"));
}

TEST(Goods, OnlyWhatDiffersChanges) {
    const PlacedAddress one{.ifindex = 2, .address = {.address = *Address::parse("10.0.0.1"), .prefix_length = 24}};
    PlacedAddress labelled = one, moved = one;
    labelled.address.label = "eth0:1";
    moved.ifindex = 3;
    EXPECT_TRUE(only_in(std::vector{one}, std::vector{one}).empty());
    EXPECT_EQ(only_in(std::vector{labelled}, std::vector{one}).size(), 1u);
    EXPECT_EQ(only_in(std::vector{moved}, std::vector{one}).size(), 1u);
}

}  // namespace
}  // namespace lvx::vrrp
