#include "bfd/wire.hh"

#include <array>

namespace lvx::bfd {

namespace {

// Second byte.
constexpr std::uint8_t poll_bit = 0x20, final_bit = 0x10, independent_bit = 0x08, authentication_bit = 0x04, demand_bit = 0x02, multipoint_bit = 0x01;
constexpr std::size_t smallest_with_authentication = 26;  // section 6.8.6

std::uint32_t word_at(std::span<const std::uint8_t> bytes, std::size_t at) {
    return std::uint32_t{bytes[at]} << 24 | std::uint32_t{bytes[at + 1]} << 16 | std::uint32_t{bytes[at + 2]} << 8 | bytes[at + 3];
}

void put_word(std::span<std::uint8_t> bytes, std::size_t at, std::uint32_t value) {
    for (std::size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
}

Packet fields_of(std::span<const std::uint8_t> bytes) {
    const std::uint8_t flags = bytes[1];
    return {.diagnostic = static_cast<Diagnostic>(bytes[0] & 0x1f),
            .state = static_cast<State>(flags >> 6),
            .poll = (flags & poll_bit) != 0,
            .final = (flags & final_bit) != 0,
            .control_plane_independent = (flags & independent_bit) != 0,
            .authentication = (flags & authentication_bit) != 0,
            .demand = (flags & demand_bit) != 0,
            .multiplier = bytes[2],
            .my_discriminator = word_at(bytes, 4),
            .your_discriminator = word_at(bytes, 8),
            .desired_min_tx_us = word_at(bytes, 12),
            .required_min_rx_us = word_at(bytes, 16),
            .required_min_echo_rx_us = word_at(bytes, 20)};
}

}  // namespace

// In the order of section 6.8.6.
std::expected<Packet, Malformed> parse(std::span<const std::uint8_t> bytes) {
    if (bytes.size() < packet_size) return std::unexpected(Malformed::too_short);
    if (bytes[0] >> 5 != version) return std::unexpected(Malformed::version);
    const Packet packet = fields_of(bytes);
    const std::size_t length = bytes[3];
    if (length < (packet.authentication ? smallest_with_authentication : packet_size)) return std::unexpected(Malformed::length);
    if (length > bytes.size()) return std::unexpected(Malformed::length);
    if (packet.multiplier == 0) return std::unexpected(Malformed::multiplier);
    if ((bytes[1] & multipoint_bit) != 0) return std::unexpected(Malformed::multipoint);
    if (packet.my_discriminator == 0) return std::unexpected(Malformed::my_discriminator);
    const bool may_be_new = packet.state == State::down || packet.state == State::admin_down;
    if (packet.your_discriminator == 0 && !may_be_new) return std::unexpected(Malformed::your_discriminator);
    if (packet.poll && packet.final) return std::unexpected(Malformed::poll_and_final);
    if (packet.authentication) return std::unexpected(Malformed::authentication);
    return packet;
}

std::array<std::uint8_t, packet_size> bytes_of(const Packet& packet) {
    std::array<std::uint8_t, packet_size> bytes{};
    bytes[0] = static_cast<std::uint8_t>(version << 5 | static_cast<std::uint8_t>(packet.diagnostic));
    bytes[1] = static_cast<std::uint8_t>(static_cast<std::uint8_t>(packet.state) << 6 | (packet.poll ? poll_bit : 0) |
                                         (packet.final ? final_bit : 0) | (packet.control_plane_independent ? independent_bit : 0) |
                                         (packet.authentication ? authentication_bit : 0) | (packet.demand ? demand_bit : 0));
    bytes[2] = packet.multiplier;
    bytes[3] = packet_size;
    put_word(bytes, 4, packet.my_discriminator);
    put_word(bytes, 8, packet.your_discriminator);
    put_word(bytes, 12, packet.desired_min_tx_us);
    put_word(bytes, 16, packet.required_min_rx_us);
    put_word(bytes, 20, packet.required_min_echo_rx_us);
    return bytes;
}

std::string_view sentence(Malformed reason) {
    constexpr std::array<std::string_view, 9> sentences{
        "shorter than a control packet", "not BFD version 1", "a length that cannot be", "a detection multiplier of 0",
        "the multipoint bit is set", "no discriminator of its own", "no discriminator of ours in a session that is coming up",
        "poll and final at once", "authentication, which this session does not have"};
    return sentences[static_cast<std::size_t>(reason)];
}

std::string_view word(State state) {
    constexpr std::array<std::string_view, 4> words{"AdminDown", "Down", "Init", "Up"};
    return words[static_cast<std::size_t>(state)];
}

std::string_view sentence(Diagnostic diagnostic) {
    constexpr std::array<std::string_view, 9> sentences{
        "No Diagnostic", "Control Detection Time Expired", "Echo Function Failed", "Neighbor Signaled Session Down",
        "Forwarding Plane Reset", "Path Down", "Concatenated Path Down", "Administratively Down", "Reverse Concatenated Path Down"};
    const auto number = static_cast<std::size_t>(diagnostic);
    return number < sentences.size() ? sentences[number] : "Reserved";
}

}  // namespace lvx::bfd
