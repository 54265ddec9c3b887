// The same calls to the table in the kernel and to its native twin, at random by seed: every answer is the
// same, and at the end every byte of slots, tags and gauges.  Needs root; also proves that this kernel's
// verifier takes the table.
#include <bpf/bpf.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstring>
#include <memory>

#include "abi/settings.h"
#include "bpf/table/test_table.hh"
#include "bpf/trial/trial.h"

// Types the generated header names without including them.
using lvx::abi::settings;
using lvx::table::trial;

#include "table_trial.skel.h"

namespace lvx::table {
namespace {

constexpr std::uint8_t tcp = 6;
constexpr TableShape shape{.buckets = 16, .services = 4, .servers_each = 4, .seed = 11};

struct Destroy {
    void operator()(table_trial_bpf* loaded) const { table_trial_bpf__destroy(loaded); }
};

class Kernel {
 public:
    explicit Kernel(const TestTable& twin) : twin_(twin), loaded_(table_trial_bpf__open()) {
        if (!loaded_) return;
        const table& sizes = *twin.get();
        settings& fixed = loaded_->rodata->settings;
        fixed.seed[0] = sizes.seed[0];
        fixed.seed[1] = sizes.seed[1];
        fixed.buckets = sizes.buckets;
        fixed.max_services = sizes.max_services;
        fixed.max_servers = sizes.max_servers;
        bpf_map__set_max_entries(loaded_->maps.connection_tags, sizes.buckets);
        bpf_map__set_max_entries(loaded_->maps.connections, sizes.buckets * SLOTS_PER_BUCKET);
        bpf_map__set_max_entries(loaded_->maps.services, sizes.max_services * CONFIGURATION_SETS);
        bpf_map__set_max_entries(loaded_->maps.servers, sizes.max_servers * CONFIGURATION_SETS);
        bpf_map__set_max_entries(loaded_->maps.server_loads, sizes.max_servers);
        ready_ = table_trial_bpf__load(loaded_.get()) == 0;
        if (!ready_) return;
        copy_in(loaded_->maps.services, sizes.services, sizes.max_services * CONFIGURATION_SETS,
                sizeof(abi::service));
        copy_in(loaded_->maps.servers, sizes.servers, sizes.max_servers * CONFIGURATION_SETS,
                sizeof(abi::server));
    }
    bool ready() const { return ready_; }

    trial call(const trial& asked) {
        loaded_->bss->trial = asked;
        LIBBPF_OPTS(bpf_test_run_opts, options);
        EXPECT_EQ(bpf_prog_test_run_opts(bpf_program__fd(loaded_->progs.run), &options), 0);
        return loaded_->bss->trial;
    }

    // Whether a map holds the very bytes of the twin's memory.
    bool equal(const bpf_map* map, const void* memory, std::uint32_t rows, std::size_t size) const {
        std::vector<std::uint8_t> row(size);
        for (std::uint32_t index = 0; index < rows; ++index) {
            if (bpf_map_lookup_elem(bpf_map__fd(map), &index, row.data()) != 0) return false;
            if (std::memcmp(row.data(), static_cast<const std::uint8_t*>(memory) + index * size, size) != 0)
                return false;
        }
        return true;
    }
    void expect_equal_memory() const {
        const table& own = *twin_.get();
        EXPECT_TRUE(equal(loaded_->maps.connections, own.slots, own.buckets * SLOTS_PER_BUCKET,
                          sizeof(abi::connection)));
        EXPECT_TRUE(equal(loaded_->maps.connection_tags, own.tags, own.buckets, sizeof(abi::tag_line)));
        EXPECT_TRUE(equal(loaded_->maps.server_loads, own.loads, own.max_servers, sizeof(abi::server_load)));
    }

 private:
    static void copy_in(const bpf_map* map, const void* memory, std::uint32_t rows, std::size_t size) {
        for (std::uint32_t index = 0; index < rows; ++index)
            bpf_map_update_elem(bpf_map__fd(map), &index,
                                static_cast<const std::uint8_t*>(memory) + index * size, BPF_ANY);
    }

    const TestTable& twin_;
    std::unique_ptr<table_trial_bpf, Destroy> loaded_;
    bool ready_ = false;
};

trial native(TestTable& twin, trial asked) {
    lookup* seen = &asked.lookup;
    const table* own = twin.get();
    const std::uint32_t index = asked.index;
    switch (asked.operation) {
        case TRIAL_find_request:
            asked.answer = table_find_request(own, seen);
            break;
        case TRIAL_find_reply:
            asked.answer = table_find_reply(own, seen);
            break;
        case TRIAL_insert:
            asked.answer = table_insert(own, seen, &asked.opening);
            break;
        case TRIAL_remove:
            asked.answer = table_remove(own, index, seen->control, seen->set, seen->now);
            break;
        case TRIAL_name: {
            const abi::address client = seen->client;
            template_name(seen, &twin.service(index), index, &client);
            asked.answer = 1;
            break;
        }
        case TRIAL_renew:
            asked.answer = template_renew(own, seen, index, seen->now + asked.opening.timeout);
            break;
        default:
            asked.answer = table_touch(own, seen, index, &twin.service(twin.slot(index).service),
                                       asked.direction, asked.event);
    }
    return asked;
}

class Both {
 public:
    Both() : twin_(with_thresholds()), kernel_(twin_) {}
    Kernel& kernel() { return kernel_; }
    std::uint32_t full() const { return full_; }

    void step(std::uint64_t random) {
        now_ += random % 16 == 0;
        const auto service = static_cast<std::uint32_t>(random >> 8) % shape.services;
        const auto place = static_cast<std::uint32_t>(random >> 16) % shape.servers_each;
        const abi::address client = client_of(static_cast<std::uint32_t>(random >> 24) % 120);
        trial asked{.lookup = twin_.request(client, 9, tcp, service, now_)};
        if ((random >> 54 & 7) == 0) return keep(asked, service, twin_.server_of(service, place));
        const trial found = both(asked, TRIAL_find_request);
        if (found.answer < 0) return open(found, service, twin_.server_of(service, place));
        trial next = found;
        next.index = static_cast<std::uint32_t>(found.answer);
        next.direction = static_cast<std::uint32_t>(random >> 40) % FLOW_DIRECTIONS;
        next.event = static_cast<std::uint32_t>(random >> 44) % FLOW_EVENTS;
        both(next, random >> 50 & 7 ? TRIAL_touch : TRIAL_remove);
        trial reply{.lookup = twin_.reply(client, 9, tcp, twin_.slot(next.index).server, now_)};
        both(reply, TRIAL_find_reply);
    }

 private:
    static TestTable with_thresholds() {
        TestTable table(shape);
        table.server(0).upper_threshold = 5;
        for (std::uint32_t id = 0; id < shape.services; ++id) {
            table.service(id).protocol = tcp;
            table.service(id).persistence_prefix = static_cast<std::uint8_t>(121 + id % 8);
        }
        return table;
    }
    static abi::address client_of(std::uint32_t number) {
        abi::address address = mapped(number);
        if (number % 2) address.words[0] = __builtin_bswap32(0x20010db8);
        return address;
    }
    void open(const trial& missed, std::uint32_t service, std::uint32_t server) {
        trial next = missed;
        next.opening = twin_.to(service, server, STATE_syn_recv);
        full_ += both(next, TRIAL_insert).answer == TABLE_FULL;
    }
    // A template of the client: made, renewed, or removed.
    void keep(trial asked, std::uint32_t service, std::uint32_t server) {
        asked.index = service;
        trial found = both(both(asked, TRIAL_name), TRIAL_find_request);
        found.opening = twin_.to(service, server, STATE_template);
        found.opening.timeout = 40;
        found.index = static_cast<std::uint32_t>(found.answer);
        if (found.answer < 0) full_ += both(found, TRIAL_insert).answer == TABLE_FULL;
        else both(found, now_ % 8 == 0 ? TRIAL_remove : TRIAL_renew);
    }
    trial both(trial asked, trial_operation operation) {
        asked.operation = operation;
        const trial here = native(twin_, asked), there = kernel_.call(asked);
        EXPECT_EQ(here.answer, there.answer) << "operation " << operation << " at tick " << now_;
        EXPECT_EQ(std::memcmp(&here.lookup, &there.lookup, sizeof(lookup)), 0);
        EXPECT_EQ(here.opening.existed, there.opening.existed);
        return here;
    }

    TestTable twin_;
    Kernel kernel_;
    std::uint32_t now_ = 1000, full_ = 0;
};

TEST(Kernel, AnswersLikeItsNativeTwin) {
    Both both;
    ASSERT_TRUE(both.kernel().ready()) << "root, and a kernel of 6.1 or later, are needed";
    std::uint64_t random = 3;
    for (int round = 0; round < 20000 && !testing::Test::HasFailure(); ++round)
        both.step(splitmix(random));
    both.kernel().expect_equal_memory();
    EXPECT_GT(both.full(), 100u) << "buckets were never full, so nothing had to expire or move";
}

}  // namespace
}  // namespace lvx::table

int main(int count, char** arguments) {
    testing::InitGoogleTest(&count, arguments);
    return RUN_ALL_TESTS();
}
