// A simulator told many seeds: soak_NAME --seconds N tells new ones until the time is over, soak_NAME --seed S one again.
#pragma once

#include <cstdint>
#include <string>

namespace lvx::soak {

// Of one program each: what did not hold, "" when all did.
[[nodiscard]] std::string finding_of(std::uint64_t seed);

}  // namespace lvx::soak
