// Answers that are one datagram: DNS (RFC 1035), ICMP echo, UDP patterns.  Pure; questions are built here, too.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/address.hh"
#include "model/watch.hh"

namespace lvx::health {

// A recursive question of class IN; nothing when the name is none.
[[nodiscard]] std::optional<std::string> dns_question(const model::DnsCheck& check, std::uint16_t id);

// A judgement of one datagram: ours and good, ours and bad, or somebody else's (wait on).
struct Judgement {
    enum class Kind : std::uint8_t { good, bad, foreign } kind = Kind::foreign;
    std::string reason = {};
    bool operator==(const Judgement&) const = default;
};

// keepalived's rule: same id, an answer, rcode 0; how many records it has does not count.
[[nodiscard]] Judgement judge_dns(std::string_view datagram, std::uint16_t id);

inline constexpr std::size_t echo_payload = 128;
[[nodiscard]] std::string echo_request(Family family, std::uint16_t id, std::uint16_t sequence);
// With the IP header of a raw IPv4 socket or without.  A datagram socket gives its own id to the request, so that only
// `raw` answers are compared by it; sequence and payload always are.
enum class EchoSocket : std::uint8_t { datagram, raw };
[[nodiscard]] Judgement judge_echo(std::string_view datagram, Family family, EchoSocket socket, std::uint16_t id, std::uint16_t sequence);

[[nodiscard]] std::string udp_payload(const model::UdpCheck& check);
[[nodiscard]] Judgement judge_udp(std::string_view datagram, const model::UdpCheck& check);

}  // namespace lvx::health
