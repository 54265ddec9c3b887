// The table against its naive twin, a std::map of connections and gauges recounted each time, at random by
// seed.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <optional>

#include "bpf/table/test_table.hh"

namespace lvx::table {
namespace {

constexpr std::uint8_t tcp = 6;
constexpr std::uint32_t clients = 24, services = 4, places = 3;

struct Key {
    std::uint32_t client = 0, service = 0;
    auto operator<=>(const Key&) const = default;
};

struct Entry {
    std::uint32_t place = 0;  // of the server, whose address all services share
    std::uint32_t state = 0, expires = 0;
};

bool over(const Entry& entry, std::uint32_t now) {
    return static_cast<std::int32_t>(entry.expires - now) < 0;
}

// What the table should answer, without any of its cleverness.  Expired entries stay until swept, as in the
// table.
class Twin {
 public:
    std::optional<Entry> find(Key key, std::uint32_t now) const {
        const auto found = entries_.find(key);
        if (found == entries_.end() || over(found->second, now)) return std::nullopt;
        return found->second;
    }
    bool ambiguous(Key key, std::uint32_t place, std::uint32_t now) const {
        return std::ranges::any_of(entries_, [&](const auto& other) {
            return other.first.client == key.client && other.second.place == place &&
                   !over(other.second, now);
        });
    }
    void set(Key key, Entry entry) { entries_[key] = entry; }
    void remove(Key key) { entries_.erase(key); }
    std::size_t live(std::uint32_t now) const {
        return static_cast<std::size_t>(
            std::ranges::count_if(entries_, [&](const auto& entry) { return !over(entry.second, now); }));
    }

 private:
    std::map<Key, Entry> entries_;
};

class Pair {
 public:
    explicit Pair(std::uint64_t seed)
        : table_({.buckets = 8, .services = services, .servers_each = places, .seed = seed}) {}

    void step(std::uint32_t operation, Key key, std::uint32_t argument) {
        now_ += argument % 7 == 0 ? argument % 40 : 0;
        if (operation < 5) open(key, argument % places);
        if (operation == 5) remove(key);
        if (operation > 5) packet(key, argument % 2 ? FLOW_output : FLOW_input, argument / 2 % FLOW_datagram);
        if (argument % 61 == 0) sweep();
    }

    void compare_all() {
        for (std::uint32_t client = 0; client < clients; ++client)
            for (std::uint32_t service = 0; service < services; ++service)
                compare({client, service});
    }
    void compare_gauges() {
        sweep();
        const Recount counted = recount(table_);
        RC_ASSERT(counted.live == twin_.live(now_));
        RC_ASSERT(counted.wrong_tags == 0u);
        RC_ASSERT(counted.claimed == 0u);
        for (std::uint32_t id = 0; id < table_.server_count(); ++id) {
            RC_ASSERT(table_.load(id).total == counted.loads[id].total);
            RC_ASSERT(table_.load(id).active == counted.loads[id].active);
        }
    }

 private:
    lookup request(Key key) const { return table_.request(mapped(key.client), 7, tcp, key.service, now_); }

    void compare(Key key) {
        const std::optional<Entry> expected = twin_.find(key, now_);
        lookup asked = request(key);
        const int index = table_find_request(table_.get(), &asked);
        RC_ASSERT((index >= 0) == expected.has_value());
        if (!expected) return;
        const abi::connection copy = table_copy(table_.get(), static_cast<std::uint32_t>(index));
        RC_ASSERT(copy.server == table_.server_of(key.service, expected->place));
        RC_ASSERT(control_state(copy.control) == expected->state);
        RC_ASSERT(control_expires(copy.control) == expected->expires);
        lookup answered = table_.reply(mapped(key.client), 7, tcp, copy.server, now_);
        RC_ASSERT(table_find_reply(table_.get(), &answered) == index);
    }

    void open(Key key, std::uint32_t place) {
        lookup asked = request(key);
        const bool known = table_find_request(table_.get(), &asked) >= 0;
        RC_ASSERT(known == twin_.find(key, now_).has_value());
        if (known) return;
        const std::uint32_t server = table_.server_of(key.service, place);
        opening offered = table_.to(key.service, server, STATE_syn_recv);
        const int index = table_insert(table_.get(), &asked, &offered);
        RC_ASSERT(offered.existed == 0);
        if (twin_.ambiguous(key, place, now_)) {
            RC_ASSERT(index == TABLE_AMBIGUOUS);
        } else if (index >= 0) {
            twin_.set(key, {place, STATE_syn_recv, now_ + offered.timeout});
        } else {
            RC_ASSERT(index == TABLE_FULL);
            RC_ASSERT(twin_.live(now_) > table_.slot_count() / 2);
        }
    }

    void packet(Key key, std::uint32_t direction, std::uint32_t event) {
        const std::optional<Entry> expected = twin_.find(key, now_);
        lookup asked = request(key);
        const int index = table_find_request(table_.get(), &asked);
        RC_ASSERT((index >= 0) == expected.has_value());
        if (!expected) return;
        const abi::service& service = table_.service(key.service);
        RC_ASSERT(table_touch(table_.get(), &asked, static_cast<std::uint32_t>(index), &service, direction,
                              event) == 1);
        const std::uint32_t state = flow_next(direction, event, expected->state);
        twin_.set(key, {expected->place, state, now_ + service.timeout_ticks[state]});
        compare(key);
    }

    void remove(Key key) {
        lookup asked = request(key);
        const int index = table_find_request(table_.get(), &asked);
        RC_ASSERT((index >= 0) == twin_.find(key, now_).has_value());
        if (index < 0) return;
        RC_ASSERT(table_remove(table_.get(), static_cast<std::uint32_t>(index), asked.control, 0, now_) == 1);
        twin_.remove(key);
    }

    void sweep() {
        RC_ASSERT(table_sweep(table_.get(), 0, table_.slot_count(), 0, now_).live == twin_.live(now_));
    }

    TestTable table_;
    Twin twin_;
    std::uint32_t now_ = 0xffffff00;  // ticks wrap on the way
};

}  // namespace

// 96 keys for 64 slots: buckets fill, move and refuse.
RC_GTEST_PROP(Twin, AnswersLikeAMapOfConnections, (std::uint64_t seed)) {
    std::uint64_t random = seed;
    Pair pair(seed);
    for (int round = 0; round < 1500; ++round) {
        const Key key{static_cast<std::uint32_t>(splitmix(random) % clients),
                      static_cast<std::uint32_t>(splitmix(random) % services)};
        const auto operation = static_cast<std::uint32_t>(splitmix(random) % 10);
        pair.step(operation, key, static_cast<std::uint32_t>(splitmix(random) % 1000));
        if (round % 100 == 0) pair.compare_all();
    }
    pair.compare_all();
    pair.compare_gauges();
}

}  // namespace lvx::table
