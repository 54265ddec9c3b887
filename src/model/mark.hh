// Which packets carry a firewall mark, as far as a director that stands before netfilter can know: by destination.
// Members come from two places, the files (`fwmark_packets`) and the rules of netfilter that mark (src/marks); a
// service of a mark (ServiceKey::fwmark) takes the packets of all members of its mark and its family.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/address.hh"
#include "model/protocol.hh"

namespace lvx::model {

// Bound of all members together; each is a row of the data plane's `services` for each of its ports, or one for any port.
inline constexpr std::size_t MARK_MEMBER_LIMIT = 4096;

struct MarkMember {
    std::uint32_t mark = 0;             // never 0
    Protocol protocol = Protocol::tcp;  // tcp or udp
    Address address;
    Port first_port = 0;  // 0 with last_port 0: any port
    Port last_port = 0;
    std::string source;  // for people: "lvx.conf:12", "nft ip mangle prerouting handle 4"
    bool operator==(const MarkMember&) const = default;
};

using MarkMembers = std::vector<MarkMember>;

[[nodiscard]] std::string text(const MarkMember& member);  // "tcp 192.0.2.1:8000-8010 of mark 7 (lvx.conf:12)"

}  // namespace lvx::model
