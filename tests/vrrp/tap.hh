// A listener and forger on one device of a node: whole frames in, whole frames out.
#pragma once

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <span>
#include <vector>

#include "base/fd.hh"
#include "lab/lab.hh"
#include "lab/namespace.hh"
#include "segment.hh"

namespace lvx::vrrp {

struct Heard1 {
    Clock::time_point at;
    std::vector<std::uint8_t> bytes;
    [[nodiscard]] unsigned type() const { return bytes.size() < 14 ? 0u : static_cast<unsigned>(bytes[12] << 8 | bytes[13]); }
    [[nodiscard]] bool is_arp() const { return type() == ETH_P_ARP; }
    [[nodiscard]] std::string source_mac() const {
        return fmt::format("{:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", bytes[6], bytes[7], bytes[8], bytes[9], bytes[10], bytes[11]);
    }
    // Protocol of an IPv4 packet.
    [[nodiscard]] int protocol() const { return type() == ETH_P_IP && bytes.size() >= 34 ? bytes[23] : -1; }
    // Sender of an ARP, source of an IPv4 packet.
    [[nodiscard]] std::string sender() const {
        const std::size_t at_byte = is_arp() ? 28 : 26;
        return fmt::format("{}.{}.{}.{}", bytes[at_byte], bytes[at_byte + 1], bytes[at_byte + 2], bytes[at_byte + 3]);
    }
};

class Tap {
 public:
    Tap(const lab::Lab& lab, std::string_view node, const std::string& device) {
        must(lab::inside(lab.namespace_of(node), [&]() -> Result<void> {
            socket_ = Fd(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_ALL)));
            if (!socket_.valid()) return refusal("cannot listen", errno);
            sockaddr_ll at{};
            at.sll_family = AF_PACKET;
            at.sll_protocol = htons(ETH_P_ALL);
            at.sll_ifindex = static_cast<int>(::if_nametoindex(device.c_str()));
            if (::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) return refusal("cannot bind a listener", errno);
            return {};
        }));
    }

    // All that came since the tap was opened and that `wanted` says yes to.
    template <class Wanted>
    std::vector<Heard1> heard(Wanted wanted) {
        std::array<std::uint8_t, 2048> buffer;
        sockaddr_ll from{};
        socklen_t length = sizeof from;
        for (ssize_t got; (got = ::recvfrom(socket_.get(), buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&from), &length)) > 0;)
            if (from.sll_pkttype != PACKET_OUTGOING) all_.push_back({Clock::now(), {buffer.begin(), buffer.begin() + got}});
        std::vector<Heard1> result;
        for (const Heard1& one : all_)
            if (wanted(one)) result.push_back(one);
        return result;
    }

    void forge(std::span<const std::uint8_t> frame) const { ASSERT_EQ(::send(socket_.get(), frame.data(), frame.size(), 0), static_cast<ssize_t>(frame.size())); }

 private:
    Fd socket_;
    std::vector<Heard1> all_;
};

}  // namespace lvx::vrrp
