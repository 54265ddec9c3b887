#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>

#include "abi/state.h"
#include "bpf/schedule/sequence.h"
#include "bpf/table/filter.h"
#include "plan/image.hh"
#include "plan/patch.hh"

namespace lvx::plan {
namespace {

constexpr Limits limits{.services = 8, .servers = 16, .pool_words = 8192};

model::Server server(std::uint32_t last, std::uint32_t weight) {
    return {.endpoint = {Address::v4(0x0a000000 | last), 80}, .weight = weight};
}

model::Service service(std::uint16_t port, std::vector<model::Server> servers) {
    return {.key = {.protocol = model::Protocol::tcp, .address = Address::v4(0xc0a85817), .port = port},
            .scheduler = "rr",
            .servers = std::move(servers)};
}

Image built(const model::Cluster& cluster, const Running& running) {
    auto image = build(cluster, running, limits);
    EXPECT_TRUE(image) << image.error().sentence();
    return image ? *image : Image{};
}

Image built(const model::Cluster& cluster) { return built(cluster, {}); }

Image after(const Image& before, const model::Cluster& cluster, std::vector<bool> in_use) {
    return built(cluster, {.image = &before, .cursors = std::vector<std::uint64_t>(limits.services), .server_in_use = std::move(in_use)});
}

std::uint32_t id_of(const Image& image, const model::Service& of, std::uint32_t last) {
    return image.registry.servers.at({image.registry.services.at(of.key), server(last, 1).endpoint});
}

TEST(Build, PutsTheLastAddedServerFirst) {
    const model::Service web = service(80, {server(2, 1), server(3, 2)});
    const Image image = built({.services = {web}});
    const abi::service& row = image.services[image.registry.services.at(web.key)];
    ASSERT_EQ(row.servers, 2u);
    EXPECT_EQ(image.pool[row.servers_at], id_of(image, web, 3));
    EXPECT_EQ(image.pool[row.servers_at + 1], 2u);
    EXPECT_EQ(image.pool[row.servers_at + 2], id_of(image, web, 2));
    EXPECT_EQ(image.pool[row.ring_at], id_of(image, web, 3));
}

TEST(Build, WritesTimeoutsInTicksThatAreNeverTooShort) {
    const model::Service web = service(80, {});
    const Image image = built({.services = {web}, .timeouts = {.tcp = std::chrono::seconds{900}, .udp = std::chrono::seconds{1}}});
    const abi::service& row = image.services[image.registry.services.at(web.key)];
    EXPECT_EQ(row.timeout_ticks[STATE_established], 879u);  // 900 * 250 / 256 = 878.9
    EXPECT_EQ(row.timeout_ticks[STATE_udp], 1u);
    EXPECT_EQ(row.timeout_ticks[STATE_syn_recv], 59u);
}

TEST(Build, MarksItsAddressesInTheFilter) {
    const Image image = built({.services = {service(80, {server(2, 1)})}});
    const abi::address virtual_address = abi_address(Address::v4(0xc0a85817)), real = abi_address(Address::v4(0x0a000002));
    EXPECT_TRUE(image.filter[abi::filter_index(&virtual_address)] & abi::FILTER_VIRTUAL);
    EXPECT_TRUE(image.filter[abi::filter_index(&real)] & abi::FILTER_SERVER);
    EXPECT_EQ(std::ranges::count_if(image.filter, [](auto byte) { return byte != 0; }), 2);
}

TEST(Build, IsReadBackAsTheClusterItWasBuiltFrom) {
    model::Service mail = service(25, {server(7, 65535), server(8, 0)});
    mail.scheduler = "mh";
    mail.scheduler_flags = model::flag_1 | model::flag_2;
    mail.servers[0].upper_threshold = 100;
    mail.servers[0].lower_threshold = 50;
    const model::Cluster cluster{.services = {service(80, {server(2, 1), server(3, 2)}), mail},
                                 .timeouts = {.tcp = std::chrono::seconds{77}}};
    EXPECT_EQ(cluster_of(built(cluster)), cluster);
}

TEST(Build, KeepsIdsWhenTheOrderOfServicesChanges) {
    const model::Service web = service(80, {server(2, 1)}), mail = service(25, {server(3, 1)});
    const Image before = built({.services = {web, mail}});
    const Image now = after(before, {.services = {mail, web}}, {});
    EXPECT_EQ(now.registry, before.registry);
    EXPECT_TRUE(now.cursors.empty());
}

TEST(Build, KeepsTheIdOfARemovedServerUntilNoConnectionNamesIt) {
    const model::Service two = service(80, {server(2, 1), server(3, 1)}), one = service(80, {server(3, 1)});
    const Image first = built({.services = {two}});
    const std::uint32_t id = id_of(first, two, 2);
    std::vector<bool> in_use(limits.servers);
    in_use[id] = true;
    const Image second = after(first, {.services = {one}}, in_use);
    EXPECT_EQ(second.servers[id].family, 4);
    EXPECT_FALSE(second.servers[id].flags & abi::SERVER_AVAILABLE);
    const Image third = after(second, {.services = {one}}, in_use);
    EXPECT_EQ(third.servers[id].family, 4);
    const Image fourth = after(third, {.services = {one}}, {});
    EXPECT_EQ(fourth.servers[id].family, 0);
}

TEST(Build, LetsConnectionsOfAKeptServerGoOnThoughNoListNamesIt) {
    const model::Service two = service(80, {server(2, 5), server(3, 1)}), one = service(80, {server(3, 1)});
    const Image first = built({.services = {two}});
    const std::uint32_t id = id_of(first, two, 2);
    const std::map<model::ServiceKey, std::vector<Endpoint>> kept{{two.key, {server(2, 1).endpoint}}};
    Running running{.image = &first, .cursors = std::vector<std::uint64_t>(limits.services), .server_in_use = std::vector<bool>(limits.servers, true), .kept = &kept};
    const model::Service* const changed[] = {&one};
    Image patched = first;
    carry_out(**patch_of(changed, running, limits), patched);
    for (const Image& image : {built({.services = {one}}, running), patched}) {
        EXPECT_TRUE(image.servers[id].flags & abi::SERVER_AVAILABLE);
        EXPECT_EQ(image.servers[id].weight, 0u);
        EXPECT_EQ(cluster_of(image), (model::Cluster{.services = {one}}));
        EXPECT_EQ(targets_of(image, image.registry.services.at(one.key)).size(), 1u);
        const model::Cluster none{};
        EXPECT_FALSE(built(none, {.image = &image, .server_in_use = running.server_in_use, .kept = &kept}).servers[id].flags & abi::SERVER_AVAILABLE)
            << "without its service there is nobody to keep it";
    }
}

TEST(Build, KeepsAnIdleRemovedServerForOneMoreChange) {
    const model::Service two = service(80, {server(2, 1), server(3, 1)}), one = service(80, {server(3, 1)});
    const Image first = built({.services = {two}});
    const std::uint32_t id = id_of(first, two, 2);
    const Image second = after(first, {.services = {one}}, {});
    EXPECT_EQ(second.servers[id].family, 4);
    const Image third = after(second, {.services = {one}}, {});
    EXPECT_EQ(third.servers[id].family, 0);
}

TEST(Build, GivesAServerThatComesBackItsOldId) {
    const model::Service two = service(80, {server(2, 1), server(3, 1)}), one = service(80, {server(3, 1)});
    const Image first = built({.services = {two}});
    const Image second = after(first, {.services = {one}}, {});
    const Image third = after(second, {.services = {two}}, {});
    EXPECT_EQ(id_of(third, two, 2), id_of(first, two, 2));
    EXPECT_TRUE(third.servers[id_of(third, two, 2)].flags & abi::SERVER_AVAILABLE);
}

TEST(Build, LeavesARemovedServiceItsKeyForOldConnections) {
    const model::Service web = service(80, {server(2, 1)});
    const Image first = built({.services = {web}});
    const std::uint32_t id = first.registry.services.at(web.key);
    std::vector<bool> in_use(limits.servers);
    in_use[id_of(first, web, 2)] = true;
    const Image second = after(after(first, {}, in_use), {}, in_use);
    EXPECT_FALSE(second.services[id].flags & abi::SERVICE_PRESENT);
    EXPECT_EQ(second.services[id].servers, 0u);
    EXPECT_GT(second.services[id].timeout_ticks[STATE_established], 0u);
    ASSERT_EQ(second.keys.size(), 1u);
    EXPECT_TRUE(after(second, {}, {}).keys.empty());
}

TEST(Build, StartsAServiceThatComesBackAtTheBeginning) {
    const model::Service web = service(80, {server(2, 1), server(3, 1)});
    const Image first = built({.services = {web}});
    const Image second = after(first, {}, {});
    const Image third = after(second, {.services = {web}}, {});
    EXPECT_EQ(third.cursors, (std::vector<CursorChange>{{third.registry.services.at(web.key), 0}}));
}

TEST(Build, RemembersTheLastWeightOfAQuiescedServer) {
    model::Service web = service(80, {server(2, 5), server(3, 1)});
    web.scheduler = "mh";
    const Image first = built({.services = {web}});
    web.servers[0].weight = 0;
    const Image second = after(first, {.services = {web}}, {});
    const Image third = after(second, {.services = {web}}, {});
    const abi::server& row = third.servers[id_of(third, web, 2)];
    EXPECT_EQ(row.weight, 0u);
    EXPECT_EQ(row.last_weight, 5u);
    const abi::service& header = third.services[third.registry.services.at(web.key)];
    EXPECT_EQ(std::ranges::count(std::span(third.pool).subspan(header.ring_at, mh_size), id_of(third, web, 2)), 3410);
}

TEST(Build, RemembersAPointerOnAQuiescedServer) {
    model::Service web = service(80, {server(2, 1), server(3, 1), server(4, 1)});
    const Image first = built({.services = {web}});
    const std::uint32_t id = first.registry.services.at(web.key);
    std::vector<std::uint64_t> cursors(limits.services);
    cursors[id] = 2;  // 4 and 3 were chosen
    web.servers[1].weight = 0;
    const Image second = built({.services = {web}}, {.image = &first, .cursors = cursors});
    cursors[id] = second.cursors.at(0).position;
    web.servers[1].weight = 1;
    const Image third = built({.services = {web}}, {.image = &second, .cursors = cursors});
    const abi::service& row = third.services[id];
    EXPECT_EQ(third.pool[row.ring_at + third.cursors.at(0).position % row.ring_period], id_of(third, web, 2));
}

TEST(Build, SaysWhichServerFindsNoPlace) {
    const model::Service web = service(80, {server(2, 1), server(3, 1)});
    const auto refused = build({.services = {web}}, {}, {.services = 1, .servers = 1, .pool_words = 100});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ENOSPC);
    EXPECT_NE(refused.error().doing.find("10.0.0.3:80"), std::string::npos) << refused.error().doing;
}

TEST(Build, FillsEveryPlaceAndNoneMore) {
    const model::Service web = service(80, {server(2, 1)}), mail = service(25, {});
    EXPECT_TRUE(build({.services = {web}}, {}, {.services = 1, .servers = 1, .pool_words = 6}));
    EXPECT_FALSE(build({.services = {web}}, {}, {.services = 1, .servers = 1, .pool_words = 5}));
    const auto refused = build({.services = {web, mail}}, {}, {.services = 1, .servers = 1, .pool_words = 100});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ENOSPC);
}

TEST(Build, RefusesWhatIsNotBuiltInYetByName) {
    model::Service direct = service(80, {server(2, 1)});
    direct.servers[0].method = model::Method::route;
    model::Service sip = service(81, {});
    sip.persistence_engine = "sip";
    model::Service odd = service(82, {});
    odd.scheduler = "lblcr";
    for (const model::Service& bad : {direct, sip, odd}) {
        const auto refused = build({.services = {bad}}, {}, limits);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, EOPNOTSUPP);
        EXPECT_NE(refused.error().doing.find(bad.key.text()), std::string::npos);
    }
}

TEST(Build, TakesAsManyWeightLevelsAsPacketsSearch) {
    constexpr std::uint32_t most = abi::SEGMENT_LIMIT;
    const Limits wide{.services = 1, .servers = most + 1, .pool_words = 1u << 20};
    model::Service web = service(80, {});
    web.scheduler = "wrr";
    for (std::uint32_t i = 1; i <= most; ++i) web.servers.push_back({.endpoint = {Address::v4(i), 80}, .weight = i});
    EXPECT_TRUE(build({.services = {web}}, {}, wide));
    web.servers.push_back({.endpoint = {Address::v4(most + 1), 80}, .weight = most + 1});
    const auto refused = build({.services = {web}}, {}, wide);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ERANGE);
}

TEST(Build, RefusesAServerThatStandsTwice) {
    const auto refused = build({.services = {service(80, {server(2, 1), server(2, 3)})}}, {}, limits);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, EEXIST);
}

}  // namespace
}  // namespace lvx::plan
