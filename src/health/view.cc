#include "health/view.hh"

#include <algorithm>

namespace lvx::health {
namespace {

bool starts_down(const model::WatchedServer& server) {
    return server.alpha || std::ranges::any_of(server.checks, [](const model::Check& check) { return check.timing.alpha; });
}

ServerView expected(const model::WatchedServer& server, const PoolView* before) {
    if (before != nullptr) {
        const auto known = std::ranges::find(before->servers, server.endpoint, &ServerView::endpoint);
        if (known != before->servers.end()) {
            ServerView kept = *known;
            if (kept.in_service && kept.up) kept.weight = server.weight;
            return kept;
        }
    }
    const bool stands = !starts_down(server) && !(before != nullptr && before->sorry.value_or(0) > 0);
    return {.endpoint = server.endpoint, .up = !starts_down(server), .in_service = stands || (starts_down(server) && server.inhibit_on_failure),
            .weight = stands ? server.weight : 0};
}

PoolView expected(const model::Pool& pool, const PoolView* before) {
    PoolView view = {.key = pool.services.front(), .name = pool.name, .servers = {}};
    for (const model::WatchedServer& server : pool.servers) view.servers.push_back(expected(server, before));
    if (before != nullptr) {
        view.quorum_up = before->quorum_up;
        if (pool.sorry) view.sorry = before->sorry;
        return view;
    }
    view.quorum_up = std::ranges::any_of(view.servers, [](const ServerView& server) { return server.up; });
    if (pool.sorry && !view.quorum_up) view.sorry = 1;
    else if (pool.sorry && pool.sorry->inhibit) view.sorry = 0;
    return view;
}

}  // namespace

const PoolView* View::find(const model::ServiceKey& key) const {
    const auto found = std::ranges::find(pools, key, &PoolView::key);
    return found == pools.end() ? nullptr : &*found;
}

View expected_view(const std::vector<model::Pool>& pools, const View& before) {
    View view = {.generation = before.generation, .pools = {}};
    for (const model::Pool& pool : pools) {
        if (!pool.services.empty()) view.pools.push_back(expected(pool, before.find(pool.services.front())));
    }
    return view;
}

}  // namespace lvx::health
