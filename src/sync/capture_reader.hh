// UDP payloads of a pcap file, for tests that compare with what a kernel sent.
#pragma once

#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace lvx::sync {

using Payload = std::vector<std::uint8_t>;

// Ethernet frames with IPv4 or IPv6 without options; empty when the file cannot be read.
inline std::vector<Payload> payloads_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    constexpr std::size_t file_header = 24, record_header = 16, ethernet = 14, udp = 8;
    std::vector<Payload> result;
    for (std::size_t at = file_header; at + record_header <= bytes.size();) {
        std::uint32_t length = 0;
        std::memcpy(&length, &bytes[at + 8], sizeof length);
        const bool v6 = bytes[at + record_header + ethernet] >> 4 == 6;
        const std::size_t begin = at + record_header + ethernet + (v6 ? 40 : 20) + udp;
        at += record_header + length;
        if (at > bytes.size() || begin > at) return result;
        result.emplace_back(bytes.begin() + static_cast<std::ptrdiff_t>(begin), bytes.begin() + static_cast<std::ptrdiff_t>(at));
    }
    return result;
}

}  // namespace lvx::sync
