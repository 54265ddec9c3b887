// The layers against naive twins, at random.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "layers/layers.hh"
#include "layers/test_site.hh"

namespace lvx::layers {
namespace {

using namespace test;

std::uint32_t below(std::uint32_t limit) { return *rc::gen::inRange<std::uint32_t>(0, limit); }

model::ServiceKey any_key() { return {.address = Address::v4(0xc0000200 | below(3)), .port = static_cast<Port>(80 + below(2))}; }

model::Server any_server() {
    return {.endpoint = {Address::v4(0x0a000001 + below(4)), 80}, .weight = below(4), .upper_threshold = below(4) == 0 ? 100u : 0u};
}

model::Service any_service() { return {.key = any_key(), .scheduler = below(2) == 0 ? "rr" : "wrr"}; }

model::Site any_site() {
    std::vector<model::Service> services;
    for (std::uint32_t i = below(4); i > 0; --i) {
        model::Service service = any_service();
        if (std::ranges::find(services, service.key, &model::Service::key) != services.end()) continue;
        for (std::uint32_t k = below(4); k > 0; --k) {
            const model::Server each = any_server();
            if (std::ranges::find(service.servers, each.endpoint, &model::Server::endpoint) == service.servers.end()) service.servers.push_back(each);
        }
        services.push_back(service);
    }
    return site_of(std::move(services));
}

model::Operation any_operation() {
    switch (below(8)) {
        case 0: return model::AddService{any_service()};
        case 1: return model::EditService{any_service()};
        case 2: return model::DeleteService{any_key()};
        case 3: return model::AddServer{any_key(), any_server()};
        case 4: return model::EditServer{any_key(), any_server()};
        case 5: return model::DeleteServer{any_key(), any_server().endpoint};
        case 6: return below(10) == 0 ? model::Operation(model::Flush{}) : model::Operation(model::AddServer{any_key(), any_server()});
        default: return model::SetTimeouts{{.tcp = std::chrono::seconds(below(3) * 450), .tcp_fin = std::chrono::seconds(0), .udp = std::chrono::seconds(0)}};
    }
}

std::vector<model::Service> sorted(model::Cluster cluster) {
    std::ranges::sort(cluster.services, {}, &model::Service::key);
    return cluster.services;
}

// The naive twin: ipvsadm's operations on one flat table, as a kernel has it.
RC_GTEST_PROP(Layers, OperationsMakeOverridesThatGiveTheTableAKernelWouldHave, ()) {
    const model::Site site = any_site();
    model::Cluster kernel = site.cluster;
    model::RunState state;
    for (std::uint32_t i = 1 + below(30); i > 0; --i) {
        const std::vector<model::Operation> one{any_operation()};
        const model::AppliedList list = model::apply_all(kernel, one);
        RC_ASSERT(list.refusal == model::apply_all(effective(site, state, {}), one).refusal);
        if (list.refusal != 0) continue;
        kernel = list.cluster;
        state = executed(site, std::move(state), {}, one, {});
        const model::Cluster layered = effective(site, state, {});
        RC_ASSERT(sorted(layered) == sorted(kernel));
        RC_ASSERT(layered.timeouts == kernel.timeouts);
    }
    for (const model::Override& each : std::vector<model::Override>(state.overrides)) state = cleared(std::move(state), each.name);
    RC_ASSERT(effective(site, state, {}) == site.cluster);
}

RC_GTEST_PROP(Layers, AListIsTheSameAsItsOperationsOneByOne, ()) {
    const model::Site site = any_site();
    std::vector<model::Operation> operations;
    for (std::uint32_t i = below(20); i > 0; --i) operations.push_back(any_operation());
    const model::AppliedList list = model::apply_all(site.cluster, operations);
    operations.resize(list.executed);
    model::RunState one_by_one;
    for (const model::Operation& each : operations) one_by_one = executed(site, std::move(one_by_one), {}, std::vector{each}, {});
    RC_ASSERT(executed(site, {}, {}, operations, {}) == one_by_one);
}

RC_GTEST_PROP(Layers, AServiceAloneIsWhatItIsAmongAll, ()) {
    const model::Site site = any_site();
    model::RunState state;
    for (std::uint32_t i = below(10); i > 0; --i) {
        const std::vector<model::Operation> one{any_operation()};
        if (model::apply_all(effective(site, state, {}), one).refusal == 0) state = executed(site, std::move(state), {}, one, {});
    }
    health::View view = health_view(site);
    for (health::PoolView& pool : view.pools)
        for (health::ServerView& each : pool.servers) {
            each.up = each.in_service = below(2) == 0;
            each.weight = each.up ? below(5) : 0;
        }
    const model::Cluster all = effective(site, state, view);
    const Index index(site, state, view);
    for (const model::ServiceKey& key : index.keys()) {
        const auto alone = effective_service(*index.find(key));
        RC_ASSERT(alone.has_value() == (all.find(key) != nullptr));
        if (alone) RC_ASSERT(*alone == *all.find(key));
    }
}

// Whatever files follow each other: once nothing leaves any more, the files alone hold.
RC_GTEST_PROP(Layers, AfterEveryDrainOnlyTheFilesAreLeft, ()) {
    model::Site site = any_site();
    model::RunState state;
    for (std::uint32_t i = 1 + below(8); i > 0; --i) {
        const model::Site next = any_site();
        const model::Cluster running = effective(site, state, {});
        state = reconfigured(site, next, std::move(state), running, {}, noon);
        site = next;
        const model::Cluster now = effective(site, state, {});
        for (const model::Service& service : running.services)
            for (const model::Server& each : service.servers) {
                const model::Service* there = now.find(service.key);
                RC_ASSERT(there != nullptr && std::ranges::find(there->servers, each.endpoint, &model::Server::endpoint) != there->servers.end());
            }
    }
    state = settled(std::move(state), noon, [](const ServerName&) { return 0u; }).state;
    RC_ASSERT(effective(site, state, {}) == site.cluster);
}

}  // namespace
}  // namespace lvx::layers
