// The change of a few services against the whole build, its naive twin: from the same cluster, cursors and connections
// both show packets the same.
#include "plan/patch.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <ranges>

#include "bpf/table/filter.h"

namespace lvx::plan {
namespace {

constexpr Limits limits{.services = 6, .servers = 24, .pool_words = 17000};
constexpr std::array schedulers = {"rr", "wrr", "lc", "wlc", "sh", "mh"};

// What packets find of one service: servers by endpoint instead of id, words without their place in the pool.
struct Shown {
    abi::service row{};
    std::vector<Target> targets;
    std::vector<Endpoint> ring;
    std::vector<std::uint32_t> segments;
    std::optional<std::uint64_t> cursor;
    std::optional<Endpoint> rr_anchor;
    std::optional<std::uint32_t> anchor;
};

std::string bytes_of(const abi::service& row) { return {reinterpret_cast<const char*>(&row), sizeof row}; }

Endpoint named(const Image& image, std::uint32_t id) { return id < image.servers.size() ? endpoint_of(image.servers[id]) : Endpoint{}; }

Shown shown(const Image& image, const std::vector<std::uint64_t>& cursors, const model::ServiceKey& key) {
    const std::uint32_t id = image.registry.services.at(key);
    Shown result{.row = image.services[id], .targets = targets_of(image, id)};
    const auto words = [&](std::uint32_t from, std::uint32_t to) { return std::span(image.pool).subspan(from, to - from); };
    for (const std::uint32_t word : words(result.row.ring_at, result.row.segments_at)) result.ring.push_back(named(image, word));
    std::ranges::copy(words(result.row.segments_at, result.row.segments_at + 3 * result.row.segments), std::back_inserter(result.segments));
    for (Target& target : result.targets) target.id = 0;
    result.row.servers_at = result.row.ring_at = result.row.segments_at = 0;
    const auto change = std::ranges::find(image.cursors, id, &CursorChange::service);
    if (change != image.cursors.end()) result.cursor = change->position;
    const auto standing = image.standings.find(id);
    if (standing == image.standings.end() || standing->second.position != cursors[id]) return result;
    if (!standing->second.anchor) return result;
    if (result.row.scheduler == *scheduler_named("rr")) result.rr_anchor = named(image, *standing->second.anchor);
    else result.anchor = standing->second.anchor;
    return result;
}

model::Server any_server(std::mt19937& random) {
    const auto below = [&](std::uint32_t end) { return static_cast<std::uint32_t>(random() % end); };
    return {.endpoint = {Address::v4(0x0a000001 + below(5)), 80}, .weight = below(4), .upper_threshold = below(3) == 0 ? below(9) : 0};
}

void change_servers(model::Service& service, std::mt19937& random) {
    const model::Server server = any_server(random);
    const auto found = std::ranges::find(service.servers, server.endpoint, &model::Server::endpoint);
    if (found == service.servers.end()) service.servers.push_back(server);
    else if (random() % 2 == 0) service.servers.erase(found);
    else *found = server;
}

model::Cluster any_cluster(std::mt19937& random) {
    model::Cluster cluster;
    for (Port port = 1; port <= 4; ++port) {
        model::Service service{.key = {.address = Address::v4(0xc0a85817), .port = port}, .scheduler = schedulers[random() % schedulers.size()]};
        for (int i = 0; i < 4; ++i) change_servers(service, random);
        cluster.services.push_back(std::move(service));
    }
    return cluster;
}

// One director's image, its cursors, and the connections that name its servers.
struct Twin {
    Image image;
    std::vector<std::uint64_t> cursors = std::vector<std::uint64_t>(limits.services);
    std::set<std::pair<model::ServiceKey, Endpoint>> connections;

    Running running() const {
        Running result{.image = image.services.empty() ? nullptr : &image, .cursors = cursors, .server_in_use = std::vector<bool>(limits.servers)};
        for (const auto& [key, server] : connections) result.server_in_use[id(key, server)] = true;
        return result;
    }
    std::uint32_t id(const model::ServiceKey& key, const Endpoint& server) const {
        return image.registry.servers.at({image.registry.services.at(key), server});
    }
    void activated() {
        for (const CursorChange& change : image.cursors) cursors[change.service] = change.position;
    }
};

void whole_build(Twin& twin, const model::Cluster& cluster) {
    auto next = build(cluster, twin.running(), limits);
    ASSERT_TRUE(next) << next.error().sentence();
    twin.image = std::move(*next);
    twin.activated();
}

bool by_patch(Twin& twin, const model::Cluster& cluster, std::span<const model::Service* const> changed) {
    const auto patch = patch_of(changed, twin.running(), limits);
    EXPECT_TRUE(patch);
    if (!patch || !*patch) {
        whole_build(twin, cluster);
        return false;
    }
    carry_out(**patch, twin.image);
    twin.activated();
    return true;
}

void expect_same(const Twin& patched, const Twin& whole, const model::Cluster& cluster, const std::string& where) {
    EXPECT_EQ(cluster_of(patched.image), cluster) << where;
    for (const model::Service& service : cluster.services) {
        const Shown left = shown(patched.image, patched.cursors, service.key), right = shown(whole.image, whole.cursors, service.key);
        const std::string what = where + ", " + service.scheduler;
        EXPECT_EQ(bytes_of(left.row), bytes_of(right.row)) << what;
        EXPECT_EQ(left.targets, right.targets) << what;
        EXPECT_EQ(left.ring, right.ring) << what;
        EXPECT_EQ(left.segments, right.segments) << what;
        EXPECT_EQ(left.cursor, right.cursor) << what;
        EXPECT_EQ(left.rr_anchor, right.rr_anchor) << what;
        EXPECT_EQ(left.anchor, right.anchor) << what;
    }
    for (std::size_t byte = 0; byte < whole.image.filter.size(); ++byte)
        EXPECT_EQ(patched.image.filter[byte] & whole.image.filter[byte], whole.image.filter[byte]) << where;
    EXPECT_EQ(patched.image.registry.services, whole.image.registry.services) << where;
    std::set<std::uint32_t> ids;
    for (const auto& [place, id] : patched.image.registry.servers) {
        EXPECT_TRUE(ids.insert(id).second) << where;
        EXPECT_EQ(endpoint_of(patched.image.servers[id]), place.second) << where;
        EXPECT_EQ(patched.image.servers[id].service, place.first) << where;
    }
}

// Time passes the same way for both: packets are scheduled, connections begin and end.
void live(Twin& patched, Twin& whole, const model::Cluster& cluster, std::mt19937& random) {
    for (const model::Service& service : cluster.services) {
        const std::uint64_t taken = random() % 3;
        for (Twin* twin : {&patched, &whole}) twin->cursors[twin->image.registry.services.at(service.key)] += taken;
        for (const model::Server& server : service.servers)
            if (random() % 4 == 0)
                for (Twin* twin : {&patched, &whole}) twin->connections.emplace(service.key, server.endpoint);
    }
    std::set<std::pair<model::ServiceKey, Endpoint>> left;
    for (const auto& connection : patched.connections)
        if (random() % 3 != 0) left.insert(connection);
    patched.connections = whole.connections = left;
}

TEST(Patch, ShowsPacketsWhatTheWholeBuildShows) {
    std::size_t patches = 0;
    for (std::uint32_t seed = 0; seed < 12; ++seed) {
        std::mt19937 random(seed);
        Twin patched, whole;
        model::Cluster cluster = any_cluster(random);
        whole_build(patched, cluster);
        whole_build(whole, cluster);
        for (int step = 0; step < 40; ++step) {
            live(patched, whole, cluster, random);
            const std::map<std::pair<model::ServiceKey, Endpoint>, std::uint32_t> held = [&] {
                std::map<std::pair<model::ServiceKey, Endpoint>, std::uint32_t> result;
                for (const auto& [key, server] : patched.connections) result.emplace(std::pair{key, server}, patched.id(key, server));
                return result;
            }();
            std::set<std::size_t> places;
            for (std::uint32_t i = 0; i < 1 + random() % 2; ++i) places.insert(random() % cluster.services.size());
            std::vector<const model::Service*> changed;
            for (const std::size_t place : places) {
                for (std::uint32_t i = 0; i < 1 + random() % 3; ++i) change_servers(cluster.services[place], random);
                changed.push_back(&cluster.services[place]);
            }
            patches += by_patch(patched, cluster, changed);
            whole_build(whole, cluster);
            expect_same(patched, whole, cluster, "seed " + std::to_string(seed) + " step " + std::to_string(step));
            for (const auto& [name, id] : held) EXPECT_EQ(patched.id(name.first, name.second), id) << seed << ' ' << step;
            if (HasFailure()) return;
        }
    }
    EXPECT_GT(patches, 400u);       // of 480
    EXPECT_LT(patches, 12u * 40u);  // the pool is small: now and then it is laid out anew
}

model::Service service(Port port, std::vector<model::Server> servers) {
    return {.key = {.address = Address::v4(0xc0a85817), .port = port}, .scheduler = "rr", .servers = std::move(servers)};
}

model::Server server(std::uint32_t last, std::uint32_t weight) { return {.endpoint = {Address::v4(0x0a000000 | last), 80}, .weight = weight}; }

TEST(Patch, TouchesOnlyWhatItConcerns) {
    Twin twin;
    whole_build(twin, {.services = {service(80, {server(2, 1), server(3, 1)}), service(81, {server(2, 1)})}});
    const model::Service now = service(80, {server(2, 1), server(3, 0)});
    const model::Service* const changed[] = {&now};
    const auto patch = patch_of(changed, twin.running(), limits);
    ASSERT_TRUE(patch && *patch);
    EXPECT_EQ((*patch)->services.size(), 1u);
    EXPECT_EQ((*patch)->servers.size(), 2u);
    EXPECT_EQ((*patch)->pool.size(), 1u);
    EXPECT_TRUE((*patch)->joined.empty() && (*patch)->left.empty() && (*patch)->filter.empty());
}

TEST(Patch, LeavesToTheWholeBuildWhatItCannotDo) {
    const model::Service known = service(80, {server(2, 1)}), strange = service(81, {});
    const model::Service* const change[] = {&known};
    const model::Service* const other[] = {&strange};
    const auto nothing = patch_of(change, {}, limits);
    ASSERT_TRUE(nothing);
    EXPECT_FALSE(*nothing);
    Twin twin;
    whole_build(twin, {.services = {known}});
    EXPECT_FALSE(*patch_of(other, twin.running(), limits));
    EXPECT_TRUE(*patch_of(change, twin.running(), limits));
    twin.image.areas.clear();  // adopted
    EXPECT_FALSE(*patch_of(change, twin.running(), limits));
}

TEST(Patch, RefusesWhatTheWholeBuildRefuses) {
    Twin twin;
    model::Service heavy = service(80, {server(2, 1)});
    heavy.scheduler = "wrr";
    whole_build(twin, {.services = {heavy}});
    heavy.servers.clear();
    for (std::uint32_t i = 1; i < 20; ++i) heavy.servers.push_back(server(i, 0x7fffffff - i));
    const model::Service* const changed[] = {&heavy};
    const auto refused = patch_of(changed, twin.running(), limits);
    const auto as_well = build({.services = {heavy}}, twin.running(), limits);
    ASSERT_FALSE(refused);
    ASSERT_FALSE(as_well);
    EXPECT_EQ(refused.error(), as_well.error());
}

}  // namespace
}  // namespace lvx::plan
