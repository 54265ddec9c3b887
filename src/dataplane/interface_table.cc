#include "dataplane/interface_table.hh"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

namespace lvx::dataplane {
namespace {

abi::interface* place_of(InterfaceTable table, std::uint32_t ifindex, std::uint32_t content) {
    for (std::uint32_t probe = 0; probe < INTERFACE_PROBES; ++probe) {
        abi::interface& place = table[(ifindex + probe) & (INTERFACE_INDEX_SIZE - 1)];
        if (place.ifindex == content) return &place;
    }
    return nullptr;
}

}  // namespace

Result<void> describe(InterfaceTable table, const abi::interface& row) {
    abi::interface* place = place_of(table, row.ifindex, row.ifindex);
    if (!place) place = place_of(table, row.ifindex, 0);
    if (!place) return refusal(fmt::format("cannot describe interface {}: too many with similar numbers", row.ifindex), ENOSPC);
    // The number comes last: who sees it sees the rest.
    std::memcpy(reinterpret_cast<std::uint8_t*>(place) + sizeof row.ifindex,
                reinterpret_cast<const std::uint8_t*>(&row) + sizeof row.ifindex, sizeof row - sizeof row.ifindex);
    __atomic_store_n(&place->ifindex, row.ifindex, __ATOMIC_RELEASE);
    return {};
}

void forget(InterfaceTable table, std::uint32_t ifindex) {
    if (abi::interface* place = place_of(table, ifindex, ifindex)) __atomic_store_n(&place->ifindex, 0, __ATOMIC_RELEASE);
}

std::vector<abi::interface> described(InterfaceTable table) {
    std::vector<abi::interface> result;
    for (const abi::interface& place : table)
        if (place.ifindex != 0) result.push_back(place);
    return result;
}

Result<std::uint32_t> free_slot(InterfaceTable table) {
    std::vector<bool> taken(INTERFACE_LIMIT);
    taken[0] = true;  // of packets whose interface is not described
    for (const abi::interface& row : described(table)) taken[row.slot] = true;
    for (std::uint32_t slot = 0; slot < INTERFACE_LIMIT; ++slot)
        if (!taken[slot]) return slot;
    return refusal(fmt::format("cannot attach another interface: {} are attached", INTERFACE_LIMIT - 1), ENOSPC,
                   "name those that matter with --interface");
}

}  // namespace lvx::dataplane
