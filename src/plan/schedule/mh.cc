// mh: Maglev's table with IPVS's fixed keys, so that all directors agree.  Each server has its own permutation of the
// slots (offset + k * skip); in list order and round again, each claims its next `turns` free ones.
#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>

#include "abi/limits.h"
#include "bpf/schedule/hash.h"
#include "plan/schedule/schedule.hh"

namespace lvx::plan {
namespace {

// Weights are scaled down so that the largest claims at most 2^6 - 1 slots a turn: half of IPVS's table index 12.
constexpr int weight_bits = 6;

struct Claimant {
    std::uint32_t id = 0, next = 0, skip = 0, turns = 0;
};

std::vector<Claimant> claimants(Targets servers) {
    std::uint32_t divisor = 0, largest = 0;
    for (const Target& server : servers) {
        divisor = std::gcd(divisor, server.last_weight);
        largest = std::max(largest, server.last_weight);
    }
    std::vector<Claimant> result;
    if (divisor == 0) return result;
    const int shift = std::max(static_cast<int>(std::bit_width(largest / divisor)) - weight_bits, 0);
    for (const Target& server : servers) {
        if (server.last_weight == 0) continue;
        abi::address address;
        std::memcpy(address.bytes, server.endpoint.address.mapped().data(), sizeof address.bytes);
        const std::uint32_t fold = abi::address_fold(&address, static_cast<std::uint8_t>(server.endpoint.address.family()));
        const std::uint16_t port = server.endpoint.port;
        result.push_back({.id = server.id,
                          .next = abi::mh_hash(fold, port, 0, MH_KEY_SLOT) % mh_size,
                          .skip = abi::mh_hash(fold, port, 0, MH_KEY_SKIP) % (mh_size - 1) + 1,
                          .turns = std::max(server.last_weight / divisor >> shift, 1u)});
    }
    return result;
}

}  // namespace

Ring mh_ring(Targets servers) {
    std::vector<Claimant> list = claimants(servers);
    if (list.empty()) return {};
    Ring ring{.words = std::vector<std::uint32_t>(mh_size, ID_NONE), .period = mh_size};
    std::uint32_t filled = 0;
    for (std::size_t i = 0; filled < mh_size; i = (i + 1) % list.size()) {
        Claimant& claimant = list[i];
        for (std::uint32_t turn = 0; turn < claimant.turns && filled < mh_size; ++turn, ++filled) {
            while (ring.words[claimant.next] != ID_NONE) claimant.next = (claimant.next + claimant.skip) % mh_size;
            ring.words[claimant.next] = claimant.id;
        }
    }
    return ring;
}

}  // namespace lvx::plan
