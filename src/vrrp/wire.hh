// VRRP on the wire, as pure functions: version 2 (RFC 3768) and 3 (RFC 5798, RFC 9568), IPv4 and IPv6, with PASS
// authentication, and the HMAC trailer that keepalived 2.4 appends.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-------+-------+---------------+---------------+---------------+
//   |version|type=1 |     VRID      |   priority    |   addresses   |
//   +-------+-------+---------------+---------------+---------------+
//   | v2: auth type | v2: seconds   |           checksum            |
//   | v3: 0 | centiseconds          |                               |
//   +---------------+---------------+-------------------------------+
//   |     addresses, 4 or 16 bytes each; v2: then 8 bytes of password
//   +---------------------------------------------------------------
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "base/address.hh"
#include "model/vrrp.hh"

namespace lvx::vrrp {

inline constexpr std::uint8_t ip_protocol = 112;
inline constexpr std::uint8_t required_ttl = 255;         // RFC 9568, 5.1.1.3: nobody beyond a router can forge it
inline constexpr std::uint8_t traffic_class = 0xc0;       // internetwork control
inline constexpr std::uint8_t owner_priority = 255;
inline constexpr std::uint8_t resign_priority = 0;        // "I stop": the others need not wait for silence
inline constexpr std::size_t header_bytes = 8;
inline constexpr std::size_t password_bytes = 8;
inline constexpr std::size_t trailer_bytes = 28;
inline constexpr std::size_t addresses_limit = 255;
inline constexpr std::uint16_t centiseconds_limit = 4095;
inline constexpr Address group_v4 = Address::v4(0xe0000012);                                        // 224.0.0.18
inline constexpr Address group_v6 = Address::v6({0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12});  // ff02::12

struct Advert {
    std::uint8_t version = 2;
    std::uint8_t vrid = 0;
    std::uint8_t priority = 100;
    model::VrrpAuth auth = model::VrrpAuth::none;
    std::array<char, password_bytes> password{};
    std::uint16_t interval = 1;                           // v2: seconds, v3: hundredths of a second
    std::vector<Address> addresses;
    bool operator==(const Advert&) const = default;

    [[nodiscard]] std::chrono::microseconds interval_time() const {
        return version == 2 ? std::chrono::microseconds(std::chrono::seconds(interval))
                            : std::chrono::microseconds(std::chrono::milliseconds(10 * interval));
    }
};

// Version 3 over IPv4: keepalived and RFC 5798 sum a pseudo header too; RFC 9568's text, Cisco and Juniper do not.  keepalived
// before 1.3.7 put the group into the pseudo header of unicast adverts.
enum class ChecksumForm : std::uint8_t { with_pseudo_header, plain, old_unicast };

struct Route {
    Address source, destination;
    bool operator==(const Route&) const = default;
};

// The advert's bytes, checksum included.  With old_unicast, `route` leads to the group.
[[nodiscard]] std::vector<std::uint8_t> encode(const Advert& advert, const Route& route, ChecksumForm form);

// Every reason not to believe a packet, once: X(name, keepalived's counter, sentence), in refusals.def.
enum class Refusal : std::uint8_t {
#define X(name, counter, sentence) name,
#include "vrrp/refusals.def"
#undef X
    count
};
[[nodiscard]] std::string_view name_of(Refusal refusal);
[[nodiscard]] std::string_view sentence_of(Refusal refusal);

// What came in, and how: ttl -1 = the kernel did not say.
struct Datagram {
    std::span<const std::uint8_t> bytes;                  // from the VRRP header on; may end with Ethernet padding
    Route route;
    int ttl = -1;
};

// What a virtual router accepts.  Filled from its configuration.
struct Expected {
    std::uint8_t version = 2, vrid = 0;
    Family family = Family::v4;
    bool unicast = false;
    std::optional<Address> group;                         // multicast: the destination
    std::vector<model::UnicastPeer> peers;                // unicast
    bool check_source = false;                            // only peers may speak
    model::VrrpAuth auth = model::VrrpAuth::none;
    std::array<char, password_bytes> password{};
    std::uint16_t interval = 1;                           // v2: must be equal
    std::vector<Address> addresses;                       // as we would advertise them
    bool skip_address_check = false;
    bool sealed = false;                                  // a trailer may follow the advert
    bool old_unicast = true;                              // that form of checksum is taken, too
};

struct Received {
    Advert advert;
    ChecksumForm form = ChecksumForm::with_pseudo_header;
    std::span<const std::uint8_t> trailer;                // 28 bytes, or none
    bool other_addresses = false;                         // its list differs from ours: told, not refused
};

// Checks in keepalived's order; the first that fails is the refusal.
[[nodiscard]] std::variant<Received, Refusal> receive(const Datagram& datagram, const Expected& expected);

// VRID of what may be an advert: for finding the router it is meant for.
struct Label { std::uint8_t version = 0, vrid = 0; bool operator==(const Label&) const = default; };
[[nodiscard]] std::optional<Label> label_of(std::span<const std::uint8_t> bytes);

}  // namespace lvx::vrrp
