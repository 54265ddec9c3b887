// sh: 256 buckets; each server takes as many consecutive ones as its weight, cyclically in list order.  A server of
// weight 0 takes one all the same, in which its clients find it unusable.
#include <algorithm>

#include "plan/schedule/schedule.hh"

namespace lvx::plan {

Ring sh_ring(Targets servers) {
    if (servers.empty()) return {};
    Ring ring{.period = sh_size};
    for (std::size_t i = 0; ring.words.size() < sh_size; i = (i + 1) % servers.size()) {
        const std::size_t room = sh_size - ring.words.size();
        const std::size_t share = std::min<std::size_t>(std::max(servers[i].weight, 1u), room);
        ring.words.insert(ring.words.end(), share, servers[i].id);
    }
    return ring;
}

}  // namespace lvx::plan
