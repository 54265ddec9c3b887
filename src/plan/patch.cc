#include "plan/patch.hh"

#include <algorithm>
#include <map>
#include <ranges>
#include <set>

#include "bpf/table/filter.h"
#include "plan/part.hh"
#include "plan/supported.hh"

namespace lvx::plan {
namespace {

class Patcher {
 public:
    Patcher(const Running& running, const Limits& limits)
        : image_(*running.image), running_(running), limits_(limits), end_(static_cast<std::uint32_t>(image_.pool.size())) {}

    // False: the whole build is needed.
    Result<bool> change(const model::Service& service) {
        TRY(check_supported(service));
        const auto found = image_.registry.services.find(service.key);
        if (found == image_.registry.services.end() || !(image_.services[found->second].flags & abi::SERVICE_PRESENT)) return false;
        const std::uint32_t id = found->second;
        keep_or_drop(service, id);
        if (!name_new(service, id)) return false;
        const auto server_id = [&](const Endpoint& server) { return ids_.at({id, server}); };
        return place(TRY(part_of(service, id, image_.timeouts, running_, server_id)), id);
    }

    Patch patch() && { return std::move(patch_); }

 private:
    // As assign_ids() does it: a removed server stays while a connection names it, and for one more change of its service.
    void keep_or_drop(const model::Service& service, std::uint32_t id) {
        std::set<Endpoint> wanted;
        for (const model::Server& server : service.servers) wanted.insert(server.endpoint);
        const auto& servers = image_.registry.servers;
        for (auto each = servers.lower_bound({id, Endpoint{}}); each != servers.end() && each->first.first == id; ++each) {
            const auto& [place, number] = *each;
            const bool in_use = number < running_.server_in_use.size() && running_.server_in_use[number];
            const bool available = image_.servers[number].flags & abi::SERVER_AVAILABLE;
            if (wanted.contains(place.second)) {
                ids_.emplace(place, number);
            } else if (in_use || available) {
                const bool goes_on = is_kept(running_, service.key, place.second);
                patch_.servers.emplace_back(number, goes_on ? kept(image_.servers[number]) : removed(image_.servers[number]));
            } else {
                patch_.servers.emplace_back(number, abi::server{});
                patch_.left.push_back(place);
            }
        }
    }

    bool name_new(const model::Service& service, std::uint32_t id) {
        for (const model::Server& server : service.servers) {
            const ServerPlace place{id, server.endpoint};
            if (ids_.contains(place)) continue;
            while (next_ < image_.servers.size() && image_.servers[next_].family != 0) ++next_;
            if (next_ == image_.servers.size()) return false;
            ids_.emplace(place, next_);
            patch_.joined.push_back({place, next_++});
            const abi::address address = abi_address(server.endpoint.address);
            patch_.filter.push_back(abi::filter_index(&address));
        }
        return true;
    }

    // In the words it has, else behind the last ones.
    bool place(const Part& part, std::uint32_t id) {
        const auto words = static_cast<std::uint32_t>(part.words.size());
        Area area = image_.areas[id];
        if (words > area.words) {
            area = {.at = end_, .words = words};
            end_ += words;
            if (end_ > limits_.pool_words) return false;
        }
        patch_.services.push_back({id, placed_at(part, area.at), area, part.standing});
        patch_.pool.push_back({area.at, part.words});
        patch_.servers.insert(patch_.servers.end(), part.servers.begin(), part.servers.end());
        if (part.cursor) patch_.cursors.push_back(*part.cursor);
        return true;
    }

    const Image& image_;
    const Running& running_;
    const Limits& limits_;
    std::uint32_t end_ = 0;   // of the pool's words in use
    std::uint32_t next_ = 0;  // ids below are taken
    std::map<ServerPlace, std::uint32_t> ids_;
    Patch patch_;
};

}  // namespace

Result<std::optional<Patch>> patch_of(std::span<const model::Service* const> changed, const Running& running, const Limits& limits) {
    if (running.image == nullptr || running.image->areas.empty()) return std::nullopt;
    Patcher patcher(running, limits);
    for (const model::Service* service : changed)
        if (!TRY(patcher.change(*service))) return std::nullopt;
    return std::move(patcher).patch();
}

void carry_out(const Patch& patch, Image& image) {
    for (const auto& [id, row, area, standing] : patch.services) {
        image.services[id] = row;
        image.areas[id] = area;
        image.standings.erase(id);
        if (standing.anchor) image.standings.emplace(id, standing);
    }
    for (const auto& [id, row] : patch.servers) image.servers[id] = row;
    for (const auto& [at, words] : patch.pool) {
        image.pool.resize(std::max(image.pool.size(), at + words.size()));
        std::ranges::copy(words, image.pool.begin() + at);
    }
    for (const ServerPlace& place : patch.left) image.registry.servers.erase(place);
    for (const auto& [place, id] : patch.joined) image.registry.servers.emplace(place, id);
    for (const std::size_t byte : patch.filter) image.filter[byte] |= static_cast<std::uint8_t>(abi::FILTER_SERVER);
    image.cursors = patch.cursors;
}

}  // namespace lvx::plan
