#include "soak/soak.hh"
#include "vrrp/simulation.hh"

std::string lvx::soak::finding_of(std::uint64_t seed) { return vrrp::tell(seed).violation; }
