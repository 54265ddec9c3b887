#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.hh"
#include "config/convert/heartbeat_files.hh"
#include "config/keepalived/print.hh"
#include "model/site.hh"

namespace lvx::config::convert {
namespace {

using namespace model;

constexpr std::uint8_t home_priority = 200, other_priority = 100;
constexpr std::size_t most_routers = 255;  // VRIDs of one network
constexpr std::size_t shortest_key = 32, longest_key = 64;  // bytes of an auth_hmac key

class Converter {
 public:
    Converter(const HaCf& ha, const std::vector<ResourceGroup>& groups, const AuthKey& key, const std::string& node, Notes& notes)
        : ha_(ha), groups_(groups), key_(key), node_(node), notes_(notes) {}

    Site run() {
        check_node();
        for (const ResourceGroup& group : groups_) convert(group);
        pings();
        return std::move(site_);
    }

 private:
    void check_node() {
        const auto same = [&](const Piece& one) { return one.text == node_; };
        if (ha_.nodes.empty() || std::ranges::any_of(ha_.nodes, same)) return;
        std::string names;
        for (const Piece& one : ha_.nodes) names += (names.empty() ? "" : " ") + one.text;
        notes_.wrong(ha_.nodes.front().place, fmt::format("\"{}\" is none of these nodes", printable(node_)), "choose one with --node: " + names);
    }

    void convert(const ResourceGroup& group) {
        VrrpInstance instance{.name = fmt::format("VI_{}", site_.vrrp.instances.size() + 1)};
        instance.priority = group.node.text == node_ ? home_priority : other_priority;
        instance.preempt = ha_.auto_failback.value_or(true);
        times(instance);
        paths(instance);
        authentication(instance);
        for (const Resource& resource : group.resources) take(resource, instance);
        if (site_.vrrp.instances.size() == most_routers) return notes_.wrong(group.node.place, "more than 255 groups of resources", {});
        if (instance.addresses.empty()) {
            return notes_.no_equivalent(group.node.place, "this group has no address, so no virtual router is made of it",
                                        "list its scripts in virtual_resources of another instance");
        }
        instance.vrid = router_id(instance.addresses.front().address, group.node.place);
        site_.vrrp.instances.push_back(std::move(instance));
    }

    void times(VrrpInstance& instance) {
        instance.version = 3;  // intervals below a second
        const auto keepalive = ha_.keepalive.value_or(std::chrono::seconds{1});
        const auto dead = ha_.deadtime.value_or(std::chrono::seconds{30});
        constexpr std::chrono::microseconds unit{10'000}, most{40'950'000};
        instance.advert_interval = std::clamp(keepalive / unit.count() * unit.count(), unit, most);
        const auto adverts = (dead + instance.advert_interval / 2) / instance.advert_interval;
        instance.down_timer_adverts = static_cast<std::uint8_t>(std::clamp<std::int64_t>(adverts, 1, 100));
        if (adverts > 100) notes_.choose(ha_.dead_place, "a dead node is noticed after 100 intervals, sooner than here", {});
    }

    void paths(VrrpInstance& instance) {
        std::set<std::string> seen;
        for (const Medium& medium : ha_.media) {
            if (instance.interface.empty()) {
                instance.interface = medium.interface;
                instance.unicast = medium.kind == Medium::Kind::unicast;
            }
            const bool first = medium.interface == instance.interface;
            if (first && medium.peer && instance.unicast) instance.peers.push_back({.address = *medium.peer});
            if (!first && seen.insert(medium.interface).second) instance.paths.push_back({medium.interface, medium.peer});
        }
        if (instance.interface.empty()) instance.interface = "eth0";
    }

    void authentication(VrrpInstance& instance) {
        if (key_.secret.empty()) return;
        if (key_.secret.size() < shortest_key || key_.secret.size() > longest_key) {
            if (!key_told_) {
                notes_.choose(key_.place, "this key is too short or too long for auth_hmac and is left out", "choose one of 32 to 64 bytes");
            }
            key_told_ = true;
            return;
        }
        instance.hmac.keys = {{.id = 1, .secret = {key_.secret.begin(), key_.secret.end()}}};
        instance.hmac.active = 1;
    }

    void take(const Resource& resource, VrrpInstance& instance) {
        if (resource.script == "IPaddr" || resource.script == "IPaddr2" || resource.script == "IPv6addr") return address(resource, instance);
        if (resource.script == "ldirectord") {
            return notes_.choose(resource.place, "ldirectord's own file is converted by itself",
                                 "lvx config convert --from ldirectord FILE, and include the result");
        }
        if (resource.script == "LVSSyncDaemonSwap") {
            site_.globals.sync_daemon = SyncDaemon{.interface = instance.interface, .instance = instance.name};
            return;
        }
        if (resource.script == "MailTo") {
            if (!resource.arguments.empty()) site_.globals.mail.recipients = {resource.arguments.front()};
            instance.notify.smtp_alert = true;
            return;
        }
        script(resource, instance);
    }

    static void script(const Resource& resource, VrrpInstance& instance) {
        Command command{.words = {(resource.script.starts_with('/') ? "" : "/etc/ha.d/resource.d/") + resource.script}};
        command.words.insert(command.words.end(), resource.arguments.begin(), resource.arguments.end());
        instance.resources.scripts.push_back(std::move(command));
    }

    void address(const Resource& resource, VrrpInstance& instance) {
        const std::string text = resource.arguments.empty() ? "" : resource.arguments.front();
        const auto parts = split_at(text, '/');
        const auto where = Address::parse(parts[0]);
        if (!where) return notes_.wrong(resource.place, "IPaddr::ADDRESS[/BITS[/INTERFACE[/BROADCAST]]] belongs here", {});
        const int bits = where->is_v4() ? 32 : 128;
        InterfaceAddress result{.address = *where, .prefix_length = static_cast<std::uint8_t>(bits)};
        for (std::size_t i = 1; i < parts.size(); ++i) {
            if (const auto length = whole_number(parts[i], 1, bits)) result.prefix_length = static_cast<std::uint8_t>(*length);
            else if (const auto broadcast = Address::parse(parts[i])) result.broadcast = *broadcast;
            else result.interface = std::string(parts[i].substr(0, parts[i].find(':')));
        }
        if (instance.addresses.empty()) instance.family = where->family();
        (where->family() == instance.family ? instance.addresses : instance.excluded).push_back(result);
    }

    // From the address, so that both nodes compute the same; a number that is taken goes up.
    std::uint8_t router_id(const Address& address, const Place& place) {
        std::uint32_t id = address.mapped()[15];
        while (id == 0 || !ids_.insert(id).second) id = id % 255 + 1;
        notes_.choose(place, fmt::format("virtual_router_id {} is made of the address", id), "it must be free on the network");
        return static_cast<std::uint8_t>(id);
    }

    void pings() {
        for (const Piece& node : ha_.ping) {
            const auto address = Address::parse(node.text);
            if (!address) {
                notes_.wrong(node.place, "an IP address belongs here", {});
                continue;
            }
            const std::string name = fmt::format("ping_{}", site_.vrrp.scripts.size() + 1);
            site_.vrrp.scripts.push_back({.name = name, .command = {.words = {"/bin/ping", "-c", "1", "-W", "1", address->text()}},
                                          .interval = std::chrono::seconds{5}, .weight = -10, .rise = 2, .fall = 3});
            for (VrrpInstance& instance : site_.vrrp.instances) instance.tracks.scripts.push_back({.name = name, .weight = -10});
        }
    }

    const HaCf& ha_;
    const std::vector<ResourceGroup>& groups_;
    const AuthKey& key_;
    const std::string& node_;
    Notes& notes_;
    Site site_;
    std::set<std::uint32_t> ids_;
    bool key_told_ = false;
};

}  // namespace

Conversion from_heartbeat(const HeartbeatFiles& files) {
    Conversion result;
    Notes notes(result.diagnostics);
    const FileNumber ha_file = result.sources.add(files.ha_cf.name, files.ha_cf.text);
    const FileNumber resource_file = result.sources.add(files.haresources.name, files.haresources.text);
    const HaCf ha = read_ha_cf(result.sources, ha_file, notes);
    const auto groups = read_haresources(result.sources, resource_file, notes);
    AuthKey key;
    if (!files.authkeys.text.empty()) key = read_authkeys(result.sources, result.sources.add(files.authkeys.name, files.authkeys.text), notes);
    const Site site = Converter(ha, groups, key, files.node, notes).run();
    result.diagnostics.sort();
    if (result.usable()) result.text = keepalived::print(site);
    return result;
}

}  // namespace lvx::config::convert
