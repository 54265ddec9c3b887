// IP addresses of both families and what is written with them.  A value type; text in, text out, no resolver.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lvx {

enum class Family : std::uint8_t { v4 = 4, v6 = 6 };

class Address {
 public:
    // Unspecified IPv4 address.
    constexpr Address() = default;
    static constexpr Address v4(std::uint32_t host_order);
    static constexpr Address v6(const std::array<std::uint8_t, 16>& network_order);
    // 16 network-order bytes as in abi/address.h; ::ffff:a.b.c.d becomes IPv4.
    static constexpr Address from_mapped(const std::array<std::uint8_t, 16>& bytes);
    // Dotted quad without leading zeros, or RFC 4291 text without zone and brackets; nothing else.
    static std::optional<Address> parse(std::string_view text);

    [[nodiscard]] constexpr Family family() const { return family_; }
    [[nodiscard]] constexpr bool is_v4() const { return family_ == Family::v4; }
    // IPv4 is ::ffff:a.b.c.d.
    [[nodiscard]] constexpr const std::array<std::uint8_t, 16>& mapped() const { return bytes_; }
    // Host order; IPv4 only.
    [[nodiscard]] constexpr std::uint32_t v4_value() const {
        return std::uint32_t{bytes_[12]} << 24 | std::uint32_t{bytes_[13]} << 16 | std::uint32_t{bytes_[14]} << 8 | bytes_[15];
    }
    // RFC 5952 for IPv6.
    [[nodiscard]] std::string text() const;
    // "[v6]" with brackets, IPv4 plain: the form before ":port".
    [[nodiscard]] std::string bracketed() const;

    constexpr auto operator<=>(const Address&) const = default;

 private:
    Family family_ = Family::v4;
    std::array<std::uint8_t, 16> bytes_ = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0};
};

using Port = std::uint16_t;  // host order

struct Endpoint {
    Address address;
    Port port = 0;

    [[nodiscard]] std::string text() const;  // "10.0.0.2:80", "[2001:db8::1]:80"
    constexpr auto operator<=>(const Endpoint&) const = default;
};

constexpr Address Address::v4(std::uint32_t host_order) {
    Address result;
    for (int i = 0; i < 4; ++i) result.bytes_[12 + i] = static_cast<std::uint8_t>(host_order >> (24 - 8 * i));
    return result;
}

constexpr Address Address::v6(const std::array<std::uint8_t, 16>& network_order) {
    Address result;
    result.family_ = Family::v6;
    result.bytes_ = network_order;
    return result;
}

constexpr Address Address::from_mapped(const std::array<std::uint8_t, 16>& bytes) {
    Address result = v6(bytes);
    const Address zero;
    bool mapped = true;
    for (int i = 0; i < 12; ++i) mapped = mapped && bytes[i] == zero.bytes_[i];
    if (mapped) result.family_ = Family::v4;
    return result;
}

}  // namespace lvx
