#include <fmt/format.h>

#include <cerrno>
#include <set>

#include "bpf/table/filter.h"
#include "plan/image.hh"
#include "plan/marks.hh"
#include "plan/part.hh"
#include "plan/registry.hh"
#include "plan/supported.hh"

namespace lvx::plan {
namespace {

class Builder {
 public:
    Builder(const model::Cluster& cluster, const Running& running, const Limits& limits)
        : cluster_(cluster), running_(running), limits_(limits) {}

    Result<Image> build() && {
        for (const model::Service& service : cluster_.services) TRY(check_supported(service));
        marked_ = TRY(MarkedPackets::of(cluster_));
        const std::vector<model::ServiceKey> members = marked_.rows();
        image_.registry = TRY(assign_ids(cluster_, members, running_, limits_));
        image_.timeouts = cluster_.timeouts;
        image_.services.resize(limits_.services);
        image_.areas.resize(limits_.services);
        image_.servers.resize(limits_.servers);
        keep_removed();
        for (const model::Service& service : cluster_.services) TRY(place(service));
        for (const model::ServiceKey& key : members) place_member(key);
        image_.members = members_of(image_.services);
        if (image_.pool.size() > limits_.pool_words) return pool_full();
        index();
        return std::move(image_);
    }

 private:
    // Removed ones stay where they were, for their old connections only; place() overwrites those still wanted.
    void keep_removed() {
        if (!running_.image) return;
        for (const auto& [key, id] : image_.registry.services) {
            const abi::service& old = running_.image->services[id];
            image_.services[id] = {.address = old.address, .port = old.port, .protocol = old.protocol, .family = old.family,
                                   .scheduler = old.scheduler,
                                   .flags = static_cast<std::uint8_t>(old.flags & (abi::SERVICE_MARK | abi::SERVICE_MEMBER | abi::SERVICE_KEEPS_PORT)),
                                   .leader = old.leader};
            if (old.family == 0) continue;  // a new one
            set_timeouts(image_.services[id], cluster_.timeouts, running_);
        }
        for (const auto& [place, id] : image_.registry.servers) {
            image_.servers[id] = removed(running_.image->servers[id]);
        }
    }

    Result<void> place(const model::Service& service) {
        const std::uint32_t id = image_.registry.services.at(service.key);
        const auto server_id = [&](const Endpoint& server) { return image_.registry.servers.at({id, server}); };
        const Part part = TRY(part_of(service, id, cluster_.timeouts, running_, server_id));
        image_.areas[id] = {.at = static_cast<std::uint32_t>(image_.pool.size()), .words = static_cast<std::uint32_t>(part.words.size())};
        image_.services[id] = placed_at(part, image_.areas[id].at);
        image_.pool.insert(image_.pool.end(), part.words.begin(), part.words.end());
        for (const auto& [number, row] : part.servers) image_.servers[number] = row;
        if (part.cursor) image_.cursors.push_back(*part.cursor);
        if (part.standing.anchor) image_.standings.emplace(id, part.standing);
        keep_connections(service.key, id);
        return {};
    }

    void place_member(const model::ServiceKey& key) {
        const std::uint32_t leader = image_.registry.services.at(leader_of(key));
        image_.services[image_.registry.services.at(key)] = member_row(key, image_.services[leader], leader);
    }

    void keep_connections(const model::ServiceKey& key, std::uint32_t id) {
        const auto& servers = image_.registry.servers;
        for (auto each = servers.lower_bound({id, Endpoint{}}); each != servers.end() && each->first.first == id; ++each) {
            abi::server& row = image_.servers[each->second];
            if (!(row.flags & abi::SERVER_AVAILABLE) && is_kept(running_, key, each->first.second)) row = kept(row);
        }
    }

    // Every protocol, address and port that a row has, once; removed ones where nobody else wants the packets.
    void index() {
        std::set<model::ServiceKey> done;
        for (const auto& [key, id] : image_.registry.services) {
            if (key.fwmark != 0 && !is_member(key)) continue;
            mark(image_.services[id].address, abi::FILTER_VIRTUAL);
            model::ServiceKey packets = key;
            packets.fwmark = 0;
            if (done.contains(packets)) continue;
            const auto taker = taker_of(packets);
            if (!taker) continue;  // a removed member's, perhaps a hole now
            done.insert(packets);
            image_.keys.emplace_back(map_key(packets), *taker);
        }
        for (const model::ServiceKey& hole : marked_.holes())
            if (done.insert(hole).second) image_.keys.emplace_back(map_key(hole), taker_by_address(hole).value_or(ID_NOBODY));
        for (const auto& [place, id] : image_.registry.servers) mark(image_.servers[id].address, abi::FILTER_SERVER);
    }

    // A service's row, for packets that are found under exactly these words.
    std::optional<std::uint32_t> taker_of(const model::ServiceKey& packets) const {
        if (const auto member = marked_.row_of(packets)) return image_.registry.services.at(*member);
        const auto own = image_.registry.services.find(packets);
        if (own == image_.registry.services.end()) return std::nullopt;
        if (is_present(own->second)) return own->second;
        return taker_by_address(packets).value_or(own->second);
    }

    // The address's service of any port, for a port that is no mark's.
    std::optional<std::uint32_t> taker_by_address(model::ServiceKey packets) const {
        packets.port = 0;
        const auto any = image_.registry.services.find(packets);
        if (any == image_.registry.services.end() || !is_present(any->second)) return std::nullopt;
        return any->second;
    }

    bool is_present(std::uint32_t id) const { return image_.services[id].flags & abi::SERVICE_PRESENT; }

    void mark(const abi::address& address, abi::filter_bit bit) {
        image_.filter[abi::filter_index(&address)] |= static_cast<std::uint8_t>(bit);
    }

    std::unexpected<Error> pool_full() const {
        return refusal(fmt::format("cannot place the schedulers' tables: they need {} words, the pool has {}", image_.pool.size(),
                                   limits_.pool_words),
                       ENOSPC, "start lvxd with a larger --pool-words");
    }

    const model::Cluster& cluster_;
    const Running& running_;
    const Limits& limits_;
    MarkedPackets marked_;
    Image image_;
};

}  // namespace

Result<Image> build(const model::Cluster& cluster, const Running& running, const Limits& limits) {
    return Builder(cluster, running, limits).build();
}

}  // namespace lvx::plan
