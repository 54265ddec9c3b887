// Arbitrary datagrams of the kernel's synchronisation protocol, as anybody on the segment may send them.
#include <cstdint>
#include <span>

#include "base/ensure.hh"
#include "sync/kernel_wire.hh"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace lvx::sync::kernel;
    const Decoded decoded = decode(std::span(data, size), 0);
    ensure(decoded.message.entries.size() <= 255);
    if (decoded.message.entries.empty()) return 0;
    // What was understood can be said again and means the same.
    const auto bytes = encode(decoded.message);
    const Decoded again = decode(bytes, 0);
    ensure(again.faults.empty());
    ensure(again.message == decoded.message);
    return 0;
}
