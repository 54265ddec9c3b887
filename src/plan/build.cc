#include <fmt/format.h>

#include <cerrno>

#include "bpf/table/filter.h"
#include "plan/image.hh"
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
        image_.registry = TRY(assign_ids(cluster_, running_, limits_));
        image_.timeouts = cluster_.timeouts;
        image_.services.resize(limits_.services);
        image_.areas.resize(limits_.services);
        image_.servers.resize(limits_.servers);
        keep_removed();
        for (const model::Service& service : cluster_.services) TRY(place(service));
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
                                   .scheduler = old.scheduler};
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

    void keep_connections(const model::ServiceKey& key, std::uint32_t id) {
        const auto& servers = image_.registry.servers;
        for (auto each = servers.lower_bound({id, Endpoint{}}); each != servers.end() && each->first.first == id; ++each) {
            abi::server& row = image_.servers[each->second];
            if (!(row.flags & abi::SERVER_AVAILABLE) && is_kept(running_, key, each->first.second)) row = kept(row);
        }
    }

    void index() {
        for (const auto& [key, id] : image_.registry.services) {
            image_.keys.emplace_back(map_key(key), id);
            mark(image_.services[id].address, abi::FILTER_VIRTUAL);
        }
        for (const auto& [place, id] : image_.registry.servers) mark(image_.servers[id].address, abi::FILTER_SERVER);
    }

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
    Image image_;
};

}  // namespace

Result<Image> build(const model::Cluster& cluster, const Running& running, const Limits& limits) {
    return Builder(cluster, running, limits).build();
}

}  // namespace lvx::plan
