#include "health/view.hh"

#include <algorithm>
#include <functional>

namespace lvx::health {
namespace {

bool starts_down(const model::WatchedServer& server) {
    return server.alpha || std::ranges::any_of(server.checks, [](const model::Check& check) { return check.timing.alpha; });
}

// What stands at the same place before most often is the same one: no search of a search.
template <class Range, class Key, class Projection>
auto* find_near(Range& range, std::size_t place, const Key& key, Projection projection) {
    if (place < range.size() && std::invoke(projection, range[place]) == key) return &range[place];
    const auto found = std::ranges::find(range, key, projection);
    return found == range.end() ? nullptr : &*found;
}

ServerView expected(const model::WatchedServer& server, std::size_t place, const PoolView* before) {
    const ServerView* known = before == nullptr ? nullptr : find_near(before->servers, place, server.endpoint, &ServerView::endpoint);
    if (known != nullptr) {
        ServerView kept = *known;
        if (kept.in_service && kept.up) kept.weight = server.weight;
        return kept;
    }
    const bool up = !starts_down(server);
    const bool sorry_serves = before != nullptr && before->sorry.value_or(0) > 0;
    const bool used = up && !sorry_serves;
    return {.endpoint = server.endpoint, .up = up, .in_service = used || stays_when_down(server) || is_checked_through(server), .weight = used ? server.weight : 0};
}

PoolView expected(const model::Pool& pool, const PoolView* before) {
    PoolView view = {.key = pool.services.front(), .name = pool.name, .servers = {}};
    view.servers.reserve(pool.servers.size());
    std::int64_t weights = 0;
    for (std::size_t i = 0; i < pool.servers.size(); ++i) {
        view.servers.push_back(expected(pool.servers[i], i, before));
        if (view.servers.back().up) weights += pool.servers[i].weight;
    }
    if (before != nullptr) {
        view.quorum_up = before->quorum_up;
        if (pool.sorry) view.sorry = before->sorry;
        return view;
    }
    view.quorum_up = weights >= std::int64_t{pool.quorum} + pool.hysteresis;
    if (!pool.sorry) return view;
    if (!view.quorum_up) {
        view.sorry = 1;
        for (std::size_t i = 0; i < view.servers.size(); ++i) {
            view.servers[i].in_service = stays_when_down(pool.servers[i]);
            view.servers[i].weight = 0;
        }
    } else if (pool.sorry->inhibit) {
        view.sorry = 0;
    }
    return view;
}

}  // namespace

const PoolView* View::find(const model::ServiceKey& key) const {
    const auto found = std::ranges::find(pools, key, &PoolView::key);
    return found == pools.end() ? nullptr : &*found;
}

View expected_view(const std::vector<model::Pool>& pools, const View& before) {
    View view = {.generation = before.generation, .pools = {}};
    view.pools.reserve(pools.size());
    for (const model::Pool& pool : pools) {
        if (pool.services.empty()) continue;
        view.pools.push_back(expected(pool, find_near(before.pools, view.pools.size(), pool.services.front(), &PoolView::key)));
    }
    return view;
}

}  // namespace lvx::health
