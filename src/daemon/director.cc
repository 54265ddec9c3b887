#include "daemon/director.hh"

#include <algorithm>

#include "net/way_finder.hh"

namespace lvx::daemon {

namespace {

std::vector<Address> virtual_addresses(const model::Cluster& cluster) {
    std::set<Address> addresses;
    for (const model::Service& service : cluster.services)
        if (service.key.fwmark == 0) addresses.insert(service.key.address);
    for (const model::MarkMember& member : cluster.marks)
        if (cluster.find(model::mark_key(member.mark, member.address.family())) != nullptr) addresses.insert(member.address);
    return {addresses.begin(), addresses.end()};
}

std::vector<Address> server_addresses(const model::Cluster& cluster) {
    std::set<Address> addresses;
    for (const model::Service& service : cluster.services)
        for (const model::Server& server : service.servers) addresses.insert(server.endpoint.address);
    return {addresses.begin(), addresses.end()};
}

std::vector<dataplane::ServerWay> ways_to(const net::World& world, const std::vector<Address>& servers) {
    const net::WayFinder finder(world);
    std::vector<dataplane::ServerWay> ways;
    for (const Address& server : servers) ways.push_back({server, finder.to(server)});
    return ways;
}

void serve_at_tc(net::InterfacePlan& plan, const std::set<std::uint32_t>& without_native_xdp) {
    for (net::InterfaceChoice& choice : plan.choices) {
        const bool automatic = !choice.reason.starts_with("forced");
        if (!automatic || choice.hook != net::Hook::xdp_native || !without_native_xdp.contains(choice.ifindex)) continue;
        choice.hook = net::Hook::tc;
        choice.reason = "the driver refused native XDP";
    }
}

// A veth pair: its own packets, segments as large as they come, are met at tc.
void add_check_interface(net::InterfacePlan& plan, const net::World& world, const std::string& name) {
    for (const auto& [ifindex, link] : world.links) {
        if (name.empty() || link.name != name) continue;
        std::erase_if(plan.choices, [&](const net::InterfaceChoice& choice) { return choice.ifindex == ifindex; });
        plan.choices.push_back({.ifindex = ifindex, .name = name, .hook = net::Hook::tc, .reason = "veth carries super-frames",
                                .role = "checks of virtual services", .mac = link.mac, .mtu = link.mtu});
        std::ranges::sort(plan.choices, {}, &net::InterfaceChoice::ifindex);
    }
}

bool has_mac(net::NeighbourState state) {
    return state != net::NeighbourState::incomplete && state != net::NeighbourState::failed;
}

ClientSide client_side(const net::World& world) {
    ClientSide side{.links = world.links, .routes = world.routes};
    for (const net::Neighbour& neighbour : world.neighbours)
        if (has_mac(neighbour.state)) side.macs.emplace(net::NeighbourKey{neighbour.ifindex, neighbour.address}, neighbour.mac);
    return side;
}

// A neighbour that appears or falls silent changes no way in use; one with another MAC does.
bool leads_elsewhere(const ClientSide& before, const ClientSide& after) {
    if (before.links != after.links || before.routes != after.routes) return true;
    return std::ranges::any_of(before.macs, [&](const auto& each) {
        const auto found = after.macs.find(each.first);
        return found != after.macs.end() && found->second != each.second;
    });
}

bool is_known(const dataplane::ServerWay& way) { return way.way && way.way->mac; }

void add_changed_ways(Step& result, const std::vector<dataplane::ServerWay>& before,
                      const std::vector<dataplane::ServerWay>& after) {
    for (const dataplane::ServerWay& way : after) {
        const auto old = std::ranges::lower_bound(before, way.server, {}, &dataplane::ServerWay::server);
        if (old == before.end() || old->server != way.server) {
            if (is_known(way)) result.actions.push_back(WayChanged{{.server = way.server}, way});
        } else if (is_known(*old) != is_known(way)) {
            result.actions.push_back(WayChanged{*old, way});
        }
    }
}

void step_data_plane(Step& result, const Picture& picture, const ClientSide& clients) {
    Mind& mind = result.mind;
    if (!mind.started || mind.retry_interfaces || mind.interfaces != picture.plan.choices)
        result.actions.push_back(SetInterfaces{picture.plan.choices});
    if (!mind.started || mind.ways != picture.ways) {
        result.actions.push_back(SetWays{picture.ways});
        add_changed_ways(result, mind.ways, picture.ways);
    }
    if (mind.started && leads_elsewhere(mind.clients, clients)) result.actions.push_back(ForgetClientWays{});
    mind.interfaces = picture.plan.choices;
    mind.ways = picture.ways;
    mind.clients = clients;
    mind.started = true;
    mind.retry_interfaces = false;
}

void step_neighbours(Step& result, const Picture& picture, const net::World& world, net::Instant now) {
    net::NeighbourStep neighbours = net::step(result.mind.neighbours, world, picture.neighbours, now);
    result.mind.neighbours = std::move(neighbours.memory);
    result.wake = neighbours.wake;
    if (!neighbours.actions.empty()) result.actions.push_back(Solicit{std::move(neighbours.actions)});
}

}  // namespace

Picture picture_of(const model::Cluster& cluster, const net::World& world, const Settings& settings,
                   const std::set<std::uint32_t>& without_native_xdp) {
    const std::vector<Address> servers = server_addresses(cluster);
    Picture picture{
        .plan = net::choose_interfaces(world, virtual_addresses(cluster), settings.moving, servers, settings.interfaces, settings.hook),
        .ways = ways_to(world, servers),
        .neighbours = net::wanted_neighbours(world, servers)};
    serve_at_tc(picture.plan, without_native_xdp);
    add_check_interface(picture.plan, world, settings.check_interface);
    return picture;
}

Step step(const Mind& mind, const model::Cluster& cluster, const net::World& world, const Settings& settings,
          net::Instant now) {
    Step result{.mind = mind};
    const Picture picture = picture_of(cluster, world, settings, mind.without_native_xdp);
    result.problems = picture.plan.problems;
    step_data_plane(result, picture, client_side(world));
    step_neighbours(result, picture, world, now);
    return result;
}

std::size_t server_count(const model::Cluster& cluster) {
    std::size_t count = 0;
    for (const model::Service& service : cluster.services) count += service.servers.size();
    return count;
}

}  // namespace lvx::daemon
