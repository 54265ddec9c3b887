// One side of the kernel's synchronisation protocol without a data plane: a table in memory behind the real sockets and
// the real machine, for tests with a kernel IPVS at the other end.
//
//   kernel_sync_peer master|backup INTERFACE SYNCID SECONDS [VERSION]
//
// As master it opens a TCP connection over IPv4, one of a client that keeps its server, one of a firewall mark's client that
// does, one over IPv6 and one of UDP, and tells them, closing one in the middle.
// As backup it prints at its end what it has: a line for each connection, then counters.  Services are those of
// kernel_side.sh.
#include <fmt/format.h>
#include <poll.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <string>

#include "sync/kernel_driver.hh"
#include "sync/simulation.hh"

namespace lvx::sync {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t mark = 4, member = 5;  // rows

// Mark 5, persistent, of which 192.0.2.9:8080 is a member.
void furnish_mark(SimulatedDirector& director) {
    abi::service& leader = director.tables().service(mark);
    leader.address = table::mapped(5);
    leader.port = 0;
    leader.protocol = 0;
    leader.family = 4;
    leader.flags |= abi::SERVICE_MARK | abi::SERVICE_PERSISTENT | abi::SERVICE_KEEPS_PORT;
    leader.persistence_prefix = 128;
    leader.persistence_s = leader.timeout_ticks[STATE_template] = 300;
    abi::service& row = director.tables().service(member);
    row.address = table::mapped(0xc0000209);
    row.port = __builtin_bswap16(8080);
    row.family = 4;
    row.flags |= abi::SERVICE_MEMBER | abi::SERVICE_PERSISTENT | abi::SERVICE_KEEPS_PORT;
    row.leader = mark;
    director.tables().server(director.tables().server_of(mark, 0)).port = 0;
}

// 192.0.2.1:80 as it is, 192.0.2.1:81 persistent; 192.0.2.2:53 of UDP; [2001:db8::2]:80.  Servers 10.0.0.1, [2001:db8:1::1].
void furnish(SimulatedDirector& director) {
    abi::service& kept = director.tables().service(1);
    kept.flags |= abi::SERVICE_PERSISTENT;
    kept.persistence_prefix = 128;
    kept.persistence_s = kept.timeout_ticks[STATE_template] = 300;
    abi::service& udp = director.tables().service(2);
    udp.protocol = 17;
    udp.port = __builtin_bswap16(53);
    abi::service& v6 = director.tables().service(3);
    std::memcpy(v6.address.bytes, Address::parse("2001:db8::2")->mapped().data(), 16);
    v6.port = __builtin_bswap16(80);
    abi::server& server = director.tables().server(director.tables().server_of(3, 0));
    std::memcpy(server.address.bytes, Address::parse("2001:db8:1::1")->mapped().data(), 16);
    furnish_mark(director);
    director.side->learn_ids(0);
}

// A connection of the member, and its client's template, which is the mark's.
void open_marked(SimulatedDirector& director, const abi::address& client, std::uint32_t tick) {
    const std::uint32_t server = director.tables().server_of(mark, 0);
    table::lookup lookup = director.tables().request(client, __builtin_bswap16(40000), 6, member, tick);
    if (table::table_find_request(&director.packets, &lookup) >= 0) return;
    table::lookup name = lookup;
    table::template_name(&name, &director.tables().service(mark), mark, &client);
    table::opening made = director.tables().to(mark, server, STATE_template);
    made.server_port = 0;
    if (table::table_find_request(&director.packets, &name) < 0) table::table_insert(&director.packets, &name, &made);
    table::opening opening = director.tables().to(member, server, STATE_established);
    opening.server_port = __builtin_bswap16(8080);
    table::table_insert(&director.packets, &lookup, &opening);
}

void open(SimulatedDirector& director, const Address& client, std::uint32_t service, std::uint8_t protocol, std::uint8_t state, std::uint32_t tick) {
    abi::address address;
    std::memcpy(address.bytes, client.mapped().data(), sizeof address.bytes);
    table::lookup lookup = director.tables().request(address, __builtin_bswap16(40000), protocol, service, tick);
    if (table::table_find_request(&director.packets, &lookup) >= 0) return;
    table::opening opening = director.tables().to(service, director.tables().server_of(service, 0), state);
    if (director.tables().service(service).flags & abi::SERVICE_PERSISTENT) director.follow(lookup, opening);
    table::table_insert(&director.packets, &lookup, &opening);
}

void close_one(SimulatedDirector& director, std::uint32_t tick) {
    table::lookup lookup = director.tables().request(table::mapped(0xc6336407), __builtin_bswap16(40000), 6, 0, tick);
    const int slot = table::table_find_request(&director.packets, &lookup);
    if (slot >= 0) table::table_advance(&director.packets, &lookup, static_cast<std::uint32_t>(slot), std::uint32_t{table::FLOW_input} << 8 | table::FLOW_fin);
}

void report(const SimulatedDirector& director, const KernelSync& sync, std::uint32_t tick) {
    for (const std::string& line : director.contents(tick)) fmt::print("connection {}\n", line);
    const KernelCounters counters = sync.status().received;
    fmt::print("messages {} entries {} made {} changed {}\n", counters.messages, counters.entries, counters.made, counters.changed);
    for (std::size_t i = 0; i < counters.kept_out.size(); ++i)
        if (counters.kept_out[i]) fmt::print("kept_out {} {}\n", kept_out_name(static_cast<KeptOut>(i)), counters.kept_out[i]);
    for (std::size_t i = 0; i < counters.faults.size(); ++i)
        if (counters.faults[i]) fmt::print("fault {} {}\n", kernel::fault_name(static_cast<kernel::Fault>(i)), counters.faults[i]);
}

int run(bool master, const KernelRole& role, std::chrono::seconds time, std::uint8_t version) {
    SimulatedDirector director(1, {.buckets = 1024, .services = 6, .servers_each = 4, .seed = 1});
    furnish(director);
    const auto begin = std::chrono::steady_clock::now();
    const auto moment = [&] {
        const auto passed = std::chrono::duration_cast<Microseconds>(std::chrono::steady_clock::now() - begin) + 100s;
        return Moment{.table = {.tick = static_cast<std::uint32_t>(passed / 1s), .tick_us = 1'000'000}, .now = passed};
    };
    KernelSync sync(*director.side, nullptr);
    KernelSettings settings{.tuning = {.period = 0, .refresh = 1s, .version = version}};  // told again and again: the other side may begin late
    (master ? settings.master : settings.backup) = role;
    if (auto set = sync.set(settings, moment()); !set) {
        fmt::print(stderr, "{}\n", set.error().sentence());
        return 1;
    }
    bool closed = false;
    for (Moment now = moment(); now.now < 100s + time; now = moment()) {
        if (master) {
            open(director, *Address::parse("198.51.100.7"), 0, 6, STATE_established, now.table.tick);
            open(director, *Address::parse("198.51.100.8"), 1, 6, STATE_established, now.table.tick);
            open(director, *Address::parse("198.51.100.9"), 2, 17, STATE_udp, now.table.tick);
            open_marked(director, table::mapped(0xc633640a), now.table.tick);  // 198.51.100.10
            open(director, *Address::parse("2001:db8:c::7"), 3, 6, STATE_established, now.table.tick);
            // Packets of those that go on: without them nothing is told again.
            for (std::uint32_t slot = 0; slot < director.side->slots(); ++slot)
                if (const std::uint64_t control = director.side->control(slot); table::control_live(control, now.table.tick))
                    (void)director.side->change(slot, control, table::control_state(control),
                                                now.table.tick + director.side->timeout_ticks(slot, table::control_state(control)));
            if (!closed && now.now > 100s + time / 2) {
                closed = true;
                close_one(director, now.table.tick);
            }
        }
        sync.note(director.marked());
        sync.work(now);
        ::poll(nullptr, 0, 10);
    }
    report(director, sync, moment().table.tick);
    return 0;
}

}  // namespace
}  // namespace lvx::sync

int main(int count, char** words) {
    if (count < 5) {
        fmt::print(stderr, "usage: {} master|backup INTERFACE SYNCID SECONDS [VERSION]\n", words[0]);
        return 2;
    }
    const lvx::sync::KernelRole role{.interface = words[2], .sync_id = static_cast<std::uint8_t>(std::atoi(words[3]))};
    return lvx::sync::run(std::string(words[1]) == "master", role, std::chrono::seconds(std::atoi(words[4])),
                          static_cast<std::uint8_t>(count > 5 ? std::atoi(words[5]) : 1));
}
