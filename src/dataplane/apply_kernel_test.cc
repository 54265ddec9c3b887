#include <bpf/bpf.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <future>
#include <utility>

#include "bpf/table/sweep.h"
#include "dataplane/kernel_fixture.hh"
#include "dataplane/image_store.hh"
#include "dataplane/loader.hh"
#include "plan/image.hh"

namespace lvx::dataplane::testing {
namespace {

// All tests of this file share one data plane, because the verifier takes its time; each leaves it empty.
class Apply : public KernelTest {
 protected:
    static void TearDownTestSuite() {
        if (dataplane_) dataplane_->stop();
        dataplane_.reset();
    }
    void SetUp() override {
        if (!dataplane_) dataplane_ = opened();
        ASSERT_TRUE(dataplane_);
        tables_ = std::move(*open_tables(*Pins::open(directory())));
    }
    void TearDown() override {
        for (abi::connection& slot : tables_.connections.all())
            if (slot.control != 0) slot.control = (slot.control & ~0xffffffffull) | (tick() - 1);
        for (int i = 0; i < 1000 && dataplane_->use().connections > 0; ++i) dataplane_->sweep();
        for (abi::server_load& load : tables_.server_loads.all()) load = {};
        for (std::uint32_t last = 2; last < 5; ++last) dataplane_->set_ways({{.server = Address::v4(0x0a000000 | last)}});
        for (int i = 0; i < 3; ++i) EXPECT_TRUE(dataplane_->apply({}));
    }

    // Ids of a service in both sets, as packets find them.
    std::optional<abi::service_id> lookup(const model::ServiceKey& key) const {
        const abi::service_key bytes = plan::map_key(key);
        abi::service_id value;
        if (bpf_map_lookup_elem(tables_.service_ids.get(), &bytes, &value) != 0) return std::nullopt;
        return value;
    }
    abi::server& active_server(const Endpoint& endpoint) const {
        const auto rows = tables_.servers_of(tables_.active_set());
        const auto found = std::ranges::find_if(rows, [&](const abi::server& row) {
            return row.family != 0 && plan::endpoint_of(row) == endpoint;
        });
        EXPECT_NE(found, rows.end()) << endpoint.text();
        return *found;
    }
    std::uint32_t server_id(const Endpoint& endpoint) const {
        return static_cast<std::uint32_t>(&active_server(endpoint) - tables_.servers_of(tables_.active_set()).data());
    }
    // What a first packet does.
    void open_connection(std::uint16_t client_port, const model::ServiceKey& key, const Endpoint& server, std::uint32_t timeout) const {
        const abi::service_id ids = *lookup(key);
        const table::table table = connection_table(tables_);
        table::lookup lookup = {.client = plan::abi_address(Address::v4(0xc0a85815)),
                                .other = plan::abi_address(key.address),
                                .client_port = client_port,
                                .other_port = plan::map_key(key).port,
                                .protocol = static_cast<std::uint8_t>(key.protocol),
                                .now = tick(),
                                .set = tables_.active_set()};
        ASSERT_EQ(table::table_find_request(&table, &lookup), table::TABLE_MISS);
        table::opening opening = {.service = ids.id[tables_.active_set()],
                                  .server = server_id(server),
                                  .server_port = active_server(server).port,
                                  .state = STATE_established,
                                  .timeout = timeout};
        ASSERT_GE(table::table_insert(&table, &lookup, &opening), 0);
    }
    std::uint32_t tick() const {
        const Fd clock = *Pins::open(directory())->get("program_clock");
        return static_cast<std::uint32_t>(jiffies(clock) >> tables_.header().tick_shift);
    }

    static inline std::unique_ptr<Dataplane> dataplane_;
    Tables tables_;
};

model::Server server(std::uint32_t last, std::uint32_t weight) {
    return {.endpoint = {Address::v4(0x0a000000 | last), 80}, .weight = weight};
}

model::Service service(std::uint16_t port, std::vector<model::Server> servers) {
    return {.key = {.address = Address::v4(0xc0a85817), .port = port}, .scheduler = "rr", .servers = std::move(servers)};
}

ServerWay way(std::uint32_t last, std::uint8_t mac) {
    return {.server = server(last, 1).endpoint.address,
            .way = net::Way{.ifindex = 7, .mtu = 1400, .source_mac = {2, 0, 0, 0, 0, 1}, .mac = net::Mac{2, 0, 0, 0, 0, mac}}};
}

std::vector<api::ConnectionSnapshot> listed(const Dataplane& dataplane) {
    std::vector<api::ConnectionSnapshot> result;
    (void)dataplane.connections(0, [&](const api::ConnectionSnapshot& connection) {
        result.push_back(connection);
        return api::Visit::next;
    });
    return result;
}

TEST_F(Apply, ShowsPacketsTheOtherSet) {
    const std::uint32_t before = tables_.active_set();
    ASSERT_TRUE(dataplane_->apply({.services = {service(80, {server(2, 1)})}}));
    EXPECT_EQ(tables_.active_set(), 1 - before);
    const auto ids = lookup(service(80, {}).key);
    ASSERT_TRUE(ids);
    EXPECT_EQ(ids->id[before], ID_NONE);
    EXPECT_TRUE(tables_.services_of(1 - before)[ids->id[1 - before]].flags & abi::SERVICE_PRESENT);
}

// What a daemon that adopts these tables would read.
model::Cluster read_back(const Tables& tables) {
    const Grace grace = *Grace::make();
    const Nexthops nexthops(tables, grace);
    return plan::cluster_of(*ImageStore(tables, grace, nexthops).adopt());
}

TEST_F(Apply, ShowsPacketsAChangeOfOneServiceAsItShowsAllOfThem) {
    model::Cluster cluster{.services = {service(80, {server(2, 1), server(3, 1)}), service(81, {server(2, 1), server(4, 2)})}};
    ASSERT_TRUE(dataplane_->apply(cluster));
    for (std::uint32_t step = 0; step < 24; ++step) {
        const std::size_t place = step % 3 == 0;
        std::vector<model::Server>& servers = cluster.services[place].servers;
        if (step % 5 == 0) servers.push_back(server(10 + step, 3));
        else if (step % 5 == 1) servers.pop_back();
        else servers[0].weight = step;
        ASSERT_TRUE(dataplane_->apply_some(cluster, std::span(&place, 1)));
        EXPECT_EQ(read_back(tables_), cluster) << step;
        // Sometimes the other set is made equal first.
        if (step % 4 == 0) dataplane_->sweep();
        if (step == 12) ASSERT_TRUE(dataplane_->apply(cluster));
    }
}

TEST_F(Apply, RefusesAChangeOfOneServiceAsAWhole) {
    model::Cluster cluster{.services = {service(80, {server(2, 1)})}};
    ASSERT_TRUE(dataplane_->apply(cluster));
    const model::Cluster before = cluster;
    cluster.services[0].servers.push_back(server(2, 7));  // stands twice
    const std::size_t place = 0;
    EXPECT_FALSE(dataplane_->apply_some(cluster, std::span(&place, 1)));
    EXPECT_EQ(read_back(tables_), before);
}

TEST_F(Apply, ChangesNothingWhenItIsRefused) {
    ASSERT_TRUE(dataplane_->apply({.services = {service(80, {server(2, 1)})}}));
    const std::uint32_t set = tables_.active_set();
    std::vector<model::Server> many;
    for (std::uint32_t i = 1; i <= 257; ++i) many.push_back({.endpoint = {Address::v4(0x0a010000 | i), 80}});
    const auto refused = dataplane_->apply({.services = {service(81, many)}});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ENOSPC);
    EXPECT_EQ(tables_.active_set(), set);
    EXPECT_FALSE(lookup(service(81, {}).key));
}

TEST_F(Apply, ForgetsTheKeyOfARemovedServiceOnceNobodyNeedsIt) {
    const model::ServiceKey key = service(80, {}).key;
    ASSERT_TRUE(dataplane_->apply({.services = {service(80, {})}}));
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(dataplane_->apply({}));
    EXPECT_FALSE(lookup(key));
}

TEST_F(Apply, KeepsTheCursorOfAnUnchangedService) {
    const model::Cluster cluster{.services = {service(80, {server(2, 1), server(3, 1)})}};
    ASSERT_TRUE(dataplane_->apply(cluster));
    const std::uint32_t id = lookup(cluster.services[0].key)->id[tables_.active_set()];
    tables_.schedule_cursors[id].position = 5;
    model::Cluster larger = cluster;
    larger.services.push_back(service(81, {}));
    ASSERT_TRUE(dataplane_->apply(larger));
    EXPECT_EQ(tables_.schedule_cursors[id].position, 5u);
}

TEST_F(Apply, SetsTheFilterOfTheNewSetAndClearsTheOld) {
    ASSERT_TRUE(dataplane_->apply({.services = {service(80, {server(2, 1)})}}));
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(dataplane_->apply({}));
    EXPECT_TRUE(std::ranges::all_of(tables_.address_filter.all(), [](const abi::filter_line& line) {
        return std::ranges::all_of(line.bytes, [](auto byte) { return byte == 0; });
    }));
}

TEST_F(Apply, RecomputesTheOverloadFlagWhenAThresholdChanges) {
    model::Cluster cluster{.services = {service(80, {server(2, 1)})}};
    ASSERT_TRUE(dataplane_->apply(cluster));
    const Endpoint endpoint = server(2, 1).endpoint;
    abi::server_load& load = tables_.server_loads[server_id(endpoint)];
    load.total = 10;
    cluster.services[0].servers[0].upper_threshold = 10;
    ASSERT_TRUE(dataplane_->apply(cluster));
    EXPECT_EQ(load.overloaded, 1u);
    cluster.services[0].servers[0].upper_threshold = 13;  // three quarters: 10, and 10 is not less
    ASSERT_TRUE(dataplane_->apply(cluster));
    EXPECT_EQ(load.overloaded, 1u);
    cluster.services[0].servers[0].upper_threshold = 15;  // 12
    ASSERT_TRUE(dataplane_->apply(cluster));
    EXPECT_EQ(load.overloaded, 0u);
}

TEST_F(Apply, KeepsARemovedServersIdUntilItsLastConnectionEnds) {
    const model::Service both = service(80, {server(2, 1), server(3, 1)}), one = service(80, {server(3, 1)});
    ASSERT_TRUE(dataplane_->apply({.services = {both}}));
    open_connection(1, both.key, server(2, 1).endpoint, 1000);
    const std::uint32_t id = server_id(server(2, 1).endpoint);
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(dataplane_->apply({.services = {one}}));
    EXPECT_EQ(server_id(server(2, 1).endpoint), id);
    EXPECT_EQ(active_server(server(2, 1).endpoint).flags, 0u);
    EXPECT_EQ(listed(*dataplane_).at(0).server, server(2, 1).endpoint);
}

TEST_F(Apply, ListsConnectionsInPages) {
    const model::Service web = service(80, {server(2, 1)});
    ASSERT_TRUE(dataplane_->apply({.services = {web}}));
    for (std::uint16_t port = 1; port <= 10; ++port) open_connection(port, web.key, server(2, 1).endpoint, 1000);
    EXPECT_EQ(listed(*dataplane_).size(), 10u);
    std::size_t seen = 0, pages = 0;
    std::uint64_t from = 0;
    do {
        std::size_t page = 0;
        from = dataplane_->connections(from, [&](const api::ConnectionSnapshot& connection) {
            EXPECT_EQ(connection.state, "ESTABLISHED");
            EXPECT_EQ(connection.virtual_service, (Endpoint{web.key.address, 80}));
            ++seen;
            return ++page == 3 ? api::Visit::stop : api::Visit::next;
        });
        ++pages;
    } while (from != api::end_of_table);
    EXPECT_EQ(seen, 10u);
    EXPECT_GE(pages, 4u);
    EXPECT_EQ(dataplane_->use().connections, 10u);
    EXPECT_EQ(dataplane_->server_traffic(web.key, server(2, 1).endpoint).active, 10u);
}

TEST_F(Apply, SweepsExpiredConnectionsAndLeavesOthers) {
    const model::Service web = service(80, {server(2, 1)});
    ASSERT_TRUE(dataplane_->apply({.services = {web}}));
    open_connection(1, web.key, server(2, 1).endpoint, 1000);
    open_connection(2, web.key, server(2, 1).endpoint, 1000);
    // As if its time had run out: the second one's expiry is moved to the past.
    for (abi::connection& slot : tables_.connections.all())
        if (slot.client_port == 2) slot.control = (slot.control & ~0xffffffffull) | (tick() - 1);
    for (int i = 0; i < 1000 && dataplane_->use().connections == 2; ++i) dataplane_->sweep();
    EXPECT_EQ(dataplane_->use().connections, 1u);
    EXPECT_EQ(listed(*dataplane_).size(), 1u);
}

TEST_F(Apply, CountsSinceTheLastZeroEvenAfterARestart) {
    const model::Service web = service(80, {server(2, 1)});
    ASSERT_TRUE(dataplane_->apply({.services = {web}}));
    const std::uint32_t id = lookup(web.key)->id[tables_.active_set()];
    abi::traffic_counter& last_cpu = tables_.service_counters[(tables_.header().cpus - 1) * tables_.header().max_services + id];
    last_cpu.in_packets = 7;
    EXPECT_EQ(dataplane_->service_counters(web.key).in_packets, 7u);
    dataplane_->zero(web.key);
    EXPECT_EQ(dataplane_->service_counters(web.key).in_packets, 0u);
    last_cpu.in_packets += 2;
    dataplane_.reset();
    dataplane_ = opened();
    EXPECT_EQ(dataplane_->service_counters(web.key).in_packets, 2u);
}

TEST_F(Apply, StartsTheCountersOfANewServiceAtZero) {
    const model::Service web = service(80, {}), mail = service(25, {});
    ASSERT_TRUE(dataplane_->apply({.services = {web}}));
    tables_.service_counters[lookup(web.key)->id[tables_.active_set()]].in_packets = 7;
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(dataplane_->apply({}));
    ASSERT_TRUE(dataplane_->apply({.services = {mail}}));
    EXPECT_EQ(dataplane_->service_counters(mail.key).in_packets, 0u);
}

TEST_F(Apply, StartsTheServersOfAServiceThatWasRemovedAtZero) {
    const model::Service web = service(80, {server(2, 1)}), empty = service(80, {});
    ASSERT_TRUE(dataplane_->apply({.services = {web}}));
    const std::uint32_t id = server_id(server(2, 1).endpoint);
    tables_.server_loads[id].total = 1;  // a connection keeps its id
    tables_.server_counters[id].connections = 7;
    ASSERT_TRUE(dataplane_->apply({.services = {empty}}));
    ASSERT_TRUE(dataplane_->apply({.services = {web}}));
    EXPECT_EQ(dataplane_->server_traffic(web.key, server(2, 1).endpoint).counters.connections, 7u);
    ASSERT_TRUE(dataplane_->apply({}));
    ASSERT_TRUE(dataplane_->apply({.services = {web}}));
    EXPECT_EQ(server_id(server(2, 1).endpoint), id);
    EXPECT_EQ(dataplane_->server_traffic(web.key, server(2, 1).endpoint).counters.connections, 0u);
    tables_.server_loads[id].total = 0;
}

TEST_F(Apply, GivesServersTheirNextHopBeforeAndAfterTheyAreAdded) {
    ASSERT_TRUE(dataplane_->apply({.services = {service(80, {server(2, 1), server(3, 1)})}}));
    EXPECT_EQ(active_server(server(2, 1).endpoint).nexthop, std::uint32_t{NEXTHOP_NONE});
    dataplane_->set_ways({way(2, 0x22), way(4, 0x44)});
    const std::uint32_t first = active_server(server(2, 1).endpoint).nexthop;
    ASSERT_NE(first, std::uint32_t{NEXTHOP_NONE});
    EXPECT_EQ(tables_.nexthops[first].destination_mac[5], 0x22);
    EXPECT_EQ(tables_.nexthops[first].mtu, 1400u);
    EXPECT_EQ(active_server(server(3, 1).endpoint).nexthop, std::uint32_t{NEXTHOP_NONE});
    ASSERT_TRUE(dataplane_->apply({.services = {service(80, {server(2, 1), server(4, 1)})}}));
    EXPECT_EQ(active_server(server(2, 1).endpoint).nexthop, first);
    EXPECT_EQ(tables_.nexthops[active_server(server(4, 1).endpoint).nexthop].destination_mac[5], 0x44);
}

TEST_F(Apply, NeverChangesANextHopThatAServerNames) {
    ASSERT_TRUE(dataplane_->apply({.services = {service(80, {server(2, 1), server(3, 1)})}}));
    dataplane_->set_ways({way(2, 1), way(3, 2)});
    const std::uint32_t steady = active_server(server(2, 1).endpoint).nexthop;
    // More changes than there are entries: 257 for 256 servers and "none".
    for (int i = 0; i < 600; ++i) {
        dataplane_->set_ways({way(3, static_cast<std::uint8_t>(i % 250 + 3))});
        ASSERT_EQ(active_server(server(2, 1).endpoint).nexthop, steady);
        ASSERT_EQ(tables_.nexthops[steady].destination_mac[5], 1);
        const abi::nexthop& entry = tables_.nexthops[active_server(server(3, 1).endpoint).nexthop];
        ASSERT_EQ(entry.destination_mac[5], i % 250 + 3);
    }
}

TEST_F(Apply, TakesAWayBackWhenTheNeighbourIsGone) {
    ASSERT_TRUE(dataplane_->apply({.services = {service(80, {server(2, 1)})}}));
    dataplane_->set_ways({way(2, 1)});
    dataplane_->set_ways({{.server = server(2, 1).endpoint.address}});
    EXPECT_EQ(active_server(server(2, 1).endpoint).nexthop, std::uint32_t{NEXTHOP_NONE});
}

TEST_F(Apply, KeepsNextHopsOverARestart) {
    ASSERT_TRUE(dataplane_->apply({.services = {service(80, {server(2, 1)})}}));
    dataplane_->set_ways({way(2, 0x22)});
    dataplane_.reset();
    dataplane_ = opened();
    ASSERT_TRUE(dataplane_->apply(dataplane_->running()));
    EXPECT_EQ(tables_.nexthops[active_server(server(2, 1).endpoint).nexthop].destination_mac[5], 0x22);
}

TEST_F(Apply, MakesClientsWaysStale) {
    const std::uint32_t before = tables_.header().client_generation;
    dataplane_->forget_client_ways();
    EXPECT_NE(tables_.header().client_generation, before);
    EXPECT_NE(tables_.header().client_generation, 0u);
}

TEST_F(Apply, TellsACheckToComeBackInsteadOfWaitingForAChange) {
    const model::Service web = service(80, {server(2, 1)});
    const CheckFlow flow = {.place = {web.key, server(2, 1).endpoint}, .client = {Address::v4(0xa9fe4d02), 40000}, .destination = {web.key.address, 80}, .ifindex = 7, .station = {}};
    // The health thread's part; a lock is never tried by who holds it.
    const auto asked = [&] {
        return std::async(std::launch::async, [&] { return std::pair(dataplane_->begin_check(flow).error().code, dataplane_->end_check(flow)); }).get();
    };
    {
        const std::scoped_lock changing(*dataplane_->table_access()->configuration);
        EXPECT_EQ(asked(), std::pair(EBUSY, false));
    }
    EXPECT_EQ(asked(), std::pair(EAGAIN, true)) << "no interface has a hook here";
}

// The clock of the data plane and the length of its jiffies, beside the machine's own.
TEST_F(Apply, CountsJiffiesOfTheLengthItThinks) {
    const Fd clock = *Pins::open(directory())->get("program_clock");
    using Clock = std::chrono::steady_clock;
    const auto before_first = Clock::now();
    const std::uint64_t first = jiffies(clock);
    const auto after_first = Clock::now();
    auto before_last = after_first;
    std::uint64_t last = first;
    while (last < first + 50) {
        before_last = Clock::now();
        last = jiffies(clock);
    }
    const auto in_jiffies = [&](std::chrono::duration<double> time) { return time.count() * tables_.header().hertz; };
    const auto counted = static_cast<double>(last - first);
    // However long this process was kept from looking, and though a processor that is held up counts its jiffies late.
    EXPECT_GT(in_jiffies(Clock::now() - before_first), counted - 1.1);
    EXPECT_LT(in_jiffies(before_last - after_first), 3 * counted);
}

}  // namespace
}  // namespace lvx::dataplane::testing
