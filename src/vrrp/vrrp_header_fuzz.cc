// What arrives on a socket of auth_type AH: never a crash, never a byte beyond it, and nothing holds twice.
#include <cstdlib>

#include "vrrp/header_auth.hh"

using namespace lvx;
using namespace lvx::vrrp;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    const HeaderAuth auth{.key = {'k', 'e', 'y'}, .delivery = data[0] & 1 ? Delivery::unicast : Delivery::group};
    const std::span bytes(data + 1, size - 1);
    std::uint32_t last = 0;
    if (!check_header(bytes, auth, last) && !check_header(bytes, auth, last)) std::abort();
    const Route route{*Address::parse("192.0.2.1"), group_v4};
    const auto packet = authenticated(bytes.first(std::min<std::size_t>(bytes.size(), 1024)), route, 255, 1, 1, auth);
    last = 0;
    const bool whole = packet.size() >= 20 + ah_bytes + header_bytes;
    if (check_header(packet, auth, last).has_value() == whole) std::abort();
    return 0;
}
