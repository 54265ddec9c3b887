// Which VMAC devices a configuration needs, and what lives on them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "vrrp/vmac.hh"

namespace lvx::vrrp {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Kind = model::VmacUse::Kind;

model::VrrpInstance with(std::uint8_t vrid, Family family, const std::string& name) {
    return {.interface = "eth0", .vrid = vrid, .family = family, .vmac = {.kind = Kind::vmac, .name = name}};
}

std::vector<std::string> names(const VmacPlan& plan) {
    std::vector<std::string> result;
    for (const VmacDevice& one : plan.devices) result.push_back(one.name + " on " + one.below);
    return result;
}

std::vector<std::string> homes(const model::VrrpInstance& instance) {
    std::vector<std::string> result;
    for (const auto* list : {&instance.addresses, &instance.excluded})
        for (const model::InterfaceAddress& one : *list) result.push_back(one.address.text() + " on " + one.interface);
    return result;
}

TEST(Vmacs, HaveNamesOfPrefixAndNumberThatAreUnique) {
    const VmacPlan plan = plan_vmacs({.instances = {with(51, Family::v4, ""), with(51, Family::v6, ""), with(51, Family::v4, ""), with(51, Family::v6, ""),
                                                    with(52, Family::v4, "mine"), {.vrid = 53}}}, "ha", "");
    EXPECT_THAT(names(plan), ElementsAre("ha.51 on eth0", "ha6.51 on eth0", "ha1.51 on eth0", "ha2.51 on eth0", "mine on eth0"));
    EXPECT_EQ(plan.configuration.instances[2].vmac.name, "ha1.51");
    EXPECT_THAT(names(plan_vmacs({.instances = {with(251, Family::v4, "")}}, "averylongprefix", "")), ElementsAre("averylongpr.251 on eth0")) << "15 characters are the most";
}

TEST(Vmacs, HaveTheVirtualRoutersMacOrTheConfiguredOne) {
    model::VrrpInstance other = with(52, Family::v4, "");
    other.vmac.mac = {2, 0, 0, 0, 0, 9};
    const VmacPlan plan = plan_vmacs({.instances = {with(51, Family::v4, ""), with(51, Family::v6, ""), other}}, "vrrp", "");
    EXPECT_THAT(plan.devices[0].mac, ElementsAre(0, 0, 0x5e, 0, 1, 51));
    EXPECT_THAT(plan.devices[1].mac, ElementsAre(0, 0, 0x5e, 0, 2, 51));
    EXPECT_THAT(plan.devices[2].mac, ElementsAre(2, 0, 0, 0, 0, 9));
}

TEST(Vmacs, CarryAddressesOfTheirInterfaceAndFamily) {
    model::VrrpInstance instance = with(51, Family::v4, "");
    instance.addresses = {{.address = *Address::parse("10.0.0.1")}, {.address = *Address::parse("10.0.0.2"), .interface = "eth1"}};
    instance.excluded = {{.address = *Address::parse("10.0.0.3"), .interface = "eth0"}, {.address = *Address::parse("2001:db8::1")}};
    const VmacPlan plain = plan_vmacs({.instances = {instance}}, "vrrp", "");
    EXPECT_THAT(names(plain), ElementsAre("vrrp.51 on eth0"));
    EXPECT_THAT(homes(plain.configuration.instances[0]),
                ElementsAre("10.0.0.1 on vrrp.51", "10.0.0.2 on eth1", "10.0.0.3 on vrrp.51", "2001:db8::1 on eth0"));
    instance.vmac.addresses_only = true;
    const VmacPlan all = plan_vmacs({.instances = {instance}}, "vrrp", "a");
    EXPECT_THAT(names(all), ElementsAre("vrrp.51 on eth0", "a.51 on eth1", "a6.51 on eth0"));
    EXPECT_THAT(homes(all.configuration.instances[0]), ElementsAre("10.0.0.1 on vrrp.51", "10.0.0.2 on a.51", "10.0.0.3 on vrrp.51", "2001:db8::1 on a6.51"));
}

TEST(Vmacs, OfSingleAddressesAreSharedByThoseOfOneInterface) {
    model::VrrpInstance instance{.interface = "eth0", .vrid = 51};
    instance.addresses = {{.address = *Address::parse("10.0.0.1")}, {.address = *Address::parse("10.0.0.2"), .interface = "eth1", .use_vmac = true},
                          {.address = *Address::parse("10.0.0.3"), .interface = "eth1", .use_vmac = true}};
    const VmacPlan plan = plan_vmacs({.instances = {instance}}, "vrrp", "");
    EXPECT_THAT(names(plan), ElementsAre("vrrp.51 on eth1"));
    EXPECT_THAT(homes(plan.configuration.instances[0]), ElementsAre("10.0.0.1 on eth0", "10.0.0.2 on vrrp.51", "10.0.0.3 on vrrp.51"));
    instance.addresses.resize(1);
    EXPECT_THAT(names(plan_vmacs({.instances = {instance}}, "vrrp", "")), IsEmpty());
}

}  // namespace
}  // namespace lvx::vrrp
