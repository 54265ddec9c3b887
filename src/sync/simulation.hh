// Two directors in ordinary memory, their packets, the link between them and everything that can go wrong with it, by
// seed and without a clock: for tests of Session.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "bpf/table/count.h"
#include "bpf/table/test_table.hh"
#include "sync/feed.hh"
#include "sync/session.hh"

namespace lvx::sync {

struct Dice {
    std::uint64_t state;
    std::uint64_t next() { return table::splitmix(state); }
    std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>(next() % bound); }
    bool chance(std::uint32_t percent) { return below(100) < percent; }
};

// A table with its change feed, and packets that meet it.
class SimulatedDirector {
 public:
    SimulatedDirector(std::uint64_t node, std::uint32_t buckets, std::uint64_t seed)
        : SimulatedDirector(node, {.buckets = buckets, .services = 4, .servers_each = 4, .seed = seed}) {}
    SimulatedDirector(std::uint64_t node, const table::TableShape& shape) : node(node), tables_(shape), packets(*tables_.get()) {
        const std::uint32_t buckets = shape.buckets;
        for (std::uint32_t id = 0; id < shape.services; ++id) {
            tables_.service(id).protocol = 6;
            tables_.service(id).flags = abi::SERVICE_PRESENT;
        }
        for (std::uint32_t id = 0; id < tables_.server_count(); ++id) tables_.server(id).flags = abi::SERVER_AVAILABLE;
        marks_.resize(table::mark_lines_for(buckets));
        lines_.resize(table::mark_line_lines_for(buckets));
        packets.marks = marks_.data();
        packets.mark_lines = lines_.data();
        packets.listener = &listener_;
        side = std::make_unique<TableSide>(packets, 0);
    }

    // Clients of one of the services keep their servers from now on.
    void persist() {
        abi::service& service = tables_.service(persistent);
        service.flags |= abi::SERVICE_PERSISTENT;
        service.persistence_prefix = 96 + 24;
        service.persistence_s = service.timeout_ticks[STATE_template] = 300;
    }

    // A packet of the client's `port` to a service, of a connection that is there or that it opens.
    void packet(std::uint32_t client, std::uint16_t port, std::uint32_t service, std::uint32_t event, std::uint32_t now, Dice& dice) {
        table::lookup lookup = tables_.request(table::mapped(0xc0a80000 + client), port, 6, service, now);
        const int found = table::table_find_request(&packets, &lookup);
        if (found >= 0) {
            table::table_advance(&packets, &lookup, static_cast<std::uint32_t>(found), std::uint32_t{table::FLOW_input} << 8 | event);
            count(found);
            return;
        }
        if (event != table::FLOW_syn) return;
        table::opening opening = tables_.to(service, tables_.server_of(service, dice.below(4)), STATE_syn_recv);
        if (tables_.service(service).flags & abi::SERVICE_PERSISTENT) follow(lookup, opening);
        const int slot = table::table_insert(&packets, &lookup, &opening);
        if (slot >= 0 && opened) opened->insert(identity(client, port, service));
        if (slot >= 0) count(slot);
    }
    void count(int slot) {
        const auto index = static_cast<std::uint32_t>(slot);
        if (told_packets && table::count_one(&tables_.slot(index), told_packets))
            table::table_mark_as(&packets, index, abi::MARK_counted);
    }
    // The template's server, or a template for the chosen one.
    void follow(const table::lookup& asked, table::opening& opening) {
        table::lookup lookup = asked;
        const abi::service& service = tables_.service(opening.service);
        table::template_name(&lookup, &service, opening.service, &asked.client);
        const int found = table::table_find_request(&packets, &lookup);
        if (found >= 0 && table::template_renew(&packets, &lookup, static_cast<std::uint32_t>(found), lookup.now + service.timeout_ticks[STATE_template])) {
            opening.server = tables_.slot(static_cast<std::uint32_t>(found)).server;
            return;
        }
        table::opening made = tables_.to(opening.service, opening.server, STATE_template);
        table::table_insert(&packets, &lookup, &made);
    }
    using Identity = std::tuple<std::uint32_t, std::uint16_t, std::uint32_t>;
    static Identity identity(std::uint32_t client, std::uint16_t port, std::uint32_t service) { return {client, port, service}; }

    // Every connection ends, untold.
    void forget(std::uint32_t now) {
        for (std::uint32_t slot = 0; slot < side->slots(); ++slot)
            if (const std::uint64_t control = side->control(slot)) table::table_remove(tables_.get(), slot, control, 0, now);
    }
    void sweep(std::uint32_t now) { table::table_sweep(&packets, 0, tables_.slot_count(), 0, now); }
    std::vector<std::uint32_t> changes() { return marked().changed; }
    Marked marked() { return Feed(marks_, lines_).drain(); }

    static std::string text_of(const SyncedConnection& one) {
        return one.key.client.text() + " " + one.key.destination.text() + " " + one.server.text() + " " + std::to_string(one.state);
    }
    // Every connection as text; what both sides must agree on.
    [[nodiscard]] std::set<std::string> contents(std::uint32_t now) const {
        std::set<std::string> result;
        for (std::uint32_t slot = 0; slot < side->slots(); ++slot) {
            std::uint64_t control = 0;
            const auto connection = side->read(slot, {.tick = now, .tick_us = 1'000'000}, control);
            if (!connection) continue;
            result.insert(text_of(*connection));
        }
        return result;
    }
    // Those that may be over on the other side: a copy's longer life is all they have left.
    [[nodiscard]] std::set<std::string> ending(std::uint32_t now) const {
        std::set<std::string> result;
        for (std::uint32_t slot = 0; slot < side->slots(); ++slot) {
            std::uint64_t control = 0;
            const auto connection = side->read(slot, {.tick = now, .tick_us = 1'000'000}, control);
            const auto left = static_cast<std::int32_t>(table::control_expires(control) - now);
            if (connection && left <= static_cast<std::int32_t>(side->timeout_ticks(slot, connection->state) / 8 + 4)) result.insert(text_of(*connection));
        }
        return result;
    }
    table::TestTable& tables() { return tables_; }
    std::span<abi::mark_line> marks() { return marks_; }
    std::span<abi::mark_line> mark_lines() { return lines_; }

    std::uint32_t told_packets = 0;                 // as in the root
    static constexpr std::uint32_t persistent = 3;  // the service that is
    std::uint64_t node;
    std::set<Identity>* opened = nullptr;

 private:
    table::TestTable tables_;
    std::vector<abi::mark_line> marks_, lines_;
    std::uint32_t listener_ = 1;

 public:
    table::table packets;  // as packets see it, with the feed
    std::unique_ptr<TableSide> side;
    std::unique_ptr<Session> session;
    std::deque<std::uint8_t> inbox;
};

// Both ends and a link that loses nothing until it breaks.
class World {
 public:
    explicit World(std::uint64_t seed) : World(seed, 64) {}
    World(std::uint64_t seed, std::uint32_t buckets_of_b) : dice{seed}, a(10, 64, seed), b(20, buckets_of_b, seed + 1) {
        a.opened = b.opened = &opened;
        connect();
    }

    Moment moment() const { return {.table = {.tick = static_cast<std::uint32_t>(now / std::chrono::seconds(1)), .tick_us = 1'000'000}, .now = now}; }

    void connect() {
        for (SimulatedDirector* end : {&a, &b}) {
            end->session = std::make_unique<Session>(*end->side, Hello{.node = end->node, .boot = 1}, limits, moment());
            end->inbox.clear();
        }
    }
    void send(SimulatedDirector& from, SimulatedDirector& to) {
        for (const std::uint32_t slot : from.changes()) from.session->note(slot);
        for (const auto& bytes : {from.session->diff(moment()), from.session->upkeep(moment())}) to.inbox.insert(to.inbox.end(), bytes.begin(), bytes.end());
    }
    void deliver(SimulatedDirector& to, std::size_t at_most) {
        std::vector<std::uint8_t> bytes;
        for (; !to.inbox.empty() && bytes.size() < at_most; to.inbox.pop_front()) bytes.push_back(to.inbox.front());
        const auto applied = to.session->apply(bytes, moment());
        ASSERT_TRUE(applied) << fault_name(applied.error());
    }
    void step(Microseconds time) {
        now += time;
        send(a, b);
        send(b, a);
        deliver(a, SIZE_MAX);
        deliver(b, SIZE_MAX);
    }
    // Nobody sends packets; time enough for every region's digest to be compared, twice.
    void settle() {
        for (int i = 0; i < 60; ++i) step(std::chrono::milliseconds(100));
    }
    std::uint32_t tick() const { return static_cast<std::uint32_t>(now / std::chrono::seconds(1)); }

    SessionLimits limits{.round = std::chrono::seconds(1)};
    Microseconds now{std::chrono::seconds(100)};
    Dice dice;
    std::set<SimulatedDirector::Identity> opened;
    SimulatedDirector a, b;
};

inline std::vector<std::string> difference(const std::set<std::string>& one, const std::set<std::string>& other) {
    std::vector<std::string> result;
    std::ranges::set_symmetric_difference(one, other, std::back_inserter(result));
    return result;
}

inline void random_packet(World& world, SimulatedDirector& end) {
    const std::uint32_t event = std::array{table::FLOW_syn, table::FLOW_syn, table::FLOW_ack, table::FLOW_ack, table::FLOW_fin,
                                           table::FLOW_rst}[world.dice.below(6)];
    end.packet(world.dice.below(40), static_cast<std::uint16_t>(1000 + world.dice.below(4)), world.dice.below(4), event, world.tick(), world.dice);
}

}  // namespace lvx::sync
