// The classic LVS-NAT laboratory, over both families on the same wires:
//
//   client                       director                       server1  10.0.0.2  fd00::2
//   192.168.88.21 ───── 192.168.88.23   10.0.0.1 ── switch ──── server2  10.0.0.3  fd00::3
//   fd88::21                 fd88::23   fd00::1                 server3  10.0.0.4  fd00::4
//
// The servers' default gateway is the director: replies go back through it.
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
[[nodiscard]] Address client_v4();
[[nodiscard]] Address virtual_v4();  // 192.168.88.23
[[nodiscard]] Address virtual_v6();  // fd88::23
[[nodiscard]] std::vector<RealServer> servers();
// What the server's index.html says: "server1 (10.0.0.2)" in a line of HTML.
[[nodiscard]] std::string page(const RealServer& server);
// The words in such a page; empty when it is not one.
[[nodiscard]] std::string answerer(const std::string& page);

}  // namespace lvx::lab::classic
