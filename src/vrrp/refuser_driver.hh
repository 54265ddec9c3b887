// no_accept: packets to virtual addresses that the director does not own, and that no service takes, are dropped.  A table
// of nf_tables ("lvx_no_accept") that is replaced as a whole by one transaction; neighbour discovery passes.
#pragma once

#include <set>

#include "base/address.hh"
#include "base/result.hh"

namespace lvx::vrrp {

inline constexpr std::size_t refused_limit = 4096;  // addresses; beyond, the change is refused

// None: the table goes.
[[nodiscard]] Result<void> refuse_packets_to(const std::set<Address>& addresses);

}  // namespace lvx::vrrp
