#include "dataplane/image_store.hh"

#include <bpf/bpf.h>
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <vector>

#include "bpf/table/filter.h"
#include "bpf/table/table.h"

namespace lvx::dataplane {
namespace {

bool same_thresholds(const abi::server& a, const abi::server& b) {
    return a.upper_threshold == b.upper_threshold && a.lower_threshold == b.lower_threshold;
}

// IPVS's rule for an edited threshold: above it sets the flag, below the lower one clears it, between keeps it.
void refresh(const abi::server& server, abi::server_load& load) {
    const std::uint32_t total = __atomic_load_n(&load.total, __ATOMIC_ACQUIRE);
    if (server.upper_threshold != 0 && total >= server.upper_threshold) {
        __atomic_store_n(&load.overloaded, 1u, __ATOMIC_RELEASE);
    } else if (server.upper_threshold == 0 || total < table::lower_threshold(&server)) {
        __atomic_store_n(&load.overloaded, 0u, __ATOMIC_RELEASE);
    }
}

void register_rows(plan::Image& image) {
    std::map<std::uint32_t, bool> known;
    for (std::uint32_t id = 0; id < image.services.size(); ++id)
        if (image.services[id].family != 0) {
            image.registry.services.emplace(plan::key_of(image.services[id]), id);
            image.keys.emplace_back(plan::map_key(plan::key_of(image.services[id])), id);
        }
    for (std::uint32_t id = 0; id < image.servers.size(); ++id)
        if (image.servers[id].family != 0)
            image.registry.servers.emplace(std::pair{image.servers[id].service, plan::endpoint_of(image.servers[id])}, id);
}

}  // namespace

ImageStore::ImageStore(const Tables& tables, const Grace& grace, const Nexthops& nexthops)
    : tables_(tables), grace_(grace), nexthops_(nexthops) {}

std::optional<plan::Image> ImageStore::adopt() {
    KeyBytes key;
    const void* previous = nullptr;
    while (bpf_map_get_next_key(tables_.service_ids.get(), previous, key.data()) == 0) {
        abi::service_id value;
        if (bpf_map_lookup_elem(tables_.service_ids.get(), key.data(), &value) == 0) keys_.emplace(key, value);
        previous = key.data();
    }
    const abi::root& root = tables_.header();
    if (root.tcp_timeout_s == 0) return std::nullopt;
    const std::uint32_t set = tables_.active_set();
    const auto services = tables_.services_of(set);
    const auto servers = tables_.servers_of(set);
    const auto pool = tables_.pool_of(set);
    plan::Image image{.services{services.begin(), services.end()},
                      .servers{servers.begin(), servers.end()},
                      .pool{pool.begin(), pool.end()},
                      .timeouts{.tcp = std::chrono::seconds{root.tcp_timeout_s},
                                .tcp_fin = std::chrono::seconds{root.tcp_fin_timeout_s},
                                .udp = std::chrono::seconds{root.udp_timeout_s}}};
    register_rows(image);
    return image;
}

void ImageStore::settle() {
    if (settled_) return;
    grace_.wait();
    drop_stale_keys();
    settled_ = true;
}

Result<void> ImageStore::store(const plan::Image& image, const plan::Image* before) {
    const std::uint32_t set = 1 - tables_.active_set();
    write_rows(image, set);
    write_filter(image, set);
    TRY(write_keys(image, set));
    activate(image, set);
    refresh_overload(image, before);
    return {};
}

void ImageStore::write_rows(const plan::Image& image, std::uint32_t set) const {
    std::ranges::copy(image.services, tables_.services_of(set).begin());
    std::ranges::copy(image.pool, tables_.pool_of(set).begin());
    const auto servers = tables_.servers_of(set);
    for (std::size_t id = 0; id < image.servers.size(); ++id) {
        abi::server server = image.servers[id];
        if (server.family != 0) server.nexthop = nexthops_.index_of(plan::address_of(server.address));
        servers[id] = server;
    }
}

void ImageStore::write_filter(const plan::Image& image, std::uint32_t set) const {
    const auto mask = static_cast<std::uint8_t>(abi::filter_mask(abi::FILTER_VIRTUAL, set) | abi::filter_mask(abi::FILTER_SERVER, set));
    for (std::size_t i = 0; i < image.filter.size(); ++i) {
        std::uint8_t& byte = tables_.address_filter[i / FILTER_LINE_BYTES].bytes[i % FILTER_LINE_BYTES];
        const auto wanted = static_cast<std::uint8_t>((byte & ~mask) | image.filter[i] << (2 * set));
        if (byte != wanted) __atomic_store_n(&byte, wanted, __ATOMIC_RELAXED);
    }
}

Result<void> ImageStore::write_keys(const plan::Image& image, std::uint32_t set) {
    std::map<KeyBytes, std::uint32_t> wanted;
    for (const auto& [key, id] : image.keys) wanted.emplace(std::bit_cast<KeyBytes>(key), id);
    std::vector<std::pair<KeyBytes, abi::service_id>> changes;
    for (const auto& [key, value] : keys_) {
        const auto found = wanted.find(key);
        abi::service_id next = value;
        next.id[set] = found == wanted.end() ? ID_NONE : found->second;
        if (next.id[set] != value.id[set]) changes.emplace_back(key, next);
    }
    for (const auto& [key, id] : wanted) {
        if (keys_.contains(key)) continue;
        abi::service_id value;
        value.id[set] = id;
        value.id[1 - set] = ID_NONE;
        changes.emplace_back(key, value);
    }
    for (const auto& [key, value] : changes) TRY(write_key(key, value));
    return {};
}

Result<void> ImageStore::write_key(const KeyBytes& key, const abi::service_id& value) {
    if (const int error = bpf_map_update_elem(tables_.service_ids.get(), key.data(), &value, BPF_ANY))
        return refusal("cannot write the index of services", -error, "nothing was changed");
    keys_[key] = value;
    return {};
}

void ImageStore::activate(const plan::Image& image, std::uint32_t set) {
    abi::root& root = tables_.header();
    // Before the flip: a set that is active without them would not be adopted.
    root.tcp_fin_timeout_s = static_cast<std::uint32_t>(image.timeouts.tcp_fin.count());
    root.udp_timeout_s = static_cast<std::uint32_t>(image.timeouts.udp.count());
    root.tcp_timeout_s = static_cast<std::uint32_t>(image.timeouts.tcp.count());
    __atomic_store_n(&root.active_set, set, __ATOMIC_SEQ_CST);
    for (const plan::CursorChange& change : image.cursors)
        __atomic_store_n(&tables_.schedule_cursors[change.service].position, change.position, __ATOMIC_RELAXED);
    settled_ = false;
}

void ImageStore::refresh_overload(const plan::Image& image, const plan::Image* before) const {
    for (std::size_t id = 0; id < image.servers.size(); ++id) {
        if (image.servers[id].family == 0) continue;
        const bool known = before && before->servers[id].family != 0;
        if (known && same_thresholds(image.servers[id], before->servers[id])) continue;
        refresh(image.servers[id], tables_.server_loads[id]);
    }
}

// The set that was active before is not read any more: keys that only it had go.
void ImageStore::drop_stale_keys() {
    const std::uint32_t set = tables_.active_set();
    std::erase_if(keys_, [&](const auto& entry) {
        if (entry.second.id[set] != ID_NONE) return false;
        return bpf_map_delete_elem(tables_.service_ids.get(), entry.first.data()) == 0;
    });
}

}  // namespace lvx::dataplane
