#include "daemon/estimator.hh"

namespace lvx::daemon {

namespace {

constexpr int quarter = 2;       // r += (sample - r) / 4, by an arithmetic shift as in the kernel
constexpr int packet_shift = 9;  // x 1024, / 2 seconds
constexpr int byte_shift = 4;    // x 32, / 2 seconds

void blend(std::int64_t& average, std::uint64_t last, std::uint64_t now, int shift) {
    const std::uint64_t gained = now >= last ? now - last : now;
    const auto rate = static_cast<std::int64_t>(gained << shift);
    average += (rate - average) >> quarter;
}

std::uint64_t shown(std::int64_t average, int rounding, int shift) {
    return static_cast<std::uint64_t>((average + rounding) >> shift);
}

}  // namespace

void Estimator::sample(const api::Traffic& counters) {
    blend(average_.connections, last_.connections, counters.connections, packet_shift);
    blend(average_.in_packets, last_.in_packets, counters.in_packets, packet_shift);
    blend(average_.out_packets, last_.out_packets, counters.out_packets, packet_shift);
    blend(average_.in_bytes, last_.in_bytes, counters.in_bytes, byte_shift);
    blend(average_.out_bytes, last_.out_bytes, counters.out_bytes, byte_shift);
    last_ = counters;
}

api::Traffic Estimator::rates() const {
    return {.connections = shown(average_.connections, 511, 10),
            .in_packets = shown(average_.in_packets, 511, 10),
            .out_packets = shown(average_.out_packets, 511, 10),
            .in_bytes = shown(average_.in_bytes, 15, 5),
            .out_bytes = shown(average_.out_bytes, 15, 5)};
}

}  // namespace lvx::daemon
