#include "vrrp/header_auth.hh"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>

namespace lvx::vrrp {

namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::size_t ip_bytes = 20, authenticator_bytes = 12, authenticator_at = 12, sequence_at = 8, spi_at = 4;
constexpr std::uint8_t payload_length = 4;  // of the header, in words of 4 bytes less 2
constexpr std::size_t tos_at = 1, fragment_at = 6, ttl_at = 8, checksum_at = 10, source_at = 12, destination_at = 16;

void put(std::vector<std::uint8_t>& bytes, std::size_t at, std::uint32_t value) {
    for (std::size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
}

std::uint32_t word_at(Bytes bytes, std::size_t at) {
    return std::uint32_t{bytes[at]} << 24 | std::uint32_t{bytes[at + 1]} << 16 | std::uint32_t{bytes[at + 2]} << 8 | bytes[at + 3];
}

std::array<std::uint8_t, authenticator_bytes> authenticator(Bytes packet, std::size_t header, const HeaderAuth& auth) {
    std::vector<std::uint8_t> input(packet.begin(), packet.end());
    input[tos_at] = input[fragment_at] = input[fragment_at + 1] = input[checksum_at] = input[checksum_at + 1] = 0;
    if (auth.delivery == Delivery::unicast) input[ttl_at] = 0;
    std::fill_n(input.begin() + static_cast<std::ptrdiff_t>(header + authenticator_at), authenticator_bytes, std::uint8_t{0});
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
    unsigned length = 0;
    HMAC(EVP_md5(), auth.key.data(), static_cast<int>(auth.key.size()), input.data(), input.size(), digest.data(), &length);
    std::array<std::uint8_t, authenticator_bytes> first;
    std::copy_n(digest.begin(), first.size(), first.begin());
    return first;
}

}  // namespace

std::vector<std::uint8_t> authenticated(Bytes advert, const Route& route, std::uint8_t ttl, std::uint16_t identification,
                                        std::uint32_t sequence, const HeaderAuth& auth) {
    std::vector<std::uint8_t> packet(ip_bytes + ah_bytes);
    packet.insert(packet.end(), advert.begin(), advert.end());
    packet[0] = 0x45;
    packet[tos_at] = traffic_class;
    packet[2] = static_cast<std::uint8_t>(packet.size() >> 8);
    packet[3] = static_cast<std::uint8_t>(packet.size());
    packet[4] = static_cast<std::uint8_t>(identification >> 8);
    packet[5] = static_cast<std::uint8_t>(identification);
    packet[ttl_at] = ttl;
    packet[9] = ah_protocol;
    put(packet, source_at, route.source.v4_value());
    put(packet, destination_at, route.destination.v4_value());
    packet[ip_bytes] = ip_protocol;
    packet[ip_bytes + 1] = payload_length;
    put(packet, ip_bytes + spi_at, route.source.v4_value());
    put(packet, ip_bytes + sequence_at, sequence);
    std::ranges::copy(authenticator(packet, ip_bytes, auth), packet.begin() + ip_bytes + authenticator_at);
    return packet;
}

std::optional<Refusal> check_header(Bytes packet, const HeaderAuth& auth, std::uint32_t& last) {
    if (packet.size() < ip_bytes) return Refusal::too_short;
    const std::size_t header = static_cast<std::size_t>(packet[0] & 0x0f) * 4;
    if (header < ip_bytes || packet.size() < header + ah_bytes + header_bytes) return Refusal::too_short;
    if (packet[header] != ip_protocol || packet[header + 1] != payload_length) return Refusal::wrong_header;
    // Ethernet's padding is not summed.
    const std::size_t total = static_cast<std::size_t>(packet[2] << 8 | packet[3]);
    if (total < header + ah_bytes || total > packet.size()) return Refusal::too_short;
    packet = packet.first(total);
    const auto sum = authenticator(packet, header, auth);
    if (CRYPTO_memcmp(sum.data(), packet.data() + header + authenticator_at, sum.size()) != 0) return Refusal::wrong_header;
    if (word_at(packet, header + spi_at) != word_at(packet, source_at)) return Refusal::wrong_header;
    const std::uint32_t sequence = word_at(packet, header + sequence_at);
    if (sequence <= last) return Refusal::stale_header;
    last = sequence;
    return std::nullopt;
}

}  // namespace lvx::vrrp
