// The table of next hops: entries never change while a server names them; a changed neighbour is another entry and one
// store of its index into the servers of both configuration sets.
#pragma once

#include <array>
#include <map>
#include <set>
#include <span>

#include "dataplane/dataplane.hh"
#include "dataplane/grace.hh"
#include "dataplane/tables.hh"

namespace lvx::dataplane {

class Nexthops {
 public:
    // References outlive this object.  Takes over what servers of the active set name.
    Nexthops(const Tables& tables, const Grace& grace);

    // Servers at these addresses are reached that way from now on; without mac, or nullopt: not at all.
    void set(std::span<const ServerWay> ways);
    // Index for a server that is being written; NEXTHOP_NONE when its address is not known.
    [[nodiscard]] std::uint32_t index_of(const Address& server) const;

 private:
    using Content = std::array<std::uint8_t, sizeof(abi::nexthop)>;  // generation 0

    std::uint32_t entry_for(const abi::nexthop& entry);
    std::uint32_t free_entry();
    [[nodiscard]] std::set<std::uint32_t> named() const;
    static Content content_of(abi::nexthop entry);

    const Tables& tables_;
    const Grace& grace_;
    std::map<Address, std::uint32_t> index_;
    std::map<Content, std::uint32_t> entries_;
    std::uint32_t generation_ = 0;
};

}  // namespace lvx::dataplane
