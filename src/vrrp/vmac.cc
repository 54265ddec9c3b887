#include "vrrp/vmac.hh"

#include <net/if.h>

#include <algorithm>
#include <set>

#include "vrrp/frames.hh"

namespace lvx::vrrp {

namespace {

using Kind = model::VmacUse::Kind;

class Planner {
 public:
    Planner(model::Vrrp configuration, const std::string& prefix, const std::string& address_prefix)
        : plan_{.configuration = std::move(configuration), .devices = {}}, prefix_(prefix), address_prefix_(address_prefix.empty() ? prefix : address_prefix) {}

    VmacPlan run() {
        for (const model::VrrpInstance& instance : plan_.configuration.instances)
            if (!instance.vmac.name.empty()) taken_.insert(instance.vmac.name);
        for (model::VrrpInstance& instance : plan_.configuration.instances) add_own(instance);
        for (model::VrrpInstance& instance : plan_.configuration.instances)
            for (auto* list : {&instance.addresses, &instance.excluded})
                for (model::InterfaceAddress& address : *list) settle(instance, address);
        return std::move(plan_);
    }

 private:
    std::string free_name(const std::string& prefix, std::uint8_t vrid, Family family) {
        const std::string tail = "." + std::to_string(vrid);
        for (int number = 0;; ++number) {
            const bool six = family == Family::v6 && number == 1;
            const std::string end = (number == 0 ? "" : six ? "6" : std::to_string(family == Family::v6 ? number - 1 : number)) + tail;
            const std::string name = prefix.substr(0, IFNAMSIZ - 1 - end.size()) + end;
            if (taken_.insert(name).second) return name;
        }
    }

    static Mac mac_of(const model::VrrpInstance& instance, Family family) {
        return instance.vmac.mac.value_or(virtual_mac(family, instance.vrid));
    }

    void add_own(model::VrrpInstance& instance) {
        model::VmacUse& use = instance.vmac;
        if (use.kind == Kind::none) return;
        if (use.name.empty()) use.name = free_name(prefix_, instance.vrid, instance.family);
        plan_.devices.push_back({.name = use.name, .below = instance.interface, .vrf = instance.vrf, .kind = use.kind,
                                 .mac = mac_of(instance, instance.family), .mode = use.mode, .group = use.group,
                                 .notify = use.netlink_notify, .address = use.address});
    }

    void settle(const model::VrrpInstance& instance, model::InterfaceAddress& address) {
        const bool at_home = address.interface.empty() || address.interface == instance.interface;
        const Family family = address.address.family();
        const bool on_own = at_home && instance.vmac.kind != Kind::none && family == instance.family;
        const bool wants = address.use_vmac || (instance.vmac.addresses_only && (!at_home || family != instance.family));
        if (!on_own && !wants) {
            if (at_home) address.interface = instance.interface;
            return;
        }
        address.interface = on_own ? instance.vmac.name : device_for(instance, at_home ? instance.interface : address.interface, family);
        address.use_vmac = true;
    }

    std::string device_for(const model::VrrpInstance& instance, const std::string& below, Family family) {
        const Mac mac = mac_of(instance, family);
        const auto same = [&](const VmacDevice& one) { return one.kind == Kind::vmac && one.below == below && one.mac == mac; };
        const auto found = std::ranges::find_if(plan_.devices, same);
        if (found != plan_.devices.end()) return found->name;
        plan_.devices.push_back({.name = free_name(address_prefix_, instance.vrid, family), .below = below, .vrf = {}, .mac = mac, .mode = {}, .address = {}});
        return plan_.devices.back().name;
    }

    VmacPlan plan_;
    std::string prefix_, address_prefix_;
    std::set<std::string> taken_;
};

}  // namespace

VmacPlan plan_vmacs(model::Vrrp configuration, const std::string& prefix, const std::string& address_prefix) {
    return Planner(std::move(configuration), prefix, address_prefix).run();
}

}  // namespace lvx::vrrp
