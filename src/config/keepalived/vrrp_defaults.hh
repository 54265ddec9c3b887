// What global_defs says for every virtual router that says nothing itself.
#pragma once

#include <optional>
#include <set>
#include <string_view>

#include "model/vrrp.hh"

namespace lvx::config::keepalived {

struct VrrpDefaults {
    model::VrrpInstance instance;                 // every virtual router begins as a copy of this
    std::optional<Address> group4, group6;        // vrrp_mcast_group4, vrrp_mcast_group6
    std::optional<std::uint8_t> version;
    bool garp_lower_delay = false, garp_lower_repeat = false;  // were given; else they are those of a new master
};

}  // namespace lvx::config::keepalived
