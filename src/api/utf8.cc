#include "api/utf8.hh"

#include <cstdint>

namespace lvx::api {

namespace {

constexpr std::string_view replacement = "\uFFFD";

struct Lead {
    std::size_t length = 0;                    // bytes of the sequence; 0: no lead byte
    std::uint8_t low = 0x80, high = 0xbf;      // of the second byte: excludes overlong forms, surrogates, above U+10FFFF
};

Lead lead_of(std::uint8_t byte) {
    if (byte < 0x80) return {1};
    if (byte >= 0xc2 && byte <= 0xdf) return {2};
    if (byte == 0xe0) return {3, 0xa0, 0xbf};
    if (byte == 0xed) return {3, 0x80, 0x9f};
    if (byte >= 0xe1 && byte <= 0xef) return {3};
    if (byte == 0xf0) return {4, 0x90, 0xbf};
    if (byte == 0xf4) return {4, 0x80, 0x8f};
    if (byte >= 0xf1 && byte <= 0xf3) return {4};
    return {};
}

// Length of the well-formed sequence that `bytes` begins with, or 0.
std::size_t sequence_length(std::string_view bytes) {
    const Lead lead = lead_of(static_cast<std::uint8_t>(bytes[0]));
    if (lead.length == 0 || lead.length > bytes.size()) return 0;
    for (std::size_t i = 1; i < lead.length; ++i) {
        const auto byte = static_cast<std::uint8_t>(bytes[i]);
        const bool fits = i == 1 ? byte >= lead.low && byte <= lead.high : (byte & 0xc0) == 0x80;
        if (!fits) return 0;
    }
    return lead.length;
}

}  // namespace

std::string to_utf8(std::string_view bytes) {
    std::string result;
    result.reserve(bytes.size());
    while (!bytes.empty()) {
        const std::size_t length = sequence_length(bytes);
        result += length == 0 ? replacement : bytes.substr(0, length);
        bytes.remove_prefix(length == 0 ? 1 : length);
    }
    return result;
}

}  // namespace lvx::api
