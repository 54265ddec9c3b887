#include "net/world.hh"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "net/hook_choice.hh"
#include "net/way_finder.hh"

namespace lvx::net {

namespace {

constexpr auto hook_words = std::to_array<std::pair<Hook, std::string_view>>({
    {Hook::automatic, "auto"},
    {Hook::xdp_native, "xdp"},
    {Hook::xdp_generic, "xdp-generic"},
    {Hook::tc, "tc"},
});

constexpr std::size_t roles_shown = 4;  // a director of a thousand servers does not list them in every interface

const Link* find_link(const World& world, std::string_view name) {
    for (const auto& [ifindex, link] : world.links)
        if (link.name == name) return &link;
    return nullptr;
}

// Interfaces with their roles, gathered while addresses are looked at one by one.
class Gathering {
 public:
    Gathering(const World& world, const std::set<Address>& moving) : world_(world), moving_(moving), ways_(world) {}

    void add_virtual(const Address& address);
    void add_server(const Address& address);
    [[nodiscard]] const std::map<std::uint32_t, std::vector<std::string>>& roles() const { return roles_; }
    [[nodiscard]] std::vector<std::string> take_problems() { return std::move(problems_); }

 private:
    bool add_carriers(const Address& address);
    void add_clients_interfaces(const Address& address);
    void add_role(std::uint32_t ifindex, const std::string& role);
    void problem(std::string sentence) { problems_.push_back(std::move(sentence)); }

    const World& world_;
    const std::set<Address>& moving_;
    WayFinder ways_;
    std::map<std::uint32_t, std::vector<std::string>> roles_;
    std::vector<std::string> problems_;
};

// Frames of a VLAN device are met, tagged, on the device below it.
void Gathering::add_role(std::uint32_t ifindex, const std::string& role) {
    const auto found = world_.links.find(ifindex);
    if (found == world_.links.end()) return;
    if (found->second.kind == "vlan") return add_role(found->second.lower, role);
    std::vector<std::string>& roles = roles_[ifindex];
    const auto shown_end = roles.begin() + static_cast<std::ptrdiff_t>(std::min(roles.size(), roles_shown));
    if (std::find(roles.begin(), shown_end, role) == shown_end) roles.push_back(role);
}

// True when an interface that can receive frames for the address has it.
bool Gathering::add_carriers(const Address& address) {
    bool found = false;
    for (const LocalAddress& local : world_.addresses) {
        if (local.address != address) continue;
        const auto link = world_.links.find(local.ifindex);
        if (link == world_.links.end() || link->second.loopback || link->second.kind == "dummy") continue;
        add_role(local.ifindex, "virtual " + address.text());
        found = true;
    }
    return found;
}

// An address on a loopback or dummy device is reached by routing: its packets come from where the clients are, which
// is behind the default route, or else behind any interface with an address of the family.
void Gathering::add_clients_interfaces(const Address& address) {
    const std::string role = "virtual " + address.text();
    const Route* route = ways_.route_to(address.is_v4() ? Address() : Address::v6({}));
    if (route != nullptr) return add_role(route->ifindex, role);
    bool found = false;
    for (const LocalAddress& local : world_.addresses) {
        const auto link = world_.links.find(local.ifindex);
        if (local.address.family() != address.family() || link == world_.links.end()) continue;
        if (link->second.loopback || link->second.kind == "dummy") continue;
        add_role(local.ifindex, role);
        found = true;
    }
    if (!found) problem("no interface leads to the clients of " + address.text());
}

void Gathering::add_virtual(const Address& address) {
    if (add_carriers(address)) return;
    if (ways_.is_local(address)) return add_clients_interfaces(address);
    const std::optional<Way> way = ways_.to(address);
    const bool moves = moving_.contains(address);
    if (!way && moves) return;
    if (!way) return problem("no interface carries " + address.text());
    add_role(way->route_ifindex, "virtual " + address.text());
    if (way->neighbour != address || moves) return;  // routed here by others: nobody asks for it by ARP
    problem("no interface carries " + address.text() + ", so clients find nobody who answers for it: ip address add " +
            address.text() + " dev " + world_.links.at(way->route_ifindex).name);
}

void Gathering::add_server(const Address& address) {
    if (ways_.is_local(address)) return problem(address.text() + ": a real server with an address of the director itself");
    const std::optional<Way> way = ways_.to(address);
    if (!way) return problem(address.text() + ": no route");
    add_role(way->route_ifindex, "route to " + address.text());
}

std::string joined(const std::vector<std::string>& roles) {
    std::string text;
    for (std::size_t i = 0; i < roles.size() && i < roles_shown; ++i) text += (i == 0 ? "" : ", ") + roles[i];
    if (roles.size() > roles_shown) text += " and " + std::to_string(roles.size() - roles_shown) + " more";
    return text;
}

InterfaceChoice choice_of(const World& world, const Link& link, const std::vector<std::string>& roles, Hook wanted,
                          std::string_view who) {
    const HookChoice hook = wanted == Hook::automatic ? choose_hook(world, link)
                                                      : HookChoice{wanted, "forced by " + std::string(who) +
                                                                               std::string(hook_text(wanted))};
    return {.ifindex = link.ifindex,
            .name = link.name,
            .hook = hook.hook,
            .reason = hook.reason,
            .role = joined(roles),
            .mac = link.mac,
            .mtu = link.mtu};
}

// Devices without Ethernet header (tun, WireGuard, GRE) have no MAC address.
bool has_ethernet(const Link& link) { return link.loopback || link.mac != Mac{}; }

void add_choice(InterfacePlan& plan, const World& world, const Link& link, const std::vector<std::string>& roles,
                Hook wanted, std::string_view who) {
    if (!has_ethernet(link)) {
        plan.problems.push_back(link.name + ": carries no Ethernet frames");
        return;
    }
    // An interface named twice is served as it was named first.
    if (std::ranges::find(plan.choices, link.ifindex, &InterfaceChoice::ifindex) != plan.choices.end()) return;
    plan.choices.push_back(choice_of(world, link, roles, wanted, who));
}

void add_requested(InterfacePlan& plan, const World& world, const Gathering& gathering, const InterfaceRequest& request,
                   Hook forced) {
    const Link* link = find_link(world, request.name);
    if (link == nullptr) {
        plan.problems.push_back(request.name + ": no such interface");
        return;
    }
    const bool own_word = request.hook != Hook::automatic;
    const std::string who = own_word ? "--interface " + request.name + "=" : "--hook ";
    const auto roles = gathering.roles().find(link->ifindex);
    const std::vector<std::string> named = {"named by --interface"};
    add_choice(plan, world, *link, roles == gathering.roles().end() ? named : roles->second,
               own_word ? request.hook : forced, who);
}

}  // namespace

InterfacePlan choose_interfaces(const World& world, const std::vector<Address>& virtual_addresses,
                                const std::set<Address>& moving, const std::vector<Address>& real_servers,
                                const std::vector<InterfaceRequest>& requests, Hook forced) {
    Gathering gathering(world, moving);
    for (const Address& address : std::set(virtual_addresses.begin(), virtual_addresses.end())) gathering.add_virtual(address);
    for (const Address& address : std::set(real_servers.begin(), real_servers.end())) gathering.add_server(address);

    InterfacePlan plan{.problems = gathering.take_problems()};
    for (const InterfaceRequest& request : requests) add_requested(plan, world, gathering, request, forced);
    if (requests.empty())
        for (const auto& [ifindex, roles] : gathering.roles())
            add_choice(plan, world, world.links.at(ifindex), roles, forced, "--hook ");
    std::ranges::sort(plan.choices, {}, &InterfaceChoice::ifindex);
    return plan;
}

std::optional<Hook> hook_from_text(std::string_view text) {
    for (const auto& [hook, word] : hook_words)
        if (word == text) return hook;
    return std::nullopt;
}

std::string_view hook_text(Hook hook) {
    for (const auto& [candidate, word] : hook_words)
        if (candidate == hook) return word;
    return "auto";
}

}  // namespace lvx::net
