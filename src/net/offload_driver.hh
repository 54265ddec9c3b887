// Offloads of a device in the namespace the calling thread is in, by the ethtool requests of SIOCETHTOOL.
#pragma once

#include <string>

#include "base/result.hh"

namespace lvx::net {

enum class Feature : unsigned char { transmit_checksum, generic_receive, transmit_vlan };
enum class Switch : unsigned char { off, on };

[[nodiscard]] Result<void> set_feature(const std::string& device, Feature feature, Switch position);

}  // namespace lvx::net
