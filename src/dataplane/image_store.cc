#include "dataplane/image_store.hh"

#include <bpf/bpf.h>
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <span>
#include <utility>
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
    for (std::uint32_t id = 0; id < image.services.size(); ++id)
        if (image.services[id].family != 0) image.registry.services.emplace(plan::key_of(image.services, id), id);
    image.members = plan::members_of(image.services);
    for (std::uint32_t id = 0; id < image.servers.size(); ++id)
        if (image.servers[id].family != 0)
            image.registry.servers.emplace(std::pair{image.servers[id].service, plan::endpoint_of(image.servers[id])}, id);
}

}  // namespace

ImageStore::ImageStore(const Tables& tables, const Grace& grace, const Nexthops& nexthops)
    : tables_(tables), grace_(grace), nexthops_(nexthops) {
    grace_.begin();  // after whatever an earlier daemon did last
}

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
    for (const auto& [bytes, value] : keys_)
        if (value.id[set] != ID_NONE) image.keys.emplace_back(std::bit_cast<abi::service_key>(bytes), value.id[set]);
    return image;
}

void ImageStore::settle() {
    if (settled_) return;
    grace_.finish();
    drop_stale_keys();
    settled_ = true;
}

Result<void> ImageStore::store(const plan::Image& image, const plan::Image* before) {
    TRY(write_all(image, 1 - tables_.active_set()));
    difference_.reset();
    activate(image);
    for (std::size_t id = 0; id < image.servers.size(); ++id)
        refresh_overload(id, image.servers[id], before ? before->servers[id] : abi::server{});
    return {};
}

Result<void> ImageStore::store(const plan::Patch& patch, plan::Image& image) {
    const std::uint32_t set = 1 - tables_.active_set();
    if (!difference_) TRY(write_all(image, set));
    Difference wanted = std::exchange(difference_, std::nullopt).value_or(Difference{});
    add(wanted, patch);
    std::vector<abi::server> before;
    for (const auto& [id, row] : patch.servers) before.push_back(image.servers[id]);
    plan::carry_out(patch, image);
    write(wanted, image, set);
    activate(image);
    for (std::size_t i = 0; i < patch.servers.size(); ++i)
        refresh_overload(patch.servers[i].first, patch.servers[i].second, before[i]);
    add(difference_.emplace(), patch);
    return {};
}

void ImageStore::level(const plan::Image& image) {
    if (difference_ || !grace_.over()) return;
    settle();
    if (write_all(image, 1 - tables_.active_set())) difference_.emplace();
}

void ImageStore::add(Difference& difference, const plan::Patch& patch) {
    for (const auto& each : patch.services) difference.services.insert(each.id);
    for (const auto& [id, row] : patch.servers) difference.servers.insert(id);
    for (const auto& [at, words] : patch.pool) {
        std::uint32_t& count = difference.pool[at];
        count = std::max(count, static_cast<std::uint32_t>(words.size()));
    }
    difference.filter.insert(patch.filter.begin(), patch.filter.end());
}

Result<void> ImageStore::write_all(const plan::Image& image, std::uint32_t set) {
    std::ranges::copy(image.services, tables_.services_of(set).begin());
    std::ranges::copy(image.pool, tables_.pool_of(set).begin());
    std::ranges::transform(image.servers, tables_.servers_of(set).begin(), [this](const abi::server& row) { return with_nexthop(row); });
    for (std::size_t byte = 0; byte < image.filter.size(); ++byte) write_filter_byte(byte, image, set);
    return write_keys(image, set);
}

void ImageStore::write(const Difference& difference, const plan::Image& image, std::uint32_t set) const {
    for (const std::uint32_t id : difference.services) tables_.services_of(set)[id] = image.services[id];
    for (const std::uint32_t id : difference.servers) tables_.servers_of(set)[id] = with_nexthop(image.servers[id]);
    for (const auto& [at, words] : difference.pool)
        std::ranges::copy(std::span(image.pool).subspan(at, words), tables_.pool_of(set).subspan(at).begin());
    for (const std::size_t byte : difference.filter) write_filter_byte(byte, image, set);
}

abi::server ImageStore::with_nexthop(abi::server server) const {
    if (server.family != 0) server.nexthop = nexthops_.index_of(plan::address_of(server.address));
    return server;
}

void ImageStore::write_filter_byte(std::size_t byte, const plan::Image& image, std::uint32_t set) const {
    const auto mask = static_cast<std::uint8_t>(abi::filter_mask(abi::FILTER_VIRTUAL, set) | abi::filter_mask(abi::FILTER_SERVER, set));
    std::uint8_t& shown = tables_.address_filter[byte / FILTER_LINE_BYTES].bytes[byte % FILTER_LINE_BYTES];
    const auto wanted = static_cast<std::uint8_t>((shown & ~mask) | image.filter[byte] << (2 * set));
    if (shown != wanted) __atomic_store_n(&shown, wanted, __ATOMIC_RELAXED);
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

void ImageStore::activate(const plan::Image& image) {
    abi::root& root = tables_.header();
    // Before the flip: a set that is active without them would not be adopted.
    root.tcp_fin_timeout_s = static_cast<std::uint32_t>(image.timeouts.tcp_fin.count());
    root.udp_timeout_s = static_cast<std::uint32_t>(image.timeouts.udp.count());
    root.tcp_timeout_s = static_cast<std::uint32_t>(image.timeouts.tcp.count());
    __atomic_store_n(&root.active_set, 1 - tables_.active_set(), __ATOMIC_SEQ_CST);
    for (const plan::CursorChange& change : image.cursors)
        __atomic_store_n(&tables_.schedule_cursors[change.service].position, change.position, __ATOMIC_RELAXED);
    settled_ = false;
    grace_.begin();
}

void ImageStore::refresh_overload(std::size_t id, const abi::server& server, const abi::server& before) const {
    if (server.family == 0) return;
    if (before.family != 0 && same_thresholds(server, before)) return;
    refresh(server, tables_.server_loads[id]);
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
