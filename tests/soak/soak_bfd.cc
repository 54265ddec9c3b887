#include "bfd/simulation.hh"
#include "soak/soak.hh"

std::string lvx::soak::finding_of(std::uint64_t seed) {
    return bfd::simulate(seed, std::chrono::seconds(600)).finding.value_or("");
}
