#include <algorithm>

#include "layers/layers.hh"

namespace lvx::layers {
namespace {

// The server at the same place most often is the same one.
const health::ServerView* find(const std::vector<health::ServerView>& servers, std::size_t place, const Endpoint& endpoint) {
    if (place < servers.size() && servers[place].endpoint == endpoint) return &servers[place];
    const auto found = std::ranges::find(servers, endpoint, &health::ServerView::endpoint);
    return found == servers.end() ? nullptr : &*found;
}

}  // namespace

health::View placed(health::View now, const health::View& before) {
    std::map<model::ServiceKey, const health::PoolView*> known;
    for (const health::PoolView& pool : before.pools) known.emplace(pool.key, &pool);
    for (health::PoolView& pool : now.pools) {
        const auto old = known.find(pool.key);
        if (old == known.end()) continue;
        const std::vector<health::ServerView>& was = old->second->servers;
        std::uint32_t last = 0;
        for (const health::ServerView& server : was) last = std::max(last, server.entered);
        for (std::size_t i = 0; i < pool.servers.size(); ++i) {
            const health::ServerView* stood = find(was, i, pool.servers[i].endpoint);
            const bool stays = stood != nullptr && (stood->in_service || !pool.servers[i].in_service);
            pool.servers[i].entered = stays ? stood->entered : last + 1;
        }
    }
    return now;
}

}  // namespace lvx::layers
