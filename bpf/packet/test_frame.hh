// What the tests of this folder share: addresses, a frame whose heap block ends with it, and its cursor.
#pragma once

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "bpf/packet/packet.h"
#include "tests/support/packet_builder.hh"

namespace lvx::packet {

inline Address ip(std::string_view text) { return Address::parse(text).value(); }

inline address abi_address(std::string_view text) {
    address result = {};
    std::memcpy(result.bytes, ip(text).mapped().data(), 16);
    return result;
}

inline __be16 wire_port(Port port) { return WIRE16(port); }

// One byte too far is seen by AddressSanitizer.
class Block {
 public:
    explicit Block(const test::Bytes& bytes) : bytes_(new __u8[bytes.size()]), size_(bytes.size()) {
        std::copy(bytes.begin(), bytes.end(), bytes_.get());
    }
    [[nodiscard]] cursor whole() {
        return {bytes_.get(), bytes_.get() + size_, static_cast<__u32>(size_), 0};
    }
    // As at tc: only so many bytes can be touched.
    [[nodiscard]] cursor linear(std::size_t bytes) {
        return {bytes_.get(), bytes_.get() + bytes, static_cast<__u32>(size_), 0};
    }
    [[nodiscard]] test::Bytes bytes() const { return {bytes_.get(), bytes_.get() + size_}; }

 private:
    std::unique_ptr<__u8[]> bytes_;
    std::size_t size_;
};

struct Parsed {
    int result = 0;
    struct frame frame = {};
};

inline Parsed parse(Block& block) {
    const cursor cursor = block.whole();
    Parsed parsed;
    parsed.result = parse_frame(&cursor, &parsed.frame);
    return parsed;
}

inline Parsed parse(const test::Bytes& bytes) {
    Block block(bytes);
    return parse(block);  // only for the values: the block is gone, so the pointers dangle
}

inline test::Packet v4_packet() {
    return {.source = ip("192.168.88.21"), .destination = ip("192.168.88.23")};
}

inline test::Packet v6_packet() { return {.source = ip("2001:db8::21"), .destination = ip("2001:db8::23")}; }

}  // namespace lvx::packet
