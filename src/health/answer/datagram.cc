#include "health/answer/datagram.hh"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hh"

namespace lvx::health {
namespace {

constexpr std::size_t dns_header = 12, icmp_header = 8;

std::string big16(std::uint16_t value) { return {static_cast<char>(value >> 8), static_cast<char>(value)}; }

std::uint16_t big16_at(std::string_view text, std::size_t at) {
    return static_cast<std::uint16_t>(static_cast<std::uint8_t>(text[at]) << 8 | static_cast<std::uint8_t>(text[at + 1]));
}

Judgement bad(std::string reason) { return {Judgement::Kind::bad, std::move(reason)}; }
Judgement good(std::string reason) { return {Judgement::Kind::good, std::move(reason)}; }

// "www.example.org" -> 3www7example3org0
std::optional<std::string> dns_name(std::string_view name) {
    std::string labels;
    if (name.ends_with('.')) name.remove_suffix(1);
    if (!name.empty()) {
        for (const std::string_view label : split_at(name, '.')) {
            if (label.empty() || label.size() > 63) return std::nullopt;
            labels += static_cast<char>(label.size());
            labels += label;
        }
    }
    if (labels.size() > 254) return std::nullopt;
    return labels + '\0';
}

std::string rcode_text(std::uint8_t code) {
    constexpr std::string_view names[] = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE"};
    return code < std::size(names) ? std::string(names[code]) : fmt::format("rcode {}", code);
}

// RFC 1071.
std::uint16_t internet_checksum(std::string_view bytes) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) sum += big16_at(bytes, i);
    if (bytes.size() % 2 == 1) sum += static_cast<std::uint32_t>(static_cast<std::uint8_t>(bytes.back())) << 8;
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

std::string echo_bytes() {
    std::string payload(echo_payload, '\0');
    for (std::size_t i = 0; i < payload.size(); ++i) payload[i] = static_cast<char>(i);
    return payload;
}

}  // namespace

std::optional<std::string> dns_question(const model::DnsCheck& check, std::uint16_t id) {
    const auto name = dns_name(check.name);
    if (!name) return std::nullopt;
    const std::string counts = big16(1) + big16(0) + big16(0) + big16(0);
    return big16(id) + big16(0x0100) + counts + *name + big16(static_cast<std::uint16_t>(check.type)) + big16(1);
}

Judgement judge_dns(std::string_view datagram, std::uint16_t id) {
    if (datagram.size() < 2 || big16_at(datagram, 0) != id) return {};
    if (datagram.size() < dns_header) return bad(fmt::format("{} bytes, shorter than a DNS header", datagram.size()));
    const std::uint16_t flags = big16_at(datagram, 2);
    if ((flags & 0x8000) == 0) return bad("a question in place of an answer");
    const auto rcode = static_cast<std::uint8_t>(flags & 0xf);
    if (rcode != 0) return bad(fmt::format("{}, wanted NOERROR", rcode_text(rcode)));
    return good(fmt::format("NOERROR, {} answers", big16_at(datagram, 6)));
}

// The kernel fills in the checksum of ICMPv6 and of datagram sockets; a raw IPv4 socket sends ours.
std::string echo_request(Family family, std::uint16_t id, std::uint16_t sequence) {
    std::string request(1, family == Family::v4 ? '\x08' : '\x80');
    request += std::string(3, '\0') + big16(id) + big16(sequence) + echo_bytes();
    if (family == Family::v4) request.replace(2, 2, big16(internet_checksum(request)));
    return request;
}

Judgement judge_echo(std::string_view datagram, Family family, EchoSocket socket, std::uint16_t id, std::uint16_t sequence) {
    if (family == Family::v4 && socket == EchoSocket::raw) {
        if (datagram.empty()) return {};
        const std::size_t header = (static_cast<std::uint8_t>(datagram[0]) & 0xfU) * 4;
        if (datagram.size() < header) return {};
        datagram.remove_prefix(header);
    }
    if (datagram.size() < icmp_header || datagram[0] != (family == Family::v4 ? '\0' : '\x81')) return {};
    if (socket == EchoSocket::raw && big16_at(datagram, 4) != id) return {};
    if (big16_at(datagram, 6) != sequence) return {};
    if (datagram.substr(icmp_header) != echo_bytes()) return bad("an echo of other bytes");
    return good("echo reply");
}

std::string udp_payload(const model::UdpCheck& check) {
    if (!check.payload.empty()) return {check.payload.begin(), check.payload.end()};
    return "lvx: is this real server alive?\n";
}

Judgement judge_udp(std::string_view datagram, const model::UdpCheck& check) {
    if (datagram.size() < check.min_reply_length || datagram.size() > check.max_reply_length) {
        return bad(fmt::format("{} bytes, wanted {} to {}", datagram.size(), check.min_reply_length, check.max_reply_length));
    }
    if (datagram.size() < check.reply.size()) return bad(fmt::format("{} bytes, shorter than the pattern", datagram.size()));
    for (std::size_t i = 0; i < check.reply.size(); ++i) {
        const std::uint8_t mask = i < check.reply_mask.size() ? check.reply_mask[i] : 0xff;
        if ((static_cast<std::uint8_t>(datagram[i]) & mask) != check.reply[i]) return bad(fmt::format("byte {} is not as wanted", i));
    }
    return good(fmt::format("{} bytes as wanted", datagram.size()));
}

}  // namespace lvx::health
