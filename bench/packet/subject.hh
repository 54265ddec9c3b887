// What the packet benches measure, and how: the data plane with the generator in front of it, and one run of a program.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.hh"
#include "bench/packet/generator.h"
#include "tests/packet/fixture.hh"

namespace lvx::bench {

inline constexpr std::uint32_t transmit = 3, redirect = 4;  // enum xdp_action

using Elf = std::span<const std::uint8_t>;

// Mean ns of a run; fails when the last one did not end as it should.
[[nodiscard]] Result<double> run(int program, std::uint32_t repeat, std::uint32_t expected);
[[nodiscard]] double median(std::vector<double> values);
// What the generator of an object does from now on.
void set_control(bpf_object* object, const bench_control& control);
[[nodiscard]] bench_control picking(std::uint32_t flows);
[[nodiscard]] bench_control opening();
// A table for so many connections, and servers whose next hop is known.
[[nodiscard]] Result<test::Fixture> load_lvx(Elf object, std::uint32_t flows);

// All connections that were opened are established from now on: otherwise the first packet of each from its client would
// change its state, and with a million of them that is every other packet that is measured.
void establish(test::Fixture& fixture);

}  // namespace lvx::bench
