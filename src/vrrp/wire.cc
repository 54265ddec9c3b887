#include "vrrp/wire.hh"

#include <algorithm>
#include <string_view>

namespace lvx::vrrp {

namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::uint8_t advertisement = 1;  // the only type
constexpr std::size_t checksum_offset = 6;

std::size_t address_bytes(Family family) { return family == Family::v4 ? 4 : 16; }

Bytes wire_bytes(const Address& address) { return std::span(address.mapped()).last(address_bytes(address.family())); }

// Sum of 16-bit words, the last byte padded with zero (RFC 1071); carries are folded at the end.
std::uint64_t add_words(std::uint64_t sum, Bytes bytes) {
    for (std::size_t i = 0; i < bytes.size(); i += 2)
        sum += static_cast<std::uint64_t>(bytes[i]) << 8 | (i + 1 < bytes.size() ? bytes[i + 1] : 0);
    return sum;
}

std::uint16_t folded(std::uint64_t sum) {
    while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

std::uint64_t pseudo_header(const Route& route, std::size_t length) {
    return add_words(add_words(ip_protocol + length, wire_bytes(route.source)), wire_bytes(route.destination));
}

// Over bytes whose checksum field counts: 0 when it is right.
std::uint16_t checksum(Bytes bytes, const Route& route, std::uint8_t version, ChecksumForm form) {
    const bool pseudo = !route.source.is_v4() || (version == 3 && form != ChecksumForm::plain);
    return folded(add_words(pseudo ? pseudo_header(route, bytes.size()) : 0, bytes));
}

std::size_t length_of(std::uint8_t version, std::size_t addresses, Family family) {
    return header_bytes + addresses * address_bytes(family) + (version == 2 ? password_bytes : 0);
}

Address address_at(Bytes bytes, Family family) {
    if (family == Family::v4)
        return Address::v4(std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 | bytes[3]);
    std::array<std::uint8_t, 16> raw;
    std::ranges::copy(bytes.first(16), raw.begin());
    return Address::v6(raw);
}

bool is_group(const Address& address) {
    return address.is_v4() ? address.v4_value() >> 28 == 0xe : address.mapped()[0] == 0xff;
}

std::uint16_t interval_at(Bytes bytes, std::uint8_t version) {
    return version == 2 ? bytes[5] : static_cast<std::uint16_t>((bytes[4] & 0x0f) << 8 | bytes[5]);
}

Advert read_advert(Bytes bytes, Family family) {
    const std::uint8_t version = bytes[0] >> 4;
    Advert advert{.version = version, .vrid = bytes[1], .priority = bytes[2], .interval = interval_at(bytes, version)};
    const std::size_t count = bytes[3];
    for (std::size_t i = 0; i < count; ++i)
        advert.addresses.push_back(address_at(bytes.subspan(header_bytes + i * address_bytes(family)), family));
    if (version != 2) return advert;
    advert.auth = static_cast<model::VrrpAuth>(bytes[4]);
    std::ranges::copy(bytes.subspan(header_bytes + count * address_bytes(family), password_bytes), advert.password.begin());
    return advert;
}

const model::UnicastPeer* peer_of(const Expected& expected, const Address& source) {
    const auto found = std::ranges::find(expected.peers, source, &model::UnicastPeer::address);
    return found == expected.peers.end() ? nullptr : &*found;
}

std::optional<Refusal> check_ttl(const Datagram& datagram, const Expected& expected) {
    if (datagram.ttl < 0) return std::nullopt;
    if (!expected.unicast) return datagram.ttl == required_ttl ? std::nullopt : std::optional(Refusal::wrong_ttl);
    const model::UnicastPeer* peer = peer_of(expected, datagram.route.source);
    if (peer == nullptr) return std::nullopt;
    const bool inside = datagram.ttl >= peer->min_ttl.value_or(0) && datagram.ttl <= peer->max_ttl.value_or(255);
    return inside ? std::nullopt : std::optional(Refusal::ttl_out_of_range);
}

std::optional<Refusal> check_authentication(const Advert& advert, const Expected& expected) {
    if (advert.version != 2) return std::nullopt;
    if (advert.auth > model::VrrpAuth::header) return Refusal::unknown_auth_type;
    if (advert.auth != expected.auth) return Refusal::wrong_auth_type;
    if (advert.auth == model::VrrpAuth::password && advert.password != expected.password) return Refusal::wrong_password;
    return std::nullopt;
}

std::optional<Refusal> check_destination(const Datagram& datagram, const Expected& expected) {
    const bool to_group = is_group(datagram.route.destination);
    if (expected.unicast && to_group) return Refusal::unicast_expected;
    if (!expected.unicast && !to_group) return Refusal::multicast_expected;
    const bool unknown = expected.unicast && expected.check_source && peer_of(expected, datagram.route.source) == nullptr;
    return unknown ? std::optional(Refusal::unknown_source) : std::nullopt;
}

std::optional<ChecksumForm> form_of(Bytes bytes, const Route& route, std::uint8_t version, const Expected& expected) {
    for (const ChecksumForm form : {ChecksumForm::with_pseudo_header, ChecksumForm::plain})
        if (checksum(bytes, route, version, form) == 0) return form;
    const bool may_be_old = version == 3 && expected.unicast && expected.old_unicast && route.source.is_v4();
    const Route as_group{route.source, expected.group.value_or(group_v4)};
    if (may_be_old && checksum(bytes, as_group, version, ChecksumForm::old_unicast) == 0) return ChecksumForm::old_unicast;
    return std::nullopt;
}

// 28 bytes after the advert that begin like a trailer; anything else behind an advert is Ethernet's padding.
Bytes trailer_of(Bytes rest) {
    if (rest.size() < trailer_bytes || rest[0] != 1 || rest[2] != 0 || rest[3] != 0) return {};
    return rest.first(trailer_bytes);
}

bool differs(const Advert& advert, const Expected& expected) {
    if (expected.skip_address_check) return false;
    return !std::ranges::is_permutation(advert.addresses, expected.addresses);
}

}  // namespace

std::vector<std::uint8_t> encode(const Advert& advert, const Route& route, ChecksumForm form) {
    const Family family = route.source.family();
    std::vector<std::uint8_t> bytes = {static_cast<std::uint8_t>(advert.version << 4 | advertisement), advert.vrid, advert.priority,
                                       static_cast<std::uint8_t>(advert.addresses.size())};
    const std::uint8_t high = advert.version == 2 ? static_cast<std::uint8_t>(advert.auth) : advert.interval >> 8 & 0x0f;
    bytes.insert(bytes.end(), {high, static_cast<std::uint8_t>(advert.interval), 0, 0});
    bytes.reserve(length_of(advert.version, advert.addresses.size(), family));
    for (const Address& address : advert.addresses) std::ranges::copy(wire_bytes(address), std::back_inserter(bytes));
    if (advert.version == 2) std::ranges::copy(advert.password, std::back_inserter(bytes));
    const std::uint16_t sum = checksum(bytes, route, advert.version, form);
    bytes[checksum_offset] = static_cast<std::uint8_t>(sum >> 8);
    bytes[checksum_offset + 1] = static_cast<std::uint8_t>(sum);
    return bytes;
}

std::string_view name_of(Refusal refusal) {
    static constexpr std::string_view names[] = {
#define X(name, counter, sentence) #name,
#include "vrrp/refusals.def"
#undef X
    };
    return names[static_cast<std::size_t>(refusal)];
}

std::string_view sentence_of(Refusal refusal) {
    static constexpr std::string_view sentences[] = {
#define X(name, counter, sentence) sentence,
#include "vrrp/refusals.def"
#undef X
    };
    return sentences[static_cast<std::size_t>(refusal)];
}

std::optional<Label> label_of(Bytes bytes) {
    if (bytes.size() < header_bytes) return std::nullopt;
    return Label{.version = static_cast<std::uint8_t>(bytes[0] >> 4), .vrid = bytes[1]};
}

std::variant<Received, Refusal> receive(const Datagram& datagram, const Expected& expected) {
    const Bytes bytes = datagram.bytes;
    if (bytes.size() < header_bytes) return Refusal::too_short;
    if (const auto refused = check_ttl(datagram, expected)) return *refused;
    const std::uint8_t version = bytes[0] >> 4;
    if (version != expected.version) return Refusal::wrong_version;
    const std::size_t length = length_of(version, bytes[3], expected.family);
    if (bytes.size() < length) return Refusal::wrong_length;
    if (bytes[1] != expected.vrid) return Refusal::unknown_vrid;
    Received received{.advert = read_advert(bytes, expected.family), .trailer = trailer_of(bytes.subspan(length))};
    if (!expected.sealed) received.trailer = {};
    if (const auto refused = check_authentication(received.advert, expected)) return *refused;
    if (version == 2 && received.advert.interval != expected.interval) return Refusal::wrong_interval;
    if ((bytes[0] & 0x0f) != advertisement) return Refusal::wrong_type;
    const std::optional<ChecksumForm> form = form_of(bytes.first(length), datagram.route, version, expected);
    if (!form) return Refusal::wrong_checksum;
    if (const auto refused = check_destination(datagram, expected)) return *refused;
    received.form = *form;
    received.other_addresses = differs(received.advert, expected);
    return received;
}

}  // namespace lvx::vrrp
