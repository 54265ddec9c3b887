// Which packets the services of firewall marks take.  IPVS asks a packet's mark before its address: so a mark that has a
// service wins over every service of the address, and a member of any port over one of an exact port.  Of two members
// that name the same packet the first holds; that its mark has no service gives the packet to no other mark.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/result.hh"
#include "model/model.hh"

namespace lvx::plan {

class MarkedPackets {
 public:
    // ENOSPC: ranges of more ports than MARK_ROW_LIMIT.
    [[nodiscard]] static Result<MarkedPackets> of(const model::Cluster& cluster);

    // The rows that members need, for marks that have a service: mark, protocol, address and port (0: any) of each.
    [[nodiscard]] std::vector<model::ServiceKey> rows() const;
    // The row that takes packets to `key`, which has protocol, address and port; nothing: no service of a mark does.
    [[nodiscard]] std::optional<model::ServiceKey> row_of(const model::ServiceKey& key) const;
    // Ports that carry a mark of no service on an address whose other ports have one that has.
    [[nodiscard]] std::vector<model::ServiceKey> holes() const;

 private:
    using Destination = std::pair<model::Protocol, Address>;
    struct Claims {
        std::map<Port, std::uint32_t> exact;
        std::optional<std::uint32_t> any;
    };

    void claim(const model::MarkMember& member);
    [[nodiscard]] bool is_served(std::uint32_t mark, const Address& address) const;

    std::set<model::ServiceKey> served_;
    std::map<Destination, Claims> claims_;
};

// Where members come from does not count.
[[nodiscard]] bool same_packets(const model::MarkMember& a, const model::MarkMember& b);

// Of a row that is a member's: the service of its mark.
[[nodiscard]] inline bool is_member(const model::ServiceKey& key) { return key.fwmark != 0 && key.protocol != model::Protocol::ip; }
[[nodiscard]] inline model::ServiceKey leader_of(const model::ServiceKey& key) { return model::mark_key(key.fwmark, key.family()); }

}  // namespace lvx::plan
