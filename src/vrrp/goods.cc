#include "vrrp/goods.hh"

#include <algorithm>
#include <iterator>
#include <map>

namespace lvx::vrrp {

namespace {

constexpr const char* our_protocol = "18";  // RTPROT_KEEPALIVED

void place(const model::InterfaceAddress& address, std::uint32_t ifindex, std::vector<PlacedAddress>& result) {
    if (ifindex != 0) result.push_back({.ifindex = ifindex, .address = address});
}

std::uint32_t ifindex_of(const net::World& world, const std::string& name) {
    const net::Link* link = link_named(world, name);
    return link == nullptr ? 0 : link->ifindex;
}

// Routes and rules are few; addresses may be thousands.
template <class T>
std::vector<T> few_only_in(const std::vector<T>& a, const std::vector<T>& b) {
    std::vector<T> result;
    std::ranges::copy_if(a, std::back_inserter(result), [&](const T& one) { return std::ranges::find(b, one) == b.end(); });
    return result;
}

std::vector<std::string> joined(std::initializer_list<std::string> head, const std::vector<std::string>& tail) {
    std::vector<std::string> all(head);
    all.insert(all.end(), tail.begin(), tail.end());
    return all;
}

void add_named(const std::vector<std::string>& words, std::initializer_list<std::string_view> keys, std::set<std::string>& result) {
    for (std::size_t i = 0; i + 1 < words.size(); ++i)
        if (std::ranges::find(keys, words[i]) != keys.end()) result.insert(words[i + 1]);
}

template <class Wanted>
void add_interfaces(const std::vector<model::InterfaceAddress>& addresses, const std::vector<model::RouteLine>& routes,
                    const std::vector<model::RuleLine>& rules, Wanted wanted, std::set<std::string>& result) {
    for (const model::InterfaceAddress& address : addresses)
        if (wanted(address) && !address.interface.empty()) result.insert(address.interface);
    for (const model::RouteLine& route : routes)
        if (wanted(route)) add_named(route.words, {"dev"}, result);
    for (const model::RuleLine& rule : rules)
        if (wanted(rule)) add_named(rule.words, {"iif", "oif"}, result);
}

}  // namespace

Goods goods_of(const model::VrrpInstance& instance, const Ground& ground, const net::World& world) {
    Goods goods{.addresses = {}, .routes = instance.routes, .rules = instance.rules};
    for (const auto* list : {&instance.addresses, &instance.excluded}) {
        for (model::InterfaceAddress address : *list) {
            // RFC 9568, 6.4.2: the address moves at once; waiting for duplicates would be an outage.
            address.nodad = !address.address.is_v4();
            place(address, address.interface.empty() ? ground.home_ifindex : ifindex_of(world, address.interface), goods.addresses);
        }
    }
    return goods;
}

Goods static_goods(const model::Vrrp& configuration, const net::World& world) {
    Goods goods{.addresses = {}, .routes = configuration.static_routes, .rules = configuration.static_rules};
    for (const model::InterfaceAddress& address : configuration.static_addresses) place(address, ifindex_of(world, address.interface), goods.addresses);
    return goods;
}

// A World's addresses are sorted by interface and address.
bool is_there(const net::World& world, const PlacedAddress& placed) {
    const auto key = [](const net::LocalAddress& local) { return std::pair{local.ifindex, local.address}; };
    const std::pair wanted{placed.ifindex, placed.address.address};
    const auto found = std::ranges::lower_bound(world.addresses, wanted, {}, key);
    return found != world.addresses.end() && key(*found) == wanted;
}

std::vector<PlacedAddress> only_in(const std::vector<PlacedAddress>& a, const std::vector<PlacedAddress>& b) {
    std::multimap<std::pair<std::uint32_t, Address>, const PlacedAddress*> known;
    for (const PlacedAddress& one : b) known.emplace(std::pair{one.ifindex, one.address.address}, &one);
    std::vector<PlacedAddress> result;
    std::ranges::copy_if(a, std::back_inserter(result), [&](const PlacedAddress& one) {
        const auto [first, last] = known.equal_range({one.ifindex, one.address.address});
        return std::none_of(first, last, [&](const auto& each) { return *each.second == one; });
    });
    return result;
}

std::vector<model::RouteLine> only_in(const std::vector<model::RouteLine>& a, const std::vector<model::RouteLine>& b) { return few_only_in(a, b); }
std::vector<model::RuleLine> only_in(const std::vector<model::RuleLine>& a, const std::vector<model::RuleLine>& b) { return few_only_in(a, b); }

std::vector<std::string> ip_words(const model::RouteLine& route, Verb verb) {
    const std::string add = route.verb == "add" ? "replace" : route.verb;
    std::vector<std::string> words = joined({"route", verb == Verb::add ? add : "del"}, route.words);
    if (std::ranges::find(route.words, "protocol") != route.words.end()) return words;
    // Before nexthops, which end what belongs to the route itself.
    words.insert(std::ranges::find(words, "nexthop"), {"protocol", our_protocol});
    return words;
}

std::vector<std::string> ip_words(const model::RuleLine& rule, Verb verb) { return joined({"rule", verb == Verb::add ? "add" : "del"}, rule.words); }

std::set<std::string> interfaces_of_goods(const model::Vrrp& configuration, const model::VrrpInstance& instance) {
    std::set<std::string> result;
    const auto tracked = [](const auto& one) { return !one.no_track; };
    add_interfaces(instance.addresses, instance.routes, instance.rules, tracked, result);
    add_interfaces(instance.excluded, {}, {}, tracked, result);
    std::set<std::string> groups;
    for (const model::TrackGroup& group : configuration.track_groups)
        if (std::ranges::find(group.members, instance.name) != group.members.end()) groups.insert(group.name);
    const auto ours = [&](const auto& one) { return !one.no_track && groups.contains(one.track_group); };
    add_interfaces(configuration.static_addresses, configuration.static_routes, configuration.static_rules, ours, result);
    result.erase(instance.interface);
    return result;
}

}  // namespace lvx::vrrp
