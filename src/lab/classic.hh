// The classic LVS-NAT laboratory, over both families on the same wires:
//
//   client                       director                       server1  10.0.0.2  fd00::2
//   192.168.88.21 ───── 192.168.88.23   10.0.0.1 ── switch ──── server2  10.0.0.3  fd00::3
//   fd88::21                 fd88::23   fd00::1                 server3  10.0.0.4  fd00::4
//
// The servers' default gateway is the director: replies go back through it.
//
// And the same with two directors, of which one has 192.168.88.23 and 10.0.0.1:
//
//   client ── outside ──┬── 192.168.88.11  director1  10.0.0.11 ──┬── inside ── server1, server2, server3
//                       └── 192.168.88.12  director2  10.0.0.12 ──┘
#pragma once

#include <string>
#include <vector>

#include "lab/topology.hh"

namespace lvx::lab::classic {

struct RealServer {
    std::string node;
    Address v4, v6;
};

[[nodiscard]] Topology topology(Offload offload);
[[nodiscard]] Topology pair_topology(Offload offload);
[[nodiscard]] Address virtual_v4();  // 192.168.88.23
[[nodiscard]] Address virtual_v6();  // fd88::23
[[nodiscard]] Address gateway_v4();  // 10.0.0.1
// "director1", "director2" of a pair, and their own addresses on the servers' side.
inline constexpr int director_count = 2;
[[nodiscard]] std::string director_name(int number);
[[nodiscard]] Address director_inside(int number);
[[nodiscard]] std::vector<RealServer> servers();
// What the server's index.html says: "server1 (10.0.0.2)" in a line of HTML.
[[nodiscard]] std::string page(const RealServer& server);
// The words in such a page; empty when it is not one.
[[nodiscard]] std::string answerer(const std::string& page);

}  // namespace lvx::lab::classic
