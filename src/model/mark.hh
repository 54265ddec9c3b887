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

// Bounds of all members together, and of the rows of the data plane's `services` that they need: one for each port, or one
// for any port.
inline constexpr std::size_t MARK_MEMBER_LIMIT = 4096;
inline constexpr std::size_t MARK_ROW_LIMIT = 4096;

struct MarkMember {
    std::uint32_t mark = 0;             // 0: an exception, packets of a wider member that no rule marks
    Protocol protocol = Protocol::tcp;  // tcp or udp
    Address address;
    Port first_port = 0;  // 0 with last_port 0: any port
    Port last_port = 0;
    std::string source;  // for people: "lvx.conf:12", "nft ip mangle prerouting handle 4"
    bool operator==(const MarkMember&) const = default;
};

using MarkMembers = std::vector<MarkMember>;

// Of every port, said so or by a range of all of them.
[[nodiscard]] inline bool is_any_port(const MarkMember& member) { return member.first_port <= 1 && (member.last_port == 0 || member.last_port == 65535); }
[[nodiscard]] inline std::size_t rows_of(const MarkMember& member) {
    return is_any_port(member) ? 1 : static_cast<std::size_t>(member.last_port - member.first_port) + 1;
}

[[nodiscard]] std::string text(const MarkMember& member);  // "tcp 192.0.2.1:8000-8010 of mark 7 (lvx.conf:12)"

}  // namespace lvx::model
