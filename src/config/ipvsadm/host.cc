#include <arpa/inet.h>

#include <bit>
#include <cerrno>
#include <cstdlib>
#include <string>

#include "config/ipvsadm/host.hh"

namespace lvx::config::ipvsadm {
namespace {

std::optional<Address> old_style_v4(std::string_view text) {
    in_addr address{};
    if (inet_aton(std::string(text).c_str(), &address) == 0) return std::nullopt;
    return Address::v4(ntohl(address.s_addr));
}

bool digits_only(std::string_view text) { return text.find_first_not_of("0123456789") == std::string_view::npos; }

std::optional<Port> read_service_port(std::string_view text, model::Protocol protocol, const Names& names) {
    if (const auto number = read_number(text, 0, 65535)) return static_cast<Port>(*number);
    if (text.empty()) return std::nullopt;
    return names.service(text, protocol);
}

std::optional<HostPort> with_port(const Address& address, std::optional<std::string_view> port, model::Protocol protocol,
                                  const Names& names) {
    if (!port) return HostPort{.address = address, .port = std::nullopt};
    const auto number = read_service_port(*port, protocol, names);
    if (!number) return std::nullopt;
    return HostPort{.address = address, .port = number};
}

}  // namespace

std::optional<std::int64_t> read_number(std::string_view text, std::int64_t low, std::int64_t high) {
    const std::string terminated(text);
    char* end = nullptr;
    errno = 0;
    const long long number = std::strtoll(terminated.c_str(), &end, 10);
    if (end == terminated.c_str() || end != terminated.c_str() + terminated.size() || errno != 0) return std::nullopt;
    if (number < low || number > high) return std::nullopt;
    return number;
}

std::optional<std::uint8_t> read_v4_mask(std::string_view text) {
    const auto mask = old_style_v4(text);
    if (!mask) return std::nullopt;
    const std::uint32_t bits = mask->v4_value();
    if (std::countl_one(bits) + std::countr_zero(bits) < 32) return std::nullopt;
    return static_cast<std::uint8_t>(std::countl_one(bits));
}

std::optional<HostPort> read_host_port(std::string_view text, model::Protocol protocol, const Names& names) {
    std::string_view host = text;
    std::optional<std::string_view> port;
    if (text.starts_with('[')) {
        const std::size_t close = text.find("]:");
        if (close == std::string_view::npos || close != text.find(']')) return std::nullopt;
        host = text.substr(1, close - 1);
        port = text.substr(close + 2);
    }
    const auto numeric = Address::parse(host);
    if (numeric && !numeric->is_v4()) return with_port(*numeric, port, protocol, names);
    if (text.starts_with('[')) port = std::nullopt;  // the real tool looks for the port inside the brackets then
    if (const std::size_t colon = host.rfind(':'); colon != std::string_view::npos) {
        port = host.substr(colon + 1);
        host = host.substr(0, colon);
    }
    if (host.empty() || digits_only(host)) return std::nullopt;
    auto address = old_style_v4(host);
    if (!address) address = names.host(host);
    if (!address) return std::nullopt;
    return with_port(*address, port, protocol, names);
}

}  // namespace lvx::config::ipvsadm
