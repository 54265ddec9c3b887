#include "base/address.hh"

#include <arpa/inet.h>

#include <cstring>

namespace lvx {

std::optional<Address> Address::parse(std::string_view text) {
    char terminated[INET6_ADDRSTRLEN + 1];
    if (text.empty() || text.size() >= sizeof terminated || text.find('\0') != text.npos) return std::nullopt;
    std::memcpy(terminated, text.data(), text.size());
    terminated[text.size()] = '\0';
    std::array<std::uint8_t, 16> bytes{};
    if (inet_pton(AF_INET, terminated, bytes.data()) == 1) {
        return v4(std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 | bytes[3]);
    }
    if (inet_pton(AF_INET6, terminated, bytes.data()) == 1) return v6(bytes);
    return std::nullopt;
}

std::string Address::text() const {
    char buffer[INET6_ADDRSTRLEN] = "";
    if (is_v4()) inet_ntop(AF_INET, &bytes_[12], buffer, sizeof buffer);
    else inet_ntop(AF_INET6, bytes_.data(), buffer, sizeof buffer);
    return buffer;
}

std::string Address::bracketed() const { return is_v4() ? text() : "[" + text() + "]"; }

std::string Endpoint::text() const { return address.bracketed() + ":" + std::to_string(port); }

}  // namespace lvx
