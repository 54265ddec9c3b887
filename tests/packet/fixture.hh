// The loaded programs with tables of their own, filled from a cluster, and one frame at a time through them.
//
//   Fixture fixture = Fixture::load({}).value();
//   fixture.configure(cluster);
//   Outcome outcome = fixture.run(Hook::xdp, frame);      outcome.verdict, outcome.frame
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "abi/connection.h"
#include "abi/filter.h"
#include "abi/guard.h"
#include "abi/counter.h"
#include "abi/interface.h"
#include "abi/root.h"
#include "abi/server.h"
#include "abi/service.h"
#include "abi/verdict.h"
#include "base/result.hh"
#include "model/model.hh"
#include "plan/image.hh"
#include "tests/support/packet_builder.hh"

struct bpf_object;
struct bpf_map;

namespace lvx::test {

enum class Hook : std::uint8_t { xdp, tc };

struct Sizes {
    std::uint32_t buckets = 64, services = 16, servers = 512, nexthops = 16, pool_words = 32768;
};

enum class Action : std::uint8_t { passed, dropped, transmitted, redirected };

struct Outcome {
    ::verdict verdict = VERDICT_COUNT;  // VERDICT_COUNT: none or several were counted
    Action action = Action::dropped;
    Bytes frame;
    std::uint64_t counted_bytes = 0;
};

struct RunOptions {
    std::uint32_t gso_size = 0;  // tc only
};

// One map, mapped.
template <class T>
struct Table {
    int fd = -1;
    std::span<T> rows;
    T& operator[](std::size_t index) const { return rows[index]; }
};

class Fixture {
 public:
    // Of the object lvx.bpf.o, or of another one that contains it (the benches').
    static Result<Fixture> load(const Sizes& sizes);
    static Result<Fixture> load(std::span<const std::uint8_t> object, const Sizes& sizes);
    Fixture(Fixture&&) noexcept;
    Fixture& operator=(Fixture&&) = delete;
    ~Fixture();

    // Into the inactive set, then active; ids of what stays are kept.
    Result<void> configure(const model::Cluster& cluster);
    // Every server of the active set leaves by this next hop.
    void route_servers(std::uint32_t nexthop);
    // Ids, for looking at gauges and counters.
    [[nodiscard]] std::uint32_t service_id(const model::ServiceKey& key) const;
    [[nodiscard]] std::uint32_t server_id(const model::ServiceKey& key, const Endpoint& endpoint) const;

    Outcome run(Hook hook, const Bytes& frame, const RunOptions& options);
    Outcome run(Hook hook, const Bytes& frame) { return run(hook, frame, {}); }
    [[nodiscard]] std::uint64_t runs() const { return runs_; }
    [[nodiscard]] int program(const std::string& name) const;  // its descriptor
    [[nodiscard]] bpf_object* object() const { return object_.get(); }
    [[nodiscard]] std::uint64_t verdict_sum() const;
    [[nodiscard]] std::uint64_t verdict_count(::verdict verdict) const;
    // Of all CPUs.
    [[nodiscard]] abi::traffic_counter service_traffic(std::uint32_t id) const;
    [[nodiscard]] abi::traffic_counter server_traffic(std::uint32_t id) const;
    [[nodiscard]] std::uint32_t tick() const;
    [[nodiscard]] std::uint64_t jiffies() const;
    [[nodiscard]] std::vector<abi::connection> live() const;
    // Every live connection's last tick is so far away.
    void age(std::int32_t ticks);
    // No connection, no gauge, no cursor; counters stay.
    void forget_connections();

    [[nodiscard]] const Sizes& sizes() const { return sizes_; }
    [[nodiscard]] abi::root& root() const { return root_[0]; }
    Table<abi::tag_line> tags;
    Table<abi::connection> connections;
    Table<abi::mark_line> change_marks, change_lines;
    Table<abi::service> services;
    Table<abi::server> servers;
    Table<abi::server_load> loads;
    Table<abi::nexthop> nexthops;
    Table<abi::interface> interfaces;
    Table<abi::filter_line> filter;
    Table<abi::guarded_address> guarded;
    Table<abi::schedule_cursor> cursors;

 private:
    Fixture() = default;
    [[nodiscard]] bpf_map* map(const char* name) const;
    Result<void> set_constants();
    void set_sizes();
    Result<void> map_all();
    Result<void> store_keys(const plan::Image& image, std::uint32_t set);

    Sizes sizes_;
    std::uint32_t cpus_ = 1;
    struct Close {
        void operator()(bpf_object* object) const;
    };
    std::unique_ptr<bpf_object, Close> object_;
    Table<abi::root> root_;
    Table<abi::pool_line> pool_;
    Table<abi::verdict_counter> verdict_counters_;
    Table<abi::traffic_counter> service_counters_, server_counters_;
    plan::Image image_;
    std::uint64_t runs_ = 0;
};

}  // namespace lvx::test
