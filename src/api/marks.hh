// Which packets carry a firewall mark, and which of netfilter's rules are not followed, as they are told on the socket.
//
//   GET /v1/marks    where rules are not watched, they are looked at first, and the answer waits for that
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lvx::api {

inline constexpr std::uint64_t marks_wait_s = 15;  // below the time-out of a request; tools have 5 s each

struct MarkSnapshot {
    std::uint32_t mark = 0;
    std::string family, protocol;  // "inet", "inet6"; "tcp", "udp"
    std::string address;
    std::uint32_t first_port = 0, last_port = 0;  // both 0: any
    std::string source;            // "lvx.conf:12", "nft ip mangle prerouting handle 4", "iptables mangle PREROUTING rule 3"
    std::string service;           // "fwmark/7"; "": there is none of this mark
    bool operator==(const MarkSnapshot&) const = default;
};

struct UnfollowedSnapshot {
    std::string rule, reason;  // reason: "depends on source address"
    bool operator==(const UnfollowedSnapshot&) const = default;
};

// A program that prints netfilter's rules.
struct MarkToolSnapshot {
    std::string program, state;  // "nft"; "read", "not installed", "no tables", or what is wrong
    bool failed = false;
    bool operator==(const MarkToolSnapshot&) const = default;
};

struct MarksSnapshot {
    bool watched = false;          // a service of a mark exists: rules are followed as they change
    std::string no_notices;        // why the kernel tells no changes; "": it does, or nobody asked it
    std::vector<MarkSnapshot> members;
    std::vector<UnfollowedSnapshot> not_followed;
    std::uint64_t not_named = 0;     // further rules that are not followed
    std::uint64_t beyond_limit = 0;  // members that there is no room for
    std::vector<MarkToolSnapshot> tools;
    bool operator==(const MarksSnapshot&) const = default;
};

class MarksDesk {
 public:
    virtual ~MarksDesk() = default;

    [[nodiscard]] virtual MarksSnapshot marks() const = 0;
    // Whether marks() tells what is; if not, a look begins, and there is news when it ended.
    [[nodiscard]] virtual bool looked() = 0;
    // On a reload: rules of which no notice comes are looked at, too.
    virtual void look_again() = 0;
};

}  // namespace lvx::api
