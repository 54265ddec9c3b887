#include "daemon/health_side.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lvx::daemon {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const Endpoint first{Address::v4(0x0a000002), 80}, second{Address::v4(0x0a000003), 80};

model::Pool pool_with(model::OnDown on_down, model::Protocol protocol) {
    model::Pool pool;
    pool.services = {{.protocol = protocol, .address = Address::v4(0xc0a85817), .port = 80}};
    pool.on_down = on_down;
    for (const Endpoint& endpoint : {first, second}) {
        model::WatchedServer server;
        server.endpoint = endpoint;
        pool.servers.push_back(server);
    }
    return pool;
}

health::View view_with(const model::Pool& pool, bool first_up) {
    health::View view = health::expected_view({pool}, {});
    view.pools[0].servers[0].up = first_up;
    return view;
}

std::vector<dataplane::ServerPlace> ending(const model::Pool& pool, bool before, bool after) {
    return ending_places(std::vector{pool}, view_with(pool, before), view_with(pool, after));
}

TEST(HealthSide, connections_of_a_dead_server_end_where_the_configuration_wants_it) {
    const model::Pool pool = pool_with(model::OnDown::reset, model::Protocol::tcp);
    EXPECT_THAT(ending(pool, true, false), ElementsAre(dataplane::ServerPlace{pool.services[0], first}));
    EXPECT_THAT(ending(pool_with(model::OnDown::keep, model::Protocol::tcp), true, false), IsEmpty());
}

TEST(HealthSide, datagrams_go_elsewhere_at_once_whatever_is_configured) {
    const model::Pool pool = pool_with(model::OnDown::keep, model::Protocol::udp);
    EXPECT_THAT(ending(pool, true, false), ElementsAre(dataplane::ServerPlace{pool.services[0], first}));
}

TEST(HealthSide, only_the_change_ends_connections) {
    const model::Pool pool = pool_with(model::OnDown::reset, model::Protocol::tcp);
    EXPECT_THAT(ending(pool, false, false), IsEmpty());
    EXPECT_THAT(ending(pool, false, true), IsEmpty());
    EXPECT_THAT(ending_places(std::vector{pool}, {}, view_with(pool, false)), IsEmpty());
}

}  // namespace
}  // namespace lvx::daemon
