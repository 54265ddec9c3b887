#include "layers/layers.hh"

#include <algorithm>
#include <iterator>
#include <set>
#include <tuple>

namespace lvx::layers {
namespace {

using model::Override;
using model::OverrideKind;

model::Service header_of(const model::Service& service) {
    return {.key = service.key,
            .scheduler = service.scheduler,
            .scheduler_flags = service.scheduler_flags,
            .one_packet = service.one_packet,
            .persistence = service.persistence,
            .persistence_engine = service.persistence_engine};
}

const Override* of_kinds(const Index::Parts& parts, OverrideKind first, OverrideKind last) {
    const auto found = std::ranges::find_if(parts.overrides, [&](const Override* each) { return first <= each->kind && each->kind <= last; });
    return found == parts.overrides.end() ? nullptr : *found;
}

// A pool's view has its servers in the pool's order, which is the service's: looked for only where the two disagree.
// Ports may differ: a pool of services on many ports has servers that take the port of each.
const health::ServerView* observed_at(const health::PoolView* pool, std::size_t place, const Endpoint& endpoint) {
    if (pool == nullptr) return nullptr;
    if (place < pool->servers.size() && pool->servers[place].endpoint.address == endpoint.address) return &pool->servers[place];
    const auto found = std::ranges::find(pool->servers, endpoint, &health::ServerView::endpoint);
    return found == pool->servers.end() ? nullptr : &*found;
}

struct Candidate {
    model::Server server;
    bool down = false;  // stands there inhibited: no operator's weight wakes it up
    std::pair<std::uint32_t, std::size_t> rank{};  // entered, of the view; place in the files
};

class Builder {
 public:
    explicit Builder(const Index::Parts& parts) : parts_(parts) {}

    std::vector<model::Server> servers(bool with_configured) && {
        if (with_configured) add_configured();
        for (const model::Leaving* each : parts_.leaving) {
            model::Server server = each->server;
            server.weight = 0;
            server.leaves = true;
            add_unless_there(server);
        }
        for (const Override* each : parts_.overrides)
            if (each->kind != OverrideKind::server_added) override_value(*each);
        for (const Override* each : parts_.overrides)
            if (each->kind == OverrideKind::server_added) place_last(each->server_value);
        for (const Override* each : parts_.overrides) override_weight(*each);
        std::vector<model::Server> result;
        result.reserve(candidates_.size());
        for (Candidate& each : candidates_) result.push_back(std::move(each.server));
        return result;
    }

 private:
    void add_configured() {
        const std::vector<model::Server>& servers = parts_.configured->servers;
        for (std::size_t place = 0; place < servers.size(); ++place) {
            const health::ServerView* observed = observed_at(parts_.observed, place, servers[place].endpoint);
            if (observed != nullptr && !observed->in_service) continue;
            Candidate candidate{servers[place], observed != nullptr && !observed->up};
            if (observed != nullptr) candidate.server.weight = observed->weight;
            candidate.server.leaves = candidate.down;
            candidate.rank = {observed != nullptr ? observed->entered : 0, place};
            candidates_.push_back(std::move(candidate));
        }
        if (!std::ranges::is_sorted(candidates_, {}, &Candidate::rank)) std::ranges::sort(candidates_, {}, &Candidate::rank);
        if (parts_.pool == nullptr || parts_.observed == nullptr || !parts_.pool->sorry || !parts_.observed->sorry) return;
        const model::Sorry& sorry = *parts_.pool->sorry;
        add_unless_there({.endpoint = sorry.endpoint, .method = sorry.method, .weight = *parts_.observed->sorry, .tunnel = sorry.tunnel});
    }

    auto find(const Endpoint& endpoint) {
        return std::ranges::find(candidates_, endpoint, [](const Candidate& each) { return each.server.endpoint; });
    }

    void add_unless_there(const model::Server& server) {
        if (find(server.endpoint) == candidates_.end()) candidates_.push_back({server});
    }

    void place_last(const model::Server& server) {
        if (const auto found = find(server.endpoint); found != candidates_.end()) candidates_.erase(found);
        candidates_.push_back({server});
    }

    void override_value(const Override& each) {
        const bool edits = each.kind == OverrideKind::server_edited;
        if (!edits && each.kind != OverrideKind::server_removed) return;
        const auto found = find(each.server);
        if (found == candidates_.end()) return;
        if (!edits) candidates_.erase(found);
        else found->server = each.server_value;
        if (edits && found->down) found->server.weight = 0;
        if (edits) found->server.leaves = found->down;
    }

    void override_weight(const Override& each) {
        const bool to_zero = each.kind == OverrideKind::drained || each.kind == OverrideKind::disabled;
        if (!to_zero && each.kind != OverrideKind::weight) return;
        const auto found = find(each.server);
        if (found == candidates_.end() || found->down) return;
        found->server.weight = to_zero ? 0 : each.weight;
        found->server.leaves = to_zero;
    }

    const Index::Parts& parts_;
    std::vector<Candidate> candidates_;
};

}  // namespace

Index::Index(const model::Site& site, const model::RunState& state, const health::View& view) {
    for (const model::Service& service : site.cluster.services) at(service.key).configured = &service;
    for (const model::Pool& pool : site.pools) {
        if (!pool.services.empty()) pools_.emplace(pool.services.front(), &pool);
        for (const model::ServiceKey& key : pool.services) at(key).pool = &pool;
    }
    for (const model::Leaving& leaving : state.leaving) at(leaving.service.key).leaving.push_back(&leaving);
    for (const Override& each : state.overrides)
        if (each.kind != OverrideKind::timeouts) at(each.service).overrides.push_back(&each);
    observe(view);
}

void Index::observe(const health::View& view) {
    for (const health::PoolView& observed : view.pools) {
        const auto pool = pools_.find(observed.key);
        if (pool == pools_.end()) continue;
        for (const model::ServiceKey& key : pool->second->services) at(key).observed = &observed;
    }
}

Index::Parts& Index::at(const model::ServiceKey& key) {
    const auto [place, fresh] = parts_.try_emplace(key);
    if (fresh) keys_.push_back(key);
    return place->second;
}

const Index::Parts* Index::find(const model::ServiceKey& key) const {
    const auto found = parts_.find(key);
    return found == parts_.end() ? nullptr : &found->second;
}

std::optional<model::Service> effective_service(const Index::Parts& parts) {
    const Override* own = of_kinds(parts, OverrideKind::service_added, OverrideKind::service_removed);
    if (own != nullptr && own->kind == OverrideKind::service_removed) return std::nullopt;
    const bool replaced = own != nullptr && own->kind == OverrideKind::service_added;
    const bool configured = parts.configured != nullptr && !replaced;
    if (!configured && !replaced && parts.leaving.empty()) return std::nullopt;
    model::Service result = header_of(own != nullptr    ? own->value
                                      : configured      ? *parts.configured
                                                        : parts.leaving.front()->service);
    result.servers = Builder(parts).servers(configured);
    return result;
}

std::vector<Endpoint> kept_servers(const Index::Parts& parts) {
    std::vector<Endpoint> result;
    if (parts.configured == nullptr || parts.pool == nullptr || parts.observed == nullptr) return result;
    const bool keeps = parts.pool->on_down == model::OnDown::keep;
    const std::vector<model::Server>& servers = parts.configured->servers;
    for (std::size_t place = 0; place < servers.size(); ++place) {
        const bool checked = place < parts.pool->servers.size() && health::is_checked_through(parts.pool->servers[place]);
        if (!keeps && !checked) continue;
        const health::ServerView* observed = observed_at(parts.observed, place, servers[place].endpoint);
        const bool removed = std::ranges::any_of(parts.overrides, [&](const Override* each) {
            return each->kind == OverrideKind::server_removed && each->server == servers[place].endpoint;
        });
        if (observed != nullptr && !observed->in_service && !removed) result.push_back(servers[place].endpoint);
    }
    return result;
}

model::Timeouts effective_timeouts(const model::Site& site, const model::RunState& state) {
    for (const Override& each : state.overrides)
        if (each.kind == OverrideKind::timeouts) return each.timeouts;
    return site.cluster.timeouts;
}

model::Cluster effective(const model::Site& site, const model::RunState& state, const health::View& view) {
    const Index index(site, state, view);
    model::Cluster cluster{.timeouts = effective_timeouts(site, state), .marks = site.cluster.marks};
    for (const model::ServiceKey& key : index.keys())
        if (auto service = effective_service(*index.find(key))) cluster.services.push_back(std::move(*service));
    return cluster;
}

model::MarkMembers without(model::MarkMembers members, const model::MarkMembers& others) {
    const auto packets = [](const model::MarkMember& each) {
        return std::tuple(each.mark, each.protocol, each.address, each.first_port, each.last_port);
    };
    std::set<decltype(packets(others.front()))> known;
    for (const model::MarkMember& each : others) known.insert(packets(each));
    std::erase_if(members, [&](const model::MarkMember& each) { return known.contains(packets(each)); });
    return members;
}

model::Cluster with_marks(model::Cluster cluster, const model::MarkMembers& observed) {
    std::ranges::move(without(observed, cluster.marks), std::back_inserter(cluster.marks));
    return cluster;
}

std::set<model::ServiceKey> touched(const model::Site& site, const health::View& before, const health::View& after) {
    std::map<model::ServiceKey, const health::PoolView*> old, now;
    for (const health::PoolView& pool : before.pools) old.emplace(pool.key, &pool);
    for (const health::PoolView& pool : after.pools) now.emplace(pool.key, &pool);
    std::set<model::ServiceKey> result;
    for (const model::Pool& pool : site.pools) {
        if (pool.services.empty()) continue;
        const auto was = old.find(pool.services.front()), is = now.find(pool.services.front());
        const bool gone = is == now.end(), fresh = was == old.end();
        if (gone && fresh) continue;
        if (gone || fresh || *was->second != *is->second) result.insert(pool.services.begin(), pool.services.end());
    }
    return result;
}

}  // namespace lvx::layers
