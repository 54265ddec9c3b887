// The transport protocols of virtual services, by their IP protocol numbers.
#pragma once

#include <cstdint>

namespace lvx::model {

enum class Protocol : std::uint8_t { ip = 0, tcp = 6, udp = 17, sctp = 132 };  // ip: fwmark services only

}  // namespace lvx::model
