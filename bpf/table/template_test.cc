// Templates: their names and masks, their time, and how long they live compared with IPVS's counting of connections.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <barrier>
#include <map>
#include <optional>
#include <thread>
#include <vector>

#include "bpf/table/test_table.hh"

namespace lvx::table {
namespace {

constexpr std::uint8_t tcp = 6;
constexpr std::uint32_t rearmed = 60;  // IPVS's seconds for a template that still has connections

abi::address masked(abi::address address, std::uint32_t prefix) {
    address_mask(&address, prefix);
    return address;
}

// The first `bits` bits, one by one.
abi::address masked_slowly(abi::address address, std::uint32_t bits) {
    for (std::uint32_t bit = bits; bit < 128; ++bit) address.bytes[bit / 8] &= static_cast<std::uint8_t>(~(0x80u >> bit % 8));
    return address;
}

RC_GTEST_PROP(Template, MasksLikeABitByBitMask, (std::uint64_t seed)) {
    abi::address address;
    for (auto& half : address.halves) half = splitmix(seed);
    const auto prefix = *rc::gen::inRange<std::uint32_t>(0, 129);
    const abi::address fast = masked(address, prefix), slow = masked_slowly(address, prefix);
    RC_ASSERT(fast.halves[0] == slow.halves[0] && fast.halves[1] == slow.halves[1]);
}

// One service with a persistence, a connection of its own for each opening; time in ticks of a second.
class Clients {
 public:
    explicit Clients(std::uint32_t timeout, std::uint64_t seed = 1) : table_({.buckets = 64, .services = 2, .servers_each = 3, .seed = seed}), timeout_(timeout) {
        abi::service& service = table_.service(0);
        service.flags = SERVICE_PERSISTENT;
        service.protocol = tcp;
        service.persistence_prefix = 128 - 8;
        service.timeout_ticks[STATE_template] = timeout;
        for (std::uint32_t id = 0; id < 3; ++id) table_.server(id).flags = SERVER_AVAILABLE;
    }

    lookup name(const abi::address& client) {
        lookup result{};
        result.now = now;
        template_name(&result, &table_.service(0), 0, &client);
        return result;
    }
    // As step/persist.h does it; which server it is.
    std::uint32_t open(const abi::address& client, std::uint16_t port, std::uint32_t server, std::uint32_t lasts) {
        lookup kept = name(client);
        const int index = table_find_request(table_.get(), &kept);
        if (index >= 0 && template_renew(table_.get(), &kept, static_cast<std::uint32_t>(index), now + timeout_)) {
            server = table_.slot(static_cast<std::uint32_t>(index)).server;
        } else {
            opening made = table_.to(0, server, STATE_template);
            EXPECT_GE(table_insert(table_.get(), &kept, &made), 0);
        }
        lookup asked = table_.request(client, port, tcp, 0, now);
        opening offered = table_.to(0, server, STATE_established);
        offered.timeout = lasts;
        EXPECT_GE(table_insert(table_.get(), &asked, &offered), 0);
        return server;
    }
    std::optional<std::uint32_t> kept(const abi::address& client) {
        lookup asked = name(client);
        const int index = table_find_request(table_.get(), &asked);
        return index < 0 ? std::nullopt : std::optional(control_expires(asked.control));
    }
    sweep_count sweep() { return table_sweep(table_.get(), 0, table_.slot_count(), 0, now); }
    TestTable& table() { return table_; }

    std::uint32_t now = 1000;

 private:
    TestTable table_;
    std::uint32_t timeout_;
};

TEST(Template, IsNamedByNetworkServiceAndNoClientPort) {
    Clients clients(100);
    const lookup one = clients.name(mapped(0xc0a85815)), same = clients.name(mapped(0xc0a858fe)), other = clients.name(mapped(0xc0a85915));
    EXPECT_TRUE(address_equal(&one.client, &same.client));
    EXPECT_FALSE(address_equal(&one.client, &other.client));
    EXPECT_EQ(one.flags, CONNECTION_TEMPLATE);
    EXPECT_EQ(one.other_port, clients.table().service(0).port);
}

TEST(Template, CountsAsPersistentAndAsNothingElse) {
    Clients clients(100);
    const std::uint32_t server = clients.open(mapped(0xc0a85815), 7, 1, 900);
    EXPECT_EQ(clients.table().load(server).total, 1u);
    EXPECT_EQ(clients.table().load(server).persistent, 1u);
    clients.now += 1001;
    clients.sweep();
    EXPECT_EQ(clients.table().load(server).total, 0u);
    EXPECT_EQ(clients.table().load(server).persistent, 0u);
    EXPECT_EQ(recount(clients.table()).wrong_tags, 0u);
}

TEST(Template, IsAssuredOnceAConnectionOfItWasEstablishedAndStaysSo) {
    Clients clients(100);
    const abi::address client = mapped(0xc0a85815);
    clients.open(client, 7, 1, 900);
    const auto slot_of = [&](std::uint8_t flags) -> connection& {
        for (std::uint32_t index = 0;; ++index)
            if (connection& slot = clients.table().slot(index); control_live(slot.control, clients.now) && slot.flags == flags) return slot;
    };
    connection& one = slot_of(0);
    const connection& kept = slot_of(CONNECTION_TEMPLATE);
    for (const std::uint32_t state : {STATE_syn_recv, STATE_close, STATE_synack}) {
        one.control = control_with(one.control, state, control_expires(one.control));
        clients.sweep();
        EXPECT_FALSE(template_assured(&kept)) << state;
    }
    one.control = control_with(one.control, STATE_established, control_expires(one.control));
    clients.sweep();
    EXPECT_TRUE(template_assured(&kept));
    one.control = control_with(one.control, STATE_close, control_expires(one.control));
    clients.sweep();
    EXPECT_TRUE(template_assured(&kept));
}

TEST(Template, OfUdpIsAssuredByAReply) {
    Clients clients(100);
    clients.open(mapped(0xc0a85815), 7, 1, 900);
    for (std::uint32_t index = 0; index < clients.table().slot_count(); ++index) {
        connection& slot = clients.table().slot(index);
        if (control_live(slot.control, clients.now) && !slot.flags) slot.control = control_with(slot.control, STATE_udp, control_expires(slot.control));
    }
    const auto assured = [&] {
        table_assure(clients.table().get(), 0, clients.now);
        int count = 0;
        for (std::uint32_t index = 0; index < clients.table().slot_count(); ++index)
            count += clients.table().slot(index).flags && template_assured(&clients.table().slot(index));
        return count;
    };
    EXPECT_EQ(assured(), 0);
    for (std::uint32_t index = 0; index < clients.table().slot_count(); ++index)
        if (connection& slot = clients.table().slot(index); control_live(slot.control, clients.now) && !slot.flags) slot.return_generation = 4;
    EXPECT_EQ(assured(), 1);
}

TEST(Template, MovesWithItsFlagAndIsFoundAfterwards) {
    Clients clients(100);
    clients.open(mapped(0xc0a85815), 7, 1, 900);
    lookup asked = clients.name(mapped(0xc0a85815));
    const int index = table_find_request(clients.table().get(), &asked);
    lookup mover = asked;
    ASSERT_EQ(table_move(clients.table().get(), &mover, static_cast<std::uint32_t>(index)), 1);
    slot_free(clients.table().get(), static_cast<std::uint32_t>(index), &clients.table().slot(static_cast<std::uint32_t>(index)), mover.control);
    EXPECT_TRUE(clients.kept(mapped(0xc0a85815)));
    EXPECT_EQ(clients.table().load(1).persistent, 1u);
}

TEST(Template, IsKeptByALiveConnectionOfItsServerOnly) {
    for (const bool same : {true, false}) {
        Clients clients(10);
        clients.open(mapped(0xc0a85815), 7, 1, 900);
        if (!same) {
            lookup asked = clients.name(mapped(0xc0a85815));
            const int index = table_find_request(clients.table().get(), &asked);
            clients.table().slot(static_cast<std::uint32_t>(index)).server = 2;
            --clients.table().load(1).persistent;
            ++clients.table().load(2).persistent;
        }
        for (int tick = 0; tick < 20; ++tick, ++clients.now) clients.sweep();
        EXPECT_EQ(clients.kept(mapped(0xc0a85815)).has_value(), same);
    }
}

// Without the service's id in their names all of a client's templates would want the same sixteen places.
TEST(Template, AClientHasOneAtEachOfManyServices) {
    constexpr std::uint32_t services = 400;
    TestTable table({.buckets = 128, .services = services, .servers_each = 1});
    const abi::address client = mapped(0xc0a85815);
    for (std::uint32_t id = 0; id < services; ++id) {
        lookup named{};
        named.now = 100;
        template_name(&named, &table.service(id), id, &client);
        ASSERT_EQ(table_find_request(table.get(), &named), TABLE_MISS);
        opening made = table.to(id, id, STATE_template);
        EXPECT_GE(table_insert(table.get(), &named, &made), 0) << id;
        EXPECT_EQ(made.existed, 0);
    }
    EXPECT_EQ(recount(table).live, services);
}

TEST(Template, ARenewalNeverShortensItsTime) {
    Clients clients(100);
    clients.open(mapped(0xc0a85815), 7, 1, 900);
    lookup asked = clients.name(mapped(0xc0a85815));
    const auto index = static_cast<std::uint32_t>(table_find_request(clients.table().get(), &asked));
    EXPECT_EQ(template_renew(clients.table().get(), &asked, index, clients.now + 5), 1);
    EXPECT_EQ(clients.kept(mapped(0xc0a85815)), clients.now + 100);
    clients.now += 101;
    asked.now = clients.now;
    EXPECT_EQ(template_renew(clients.table().get(), &asked, index, clients.now + 100), 0);  // it was over
}

// Two CPUs with a client's first two connections: both follow one template.
TEST(Template, OfTwoMadeAtOnceOneStaysAndBothHearOfIt) {
    for (std::uint32_t round = 0; round < 300; ++round) {
        TestTable table({.buckets = 4, .services = 1, .servers_each = 2, .seed = round});
        const abi::address client = mapped(0xc0a85815 + round);
        std::array<std::uint32_t, 2> follows{};
        std::barrier together(2);
        {
            std::array<std::jthread, 2> cpus;
            for (std::uint32_t cpu = 0; cpu < 2; ++cpu)
                cpus[cpu] = std::jthread([&, cpu] {
                    lookup named{};
                    named.now = 100;
                    template_name(&named, &table.service(0), 0, &client);
                    opening made = table.to(0, cpu, STATE_template);
                    together.arrive_and_wait();
                    const int index = table_insert(table.get(), &named, &made);
                    follows[cpu] = index < 0 ? ID_NONE : made.existed ? slot_server(&table.slot(static_cast<std::uint32_t>(index))) : cpu;
                });
        }
        const Recount counted = recount(table);
        ASSERT_EQ(counted.live, 1u);
        ASSERT_EQ(follows[0], follows[1]);
        ASSERT_EQ(table.load(follows[0]).persistent, 1u);
        ASSERT_EQ(table.load(1 - follows[0]).persistent, 0u);
    }
}

// What IPVS promises: its time is not over, or it has a connection.  Its minute of grace begins when the timer happens to
// fire, here a little before, so that either may outlive the other by what is left of one.
struct Promised {
    std::uint32_t server = 0, ends = 0;
    std::uint32_t last_connection = 0;  // the last tick at which it had one

    bool lives(std::uint32_t now) const { return now <= ends || now <= last_connection; }
    std::uint32_t latest() const { return std::max(ends, last_connection + rearmed + TEMPLATE_ENDING_TICKS); }
};

RC_GTEST_PROP(Template, LivesAsLongAsItsConnectionsAndAMinuteLongerAtMost, (std::uint64_t seed)) {
    std::uint64_t random = seed;
    const auto draw = [&](std::uint32_t limit) { return static_cast<std::uint32_t>(splitmix(random) % limit); };
    const std::uint32_t timeout = 1 + draw(draw(2) ? 5 : 200);
    Clients clients(timeout, seed);
    std::map<std::uint32_t, Promised> model;  // by network
    std::uint16_t port = 1;
    for (int tick = 0; tick < 400; ++tick, ++clients.now) {
        for (auto each = model.begin(); each != model.end();) {
            const bool kept = clients.kept(mapped(0x0a000000 + (each->first << 8))).has_value();
            if (each->second.lives(clients.now)) RC_ASSERT(kept);
            if (kept) RC_ASSERT(clients.now <= each->second.latest());
            each = kept ? std::next(each) : model.erase(each);
        }
        if (draw(2)) clients.sweep();
        for (std::uint32_t left = draw(8) == 0 ? 2 : 0; left > 0; --left) {
            const std::uint32_t network = draw(5), lasts = 1 + draw(100), wanted = draw(3);
            const auto known = model.find(network);
            const std::uint32_t got = clients.open(mapped(0x0a000000 + (network << 8) + draw(256)), port++, wanted, lasts);
            if (known != model.end()) RC_ASSERT(got == known->second.server);
            if (known == model.end()) RC_ASSERT(got == wanted);
            Promised& promised = model[network];
            promised.server = got;
            promised.ends = std::max(promised.ends, clients.now + timeout);
            promised.last_connection = std::max(promised.last_connection, clients.now + lasts);
        }
        clients.sweep();
    }
}

}  // namespace
}  // namespace lvx::table
