// A connection as directors tell each other of it: by what names it everywhere (addresses, ports, the key of its
// service, the endpoint of its server), never by an id or a slot of one machine.  A plain value with ==.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "abi/state.h"
#include "base/address.hh"
#include "model/model.hh"

namespace lvx::sync {

using Milliseconds = std::chrono::milliseconds;

// What a packet knows of it.  A template's client port is 0; a mark template's protocol is ip and its virtual address
// the mark, as in IPVS.
struct ConnectionKey {
    std::uint8_t protocol = 6;  // IPPROTO_*; 0 for templates of firewall marks
    Endpoint client, destination;
    auto operator<=>(const ConnectionKey&) const = default;
};

struct SyncedConnection {
    ConnectionKey key;
    Endpoint server;              // where its packets go
    model::ServiceKey service;    // as configured: port 0 and marks included
    Port server_port = 0;         // of the server's identity: 0 where it takes the packet's port
    std::uint8_t state = 0;       // enum connection_state; STATE_template if and only if it is one
    bool is_template = false;
    bool assured = false;         // a template: a connection of it was established; the stream leaves that to each side's own sweep
    model::Method method = model::Method::masq;
    std::uint32_t flags = 0;      // IPVS's connection flags that have no field of their own here
    std::uint32_t fwmark = 0;     // mark of its first packet
    Milliseconds remaining{0};    // until it expires where it comes from
    Milliseconds age{0};          // since a packet last touched it there
    std::chrono::seconds timeout{0};  // full timeout of its state, 0 = the receiver's own
    std::array<std::uint8_t, 6> client_station{};  // MAC by which the client is reached, the same on the same segment; 0 = unknown
    std::string helper, helper_data;  // IPVS's persistence engine of a template, with what it found

    [[nodiscard]] Endpoint server_identity() const { return {server.address, server_port}; }
    bool operator==(const SyncedConnection&) const = default;
};

}  // namespace lvx::sync
