// Lines of virtual_ipaddress, virtual_ipaddress_excluded and static_ipaddress: one address and how it is put on its
// interface.
//
//   192.0.2.10/24 brd + dev eth0 scope global label eth0:1
//   2001:db8::10/64 nodad preferred_lft 3600
#pragma once

#include <optional>

#include "config/keepalived/reading.hh"

namespace lvx::config::keepalived {

enum class AddressUse : std::uint8_t { virtual_address, static_address };

// Nothing where the address itself cannot be read; other mistakes are reported and left out.
[[nodiscard]] std::optional<model::InterfaceAddress> read_address_line(const Statement& line, AddressUse use,
                                                                       Reading& reading);

}  // namespace lvx::config::keepalived
