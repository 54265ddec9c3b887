// heartbeat's three files as values.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/convert/text.hh"

namespace lvx::config::convert {

// A medium heartbeats go over.
struct Medium {
    enum class Kind : std::uint8_t { broadcast, multicast, unicast } kind = Kind::broadcast;
    std::string interface;
    std::optional<Address> peer;   // of unicast
    Place place;
};

struct HaCf {
    std::vector<Piece> nodes;
    std::vector<Medium> media;     // in order; the same interface once
    std::optional<std::chrono::microseconds> keepalive, deadtime, initdead;
    std::optional<bool> auto_failback;
    Place dead_place;
    std::vector<Piece> ping;       // addresses of ping nodes
};
[[nodiscard]] HaCf read_ha_cf(const Sources& sources, FileNumber file, Notes& notes);

struct Resource {
    std::string script;                 // "IPaddr", "ldirectord"
    std::vector<std::string> arguments; // between "::"
    Place place;
};
struct ResourceGroup {
    Piece node;
    std::vector<Resource> resources;
};
// Lines that end in a backslash go on with the next one.
[[nodiscard]] std::vector<ResourceGroup> read_haresources(const Sources& sources, FileNumber file, Notes& notes);

// The key in use; empty where it is crc, or where there is none.
struct AuthKey {
    std::string secret;
    Place place;
};
[[nodiscard]] AuthKey read_authkeys(const Sources& sources, FileNumber file, Notes& notes);

}  // namespace lvx::config::convert
