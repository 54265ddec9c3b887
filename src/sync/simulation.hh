// Two directors in ordinary memory, their packets, the link between them and everything that can go wrong with it, by
// seed and without a clock: for tests of Session.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

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
        : node(node), tables_({.buckets = buckets, .services = 4, .servers_each = 4, .seed = seed}), packets(*tables_.get()) {
        for (std::uint32_t id = 0; id < 4; ++id) {
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
            return;
        }
        if (event != table::FLOW_syn) return;
        table::opening opening = tables_.to(service, tables_.server_of(service, dice.below(4)), STATE_syn_recv);
        if (tables_.service(service).flags & abi::SERVICE_PERSISTENT) follow(lookup, opening);
        if (table::table_insert(&packets, &lookup, &opening) >= 0 && opened) opened->insert(identity(client, port, service));
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
    std::vector<std::uint32_t> changes() { return Feed(marks_, lines_).drain(); }

    // Every connection as text; what both sides must agree on.
    [[nodiscard]] std::set<std::string> contents(std::uint32_t now) const {
        std::set<std::string> result;
        for (std::uint32_t slot = 0; slot < side->slots(); ++slot) {
            std::uint64_t control = 0;
            const auto connection = side->read(slot, {.tick = now, .tick_us = 1'000'000}, control);
            if (!connection) continue;
            result.insert(connection->key.client.text() + " " + connection->key.destination.text() + " " +
                          connection->server.text() + " " + std::to_string(connection->state));
        }
        return result;
    }
    table::TestTable& tables() { return tables_; }
    std::span<abi::mark_line> marks() { return marks_; }
    std::span<abi::mark_line> mark_lines() { return lines_; }

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

}  // namespace lvx::sync
