// Where checks that go through a virtual service begin (check_through): a network namespace of our own, joined to the
// director by a veth pair whose end here carries lvx's hook.  What the director itself sends passes no hook; what comes
// out of this pair is met like a client's packets.
//
//   namespace, without a name          the director
//     check  169.254.77.2/31 ───────── 169.254.77.3/31  lvx-check (tc ingress)
//     default route by .3
//
// The namespace lives as long as somebody holds its descriptor: it and the pair end with the daemon, however that ends.
#pragma once

#include <string>
#include <vector>

#include "base/fd.hh"
#include "base/result.hh"
#include "net/world.hh"

namespace lvx::daemon {

struct CheckSpace {
    Fd network_namespace;
    std::string interface;      // the director's end
    std::uint32_t ifindex = 0;  // of it
    net::Mac station{};         // of the end inside
    std::vector<Address> clients;  // the addresses inside, one a family
};

// The director's end for this instance: two of them may share a director's network.
[[nodiscard]] std::string check_interface(const std::string& instance);
// The pair's other address: all bits but the last.
[[nodiscard]] Address check_gateway(const Address& client);

[[nodiscard]] Result<CheckSpace> make_check_space(const std::string& interface, const std::vector<Address>& clients);

}  // namespace lvx::daemon
