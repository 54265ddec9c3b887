// Any datagram: what is read is written and read again as the same, and a session lives through it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/ensure.hh"
#include "bfd/machine.hh"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace lvx::bfd;
    std::span<const std::uint8_t> rest(data, size);
    Instant now{};
    Session session = step(new_session({}, 1, now), Started{}, now, 0.5).session;
    while (!rest.empty()) {
        const auto datagram = rest.first(std::min<std::size_t>(rest.size(), 1 + rest[0] % 40));
        rest = rest.subspan(datagram.size());
        now += std::chrono::milliseconds(datagram[0]);
        session = step(session, Tick{}, now, 0.5).session;
        const auto packet = parse(datagram.subspan(1));
        if (!packet) continue;
        ensure(parse(bytes_of(*packet)) == packet);
        session = step(session, Received{*packet}, now, 0.5).session;
        ensure(session.state != State::up || session.detect_at.has_value());
        ensure(!session.transmit_at || *session.transmit_at >= now);
    }
    return 0;
}
