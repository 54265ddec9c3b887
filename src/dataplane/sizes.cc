#include "dataplane/sizes.hh"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <string_view>

#include "abi/connection.h"
#include "abi/counter.h"
#include "abi/filter.h"
#include "abi/handshake.h"
#include "abi/interface.h"
#include "abi/limits.h"
#include "abi/root.h"
#include "abi/server.h"
#include "abi/service.h"
#include "bpf/table/sweep.h"

namespace lvx::dataplane {
namespace {

constexpr std::uint64_t bytes_per_bucket = SLOTS_PER_BUCKET * sizeof(abi::connection) + sizeof(abi::tag_line);
// An element of a kernel hash map: its header, key and value; and half a bucket head.
constexpr std::uint64_t bytes_per_key = 48 + sizeof(abi::service_key) + sizeof(abi::service_id) + 16;

std::uint64_t default_connections(std::uint64_t memory_bytes) {
    const std::uint64_t affordable = memory_bytes / memory_share / (bytes_per_bucket / SLOTS_PER_BUCKET * 3 / 2);
    return std::clamp(affordable, least_default_connections, most_default_connections);
}

std::uint32_t or_default(std::uint32_t asked, std::uint32_t otherwise) { return asked == 0 ? otherwise : asked; }

}  // namespace

Result<Layout> layout(const Sizes& sizes, std::uint64_t memory_bytes, std::uint32_t cpus) {
    Layout result{.capacity = sizes.connections == 0 ? default_connections(memory_bytes) : sizes.connections,
                  .services = or_default(sizes.services, default_services),
                  .servers = or_default(sizes.servers, default_servers),
                  .pool_words = or_default(sizes.pool_words, default_pool_words),
                  .cpus = cpus};
    const std::uint32_t most_rows = 1u << 20, most_words = 1u << 28;
    if (result.capacity > most_connections || result.services > most_rows || result.servers > most_rows ||
        result.pool_words > most_words)
        return refusal(fmt::format("cannot make a table for {} connections, {} services, {} servers, {} pool words",
                                   result.capacity, result.services, result.servers, result.pool_words), ERANGE,
                       fmt::format("at most {}, {}, {} and {}", most_connections, most_rows, most_rows, most_words));
    result.buckets = static_cast<std::uint32_t>(table::buckets_for_capacity(result.capacity));
    result.pool_words = (result.pool_words + POOL_LINE_WORDS - 1) / POOL_LINE_WORDS * POOL_LINE_WORDS;
    // Entry 0 is "none"; one for each server's address suffices, since what was replaced is free after a grace period.
    result.nexthops = result.servers + 1;
    return result;
}

Memory machine_memory() {
    Memory memory;
    const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen("/proc/meminfo", "re"), std::fclose);
    char word[64];
    unsigned long long kibibytes = 0;
    while (file && std::fscanf(file.get(), "%63s %llu%*[^\n]", word, &kibibytes) == 2) {
        if (std::string_view(word) == "MemTotal:") memory.total = kibibytes << 10;
        if (std::string_view(word) == "MemAvailable:") memory.available = kibibytes << 10;
    }
    return memory;
}

std::uint64_t bytes(const Layout& layout) {
    const std::uint64_t sets = CONFIGURATION_SETS;
    const std::uint64_t counter_blocks = layout.cpus + 1;  // one more for what was counted at the last zero
    const std::uint64_t marks = table::mark_lines_for(layout.buckets) + table::mark_line_lines_for(layout.buckets);
    return layout.buckets * bytes_per_bucket + marks * sizeof(abi::mark_line) + sizeof(abi::root) + sets * layout.services * sizeof(abi::service) +
           sets * layout.servers * sizeof(abi::server) + sets * layout.pool_words * sizeof(std::uint32_t) +
           layout.servers * (sizeof(abi::server_load) + sizeof(abi::server_delay)) + HANDSHAKE_PLACES * sizeof(abi::handshake) + layout.services * sizeof(abi::schedule_cursor) +
           layout.nexthops * sizeof(abi::nexthop) + INTERFACE_INDEX_SIZE * sizeof(abi::interface) +
           FILTER_LINES * sizeof(abi::filter_line) + sets * layout.services * bytes_per_key +
           std::uint64_t{layout.cpus} * INTERFACE_LIMIT * VERDICT_LIMIT * sizeof(abi::verdict_counter) +
           counter_blocks * (layout.services + layout.servers) * sizeof(abi::traffic_counter);
}

}  // namespace lvx::dataplane
