#include "daemon/words.hh"

#include <fmt/format.h>

namespace lvx::daemon {

namespace {

bool is_part_of_a_name(char each) { return std::string_view(" :,;\"'()").find(each) == std::string_view::npos; }

}  // namespace

std::string mac_text(const net::Mac& mac) { return fmt::format("{:02x}", fmt::join(mac, ":")); }

std::string neighbour_text(const net::World& world, const std::optional<net::Way>& way) {
    if (!way) return "no route";
    const auto link = world.links.find(way->route_ifindex);
    const std::string name = link == world.links.end() ? "a device that is gone" : link->second.name;
    if (way->mac) return fmt::format("{} on {}", mac_text(*way->mac), name);
    return fmt::format("no answer to {} on {}", way->neighbour.is_v4() ? "ARP" : "NDP", name);
}

std::string_view hook_words(net::Hook hook) {
    switch (hook) {
        case net::Hook::xdp_native: return "xdp native";
        case net::Hook::xdp_generic: return "xdp generic";
        case net::Hook::tc: return "tc ingress";
        case net::Hook::automatic: return "none";
    }
    return "none";
}

std::string with_hint(const Error& error) {
    return error.hint.empty() ? error.sentence() : error.sentence() + "; " + error.hint;
}

bool names_interface(const Error& error, std::string_view interface) {
    const std::string_view text = error.doing;
    for (std::size_t at = text.find(interface); at != text.npos; at = text.find(interface, at + 1)) {
        const std::size_t end = at + interface.size();
        const bool starts = at == 0 || !is_part_of_a_name(text[at - 1]);
        const bool ends = end == text.size() || !is_part_of_a_name(text[end]);
        if (starts && ends) return true;
    }
    return false;
}

}  // namespace lvx::daemon
