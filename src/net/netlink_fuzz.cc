// Whatever bytes arrive, parsing and applying them stays within them, and a World keeps its order.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>

#include "base/ensure.hh"
#include "net/netlink_message.hh"
#include "net/way_finder.hh"

namespace {

std::uint32_t length_at(std::span<const std::uint8_t> bytes) {
    return bytes[0] | bytes[1] << 8u | bytes[2] << 16u | std::uint32_t{bytes[3]} << 24u;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    lvx::net::World world;
    std::span<const std::uint8_t> bytes(data, size);
    while (bytes.size() >= 16) {
        if (const auto event = lvx::net::parse_event(bytes)) (void)apply(world, *event);
        const std::size_t step = std::max<std::size_t>(16, (length_at(bytes) + std::size_t{3}) & ~std::size_t{3});
        bytes = bytes.subspan(std::min(bytes.size(), step));
    }
    ensure(std::ranges::is_sorted(world.neighbours, {}, [](const auto& each) { return std::tuple(each.ifindex, each.address); }));
    const lvx::net::WayFinder ways(world);
    for (const auto& neighbour : world.neighbours) (void)ways.to(neighbour.address);
    return 0;
}
