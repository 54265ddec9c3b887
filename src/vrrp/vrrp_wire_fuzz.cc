// What arrives on a VRRP socket: never a crash, and what is accepted is what encode() would send.
#include <algorithm>
#include <cstdlib>

#include "vrrp/claim.hh"
#include "vrrp/seal.hh"
#include "vrrp/wire.hh"

using namespace lvx;
using namespace lvx::vrrp;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const bool v6 = data[0] & 1;
    Expected expected{.version = static_cast<std::uint8_t>(data[0] & 2 ? 3 : 2), .vrid = data[1], .family = v6 ? Family::v6 : Family::v4,
                      .auth = static_cast<model::VrrpAuth>(data[0] >> 2 & 3), .interval = 1, .sealed = (data[0] & 16) != 0};
    const std::span bytes(data + 2, size - 2);
    const Route route{v6 ? *Address::parse("fe80::1") : *Address::parse("192.0.2.1"), v6 ? group_v6 : group_v4};
    (void)label_of(bytes);
    (void)claim_in(bytes);
    const auto result = receive({.bytes = bytes, .route = route, .ttl = data[0] & 32 ? 254 : 255}, expected);
    const auto* received = std::get_if<Received>(&result);
    if (received == nullptr) return 0;
    if (!received->trailer.empty()) {
        SealMemory memory;
        model::Hmac hmac{.keys = {{.id = 1, .secret = std::vector<std::uint8_t>(32)}}};
        (void)check_seal(bytes.first(bytes.size() - received->trailer.size()), received->trailer, route.source, hmac, std::chrono::seconds(5), {}, memory);
    }
    std::vector<std::uint8_t> again = encode(received->advert, route, received->form);
    // Both zeros of one's complement are right.
    if (bytes[6] == 0xff && bytes[7] == 0xff && again[6] == 0 && again[7] == 0) again[6] = again[7] = 0xff;
    const bool reserved_bits = received->advert.version == 3 && (bytes[4] & 0xf0) != 0;
    if (!reserved_bits && !std::ranges::equal(again, bytes.first(again.size()))) std::abort();
    return 0;
}
