#include <algorithm>
#include <map>
#include <span>
#include <utility>

#include "plan/marks.hh"
#include "plan/plan.hh"

namespace lvx::plan {
namespace {

model::Service without_servers(model::Service service) {
    service.servers.clear();
    return service;
}

const model::Server* find(const model::Service& service, const Endpoint& endpoint) {
    const auto found = std::ranges::find(service.servers, endpoint, &model::Server::endpoint);
    return found == service.servers.end() ? nullptr : &*found;
}

// Servers of `after` that can stay where they are: additions only reach the end, so these are the longest beginning of
// `after` whose servers stand in `before` in the same order.
std::size_t staying(const model::Service& before, const model::Service& after) {
    std::size_t place = 0, count = 0;
    for (const model::Server& server : after.servers) {
        while (place < before.servers.size() && before.servers[place].endpoint != server.endpoint) ++place;
        if (place == before.servers.size()) break;
        ++place;
        ++count;
    }
    return count;
}

void remove_servers(std::vector<Step>& steps, const model::Service& before, const model::Service& after) {
    const auto kept = std::span(after.servers).first(staying(before, after));
    for (const model::Server& server : before.servers)
        if (std::ranges::find(kept, server.endpoint, &model::Server::endpoint) == kept.end())
            steps.push_back(RemoveServer{after.key, server.endpoint});
}

void change_and_add_servers(std::vector<Step>& steps, const model::Service& before, const model::Service& after) {
    const std::size_t kept = staying(before, after);
    for (std::size_t i = 0; i < after.servers.size(); ++i) {
        const model::Server& server = after.servers[i];
        if (i >= kept) {
            steps.push_back(AddServer{after.key, server});
        } else if (const model::Server& old = *find(before, server.endpoint); old != server) {
            steps.push_back(ChangeServer{after.key, old, server});
        }
    }
}

struct Applier {
    model::Cluster& cluster;

    void operator()(const AddService& step) const { cluster.services.push_back(step.service); }
    void operator()(const RemoveService& step) const {
        std::erase_if(cluster.services, [&](const model::Service& service) { return service.key == step.key; });
    }
    void operator()(const ChangeService& step) const {
        model::Service& service = *cluster.find(step.after.key);
        std::vector<model::Server> servers = std::move(service.servers);
        service = step.after;
        service.servers = std::move(servers);
    }
    void operator()(const AddServer& step) const { cluster.find(step.key)->servers.push_back(step.server); }
    void operator()(const RemoveServer& step) const {
        std::erase_if(cluster.find(step.key)->servers, [&](const model::Server& s) { return s.endpoint == step.endpoint; });
    }
    void operator()(const ChangeServer& step) const {
        std::ranges::replace(cluster.find(step.key)->servers, step.before, step.after);
    }
    void operator()(const SetTimeouts& step) const { cluster.timeouts = step.after; }
    void operator()(const SetMarks& step) const { cluster.marks = step.after; }
};

}  // namespace

std::vector<Step> diff(const model::Cluster& before, const model::Cluster& after) {
    std::vector<Step> steps;
    std::map<model::ServiceKey, const model::Service*> old, wanted;
    for (const model::Service& service : before.services) old.emplace(service.key, &service);
    for (const model::Service& service : after.services) wanted.emplace(service.key, &service);

    if (before.timeouts != after.timeouts) steps.push_back(SetTimeouts{before.timeouts, after.timeouts});
    if (!std::ranges::equal(before.marks, after.marks, same_packets)) steps.push_back(SetMarks{before.marks, after.marks});
    for (const model::Service& service : before.services) {
        const auto found = wanted.find(service.key);
        if (found == wanted.end()) steps.push_back(RemoveService{service.key});
        else remove_servers(steps, service, *found->second);
    }
    for (const model::Service& service : after.services) {
        const auto found = old.find(service.key);
        const model::Service empty = without_servers(service);
        if (found == old.end()) {
            steps.push_back(AddService{empty});
        } else if (const model::Service present = without_servers(*found->second); present != empty) {
            steps.push_back(ChangeService{present, empty});
        }
        change_and_add_servers(steps, found == old.end() ? empty : *found->second, service);
    }
    return steps;
}

model::Cluster applied(model::Cluster cluster, const std::vector<Step>& steps) {
    for (const Step& step : steps) std::visit(Applier{cluster}, step);
    return cluster;
}

}  // namespace lvx::plan
