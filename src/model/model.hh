// The cluster as an operator describes it: plain values with ==.  Nothing here knows a packet, a map or a socket.
//
// Real servers stand in the order in which they were added; IPVS's own list, which decides ties and sequences, is the
// reverse ("new servers at the head").  Editing a server keeps its place, removing and adding again moves it.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.hh"
#include "model/mark.hh"
#include "model/protocol.hh"

namespace lvx::model {

// IPVS's numbers (abi/server.h).
enum class Method : std::uint8_t { masq = 0, local = 1, tunnel = 2, route = 3 };

// What names a virtual service: protocol, address and port, or a firewall mark and a family.  Inside the data plane a
// mark together with protocol and address names those of the mark's packets that go there.
struct ServiceKey {
    Protocol protocol = Protocol::tcp;
    Address address;
    Port port = 0;
    std::uint32_t fwmark = 0;  // not 0: protocol is ip, address is the unspecified one of the family, port is 0

    [[nodiscard]] Family family() const { return address.family(); }
    [[nodiscard]] std::string text() const;  // "tcp/192.168.88.23:80", "fwmark/7", "fwmark/7/inet6"
    auto operator<=>(const ServiceKey&) const = default;
};

// The service that takes a mark's packets of a family.
[[nodiscard]] ServiceKey mark_key(std::uint32_t mark, Family family);

enum class TunnelType : std::uint8_t { ipip = 0, gue = 1, gre = 2 };
enum class TunnelChecksum : std::uint8_t { none = 0, full = 1, remote = 2 };

struct Tunnel {
    TunnelType type = TunnelType::ipip;
    Port port = 0;
    TunnelChecksum checksum = TunnelChecksum::none;
    auto operator<=>(const Tunnel&) const = default;
};

struct Server {
    Endpoint endpoint;
    Method method = Method::masq;
    std::uint32_t weight = 1;  // 0 = quiesced
    std::uint32_t upper_threshold = 0;
    std::uint32_t lower_threshold = 0;
    Tunnel tunnel;  // of Method::tunnel
    bool leaves = false;  // what lvx itself takes out, with weight 0: not even clients that keep their server come any more
    bool operator==(const Server&) const = default;
};

// IPVS's scheduler flags, same bits; sh-fallback, mh-fallback = flag_1, sh-port, mh-port = flag_2.
enum SchedulerFlag : std::uint8_t { flag_1 = 1 << 3, flag_2 = 1 << 4, flag_3 = 1 << 5 };

struct Persistence {
    std::chrono::seconds timeout{360};
    std::uint8_t prefix = 32;  // bits of the client's address that count: 32 / 128 = all
    bool operator==(const Persistence&) const = default;
};

struct Service {
    ServiceKey key;
    std::string scheduler = "wlc";  // a name of abi/scheduler.h, or "none"
    std::uint8_t scheduler_flags = 0;
    bool one_packet = false;
    std::optional<Persistence> persistence;
    std::string persistence_engine;  // "" or "sip"
    std::vector<Server> servers;     // in the order added
    bool operator==(const Service&) const = default;
};

// What "ipvsadm --set" sets.
struct Timeouts {
    std::chrono::seconds tcp{900};
    std::chrono::seconds tcp_fin{120};
    std::chrono::seconds udp{300};
    bool operator==(const Timeouts&) const = default;
};

struct Cluster {
    std::vector<Service> services;  // keys are unique
    Timeouts timeouts;
    MarkMembers marks;              // which packets carry which firewall mark; of two that name the same one, the first holds
    bool operator==(const Cluster&) const = default;

    [[nodiscard]] const Service* find(const ServiceKey& key) const;
    [[nodiscard]] Service* find(const ServiceKey& key);
};

[[nodiscard]] std::string_view protocol_name(Protocol protocol);  // "tcp"
[[nodiscard]] std::string_view method_name(Method method);        // "masq", "local", "tunnel", "route"

}  // namespace lvx::model
