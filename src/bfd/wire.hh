// BFD control packets, RFC 5880 section 4.1, both ways; pure.
//
//    0                   1                   2                   3
//   |Vers |  Diag   |Sta|P|F|C|A|D|M|  Detect Mult  |    Length     |
//   |                       My Discriminator                        |
//   |                      Your Discriminator                       |
//   |                    Desired Min TX Interval (us)               |
//   |                   Required Min RX Interval (us)               |
//   |                 Required Min Echo RX Interval (us)            |
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string_view>

namespace lvx::bfd {

inline constexpr std::size_t packet_size = 24;
inline constexpr std::uint16_t single_hop_port = 3784;  // RFC 5881 section 4
inline constexpr std::uint16_t multihop_port = 4784;    // RFC 5883 section 5
inline constexpr std::uint16_t first_source_port = 49152;
inline constexpr std::uint8_t version = 1;

enum class State : std::uint8_t { admin_down = 0, down = 1, init = 2, up = 3 };

enum class Diagnostic : std::uint8_t {
    none = 0, detection_time_expired = 1, echo_failed = 2, neighbour_said_down = 3, forwarding_reset = 4,
    path_down = 5, concatenated_path_down = 6, administratively_down = 7, reverse_concatenated_path_down = 8,
};

struct Packet {
    Diagnostic diagnostic = Diagnostic::none;
    State state = State::down;
    bool poll = false, final = false, control_plane_independent = false;
    bool authentication = false, demand = false;
    std::uint8_t multiplier = 0;
    std::uint32_t my_discriminator = 0, your_discriminator = 0;
    std::uint32_t desired_min_tx_us = 0, required_min_rx_us = 0, required_min_echo_rx_us = 0;
    bool operator==(const Packet&) const = default;
};

enum class Malformed : std::uint8_t {
    too_short, version, length, multiplier, multipoint, my_discriminator, your_discriminator, poll_and_final, authentication
};

[[nodiscard]] std::string_view sentence(Malformed reason);
[[nodiscard]] std::string_view word(State state);           // "Up", "AdminDown"
[[nodiscard]] std::string_view sentence(Diagnostic diagnostic);

// Everything that section 6.8.6 checks before a session is looked for.  Authentication is refused: no session has it.
[[nodiscard]] std::expected<Packet, Malformed> parse(std::span<const std::uint8_t> bytes);
[[nodiscard]] std::array<std::uint8_t, packet_size> bytes_of(const Packet& packet);

}  // namespace lvx::bfd
