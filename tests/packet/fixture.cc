#include "tests/packet/fixture.hh"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/pkt_cls.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "bpf/skeleton.hh"
#include "bpf/table/control.h"
#include "bpf/table/sweep.h"

namespace lvx::test {
namespace {

constexpr std::uint32_t tick_shift = 8;

// Mapped until the process ends: a fixture lives as long as its test program.
template <class T>
Result<Table<T>> mapped(bpf_map* map) {
    const std::size_t page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t bytes = (bpf_map__max_entries(map) * sizeof(T) + page - 1) / page * page;
    void* start = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);
    if (start == MAP_FAILED) return refusal(fmt::format("cannot map {}", bpf_map__name(map)), errno);
    return Table<T>{bpf_map__fd(map), {static_cast<T*>(start), bpf_map__max_entries(map)}};
}

Action action_of(Hook hook, std::uint32_t number) {
    if (hook == Hook::tc) {
        if (number == TC_ACT_REDIRECT) return Action::redirected;
        return number == TC_ACT_SHOT ? Action::dropped : Action::passed;
    }
    if (number == XDP_TX) return Action::transmitted;
    if (number == XDP_REDIRECT) return Action::redirected;
    return number == XDP_PASS ? Action::passed : Action::dropped;
}

abi::traffic_counter sum_of(const Table<abi::traffic_counter>& table, std::uint32_t rows, std::uint32_t row) {
    abi::traffic_counter sum = {};
    for (std::size_t at = row; at < table.rows.size(); at += rows) {
#define X(field, word) sum.field += table[at].field;
        TRAFFIC_COUNTERS(X)
#undef X
    }
    return sum;
}

}  // namespace

void Fixture::Close::operator()(bpf_object* object) const { bpf_object__close(object); }
Fixture::Fixture(Fixture&&) noexcept = default;
Fixture::~Fixture() = default;

bpf_map* Fixture::map(const char* name) const { return bpf_object__find_map_by_name(object_.get(), name); }

int Fixture::program(const std::string& name) const {
    return bpf_program__fd(bpf_object__find_program_by_name(object_.get(), name.c_str()));
}

Result<Fixture> Fixture::load(const Sizes& sizes) {
    std::size_t bytes = 0;
    const void* object = lvx_bpf__elf_bytes(&bytes);
    return load({static_cast<const std::uint8_t*>(object), bytes}, sizes);
}

Result<Fixture> Fixture::load(std::span<const std::uint8_t> object, const Sizes& sizes) {
    Fixture fixture;
    fixture.sizes_ = sizes;
    fixture.cpus_ = static_cast<std::uint32_t>(libbpf_num_possible_cpus());
    LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "lvx");
    fixture.object_.reset(bpf_object__open_mem(object.data(), object.size(), &options));
    if (!fixture.object_) return refusal("cannot open the BPF object", errno);
    TRY(fixture.set_constants());
    fixture.set_sizes();
    if (const int result = bpf_object__load(fixture.object_.get()); result != 0)
        return refusal("cannot load the BPF object", -result);
    TRY(fixture.map_all());
    return fixture;
}

// The skeleton would know where `settings` stands; for any object its BTF says so.
Result<void> Fixture::set_constants() {
    const btf* types = bpf_object__btf(object_.get());
    const btf_type* section = btf__type_by_id(types, static_cast<std::uint32_t>(btf__find_by_name_kind(types, ".rodata", BTF_KIND_DATASEC)));
    std::size_t bytes = 0;
    const void* initial = bpf_map__initial_value(map(".rodata"), &bytes);
    std::vector<std::uint8_t> constants(static_cast<const std::uint8_t*>(initial), static_cast<const std::uint8_t*>(initial) + bytes);
    for (int at = 0; section && at < btf_vlen(section); ++at) {
        const btf_var_secinfo& variable = btf_var_secinfos(section)[at];
        if (std::string_view{btf__name_by_offset(types, btf__type_by_id(types, variable.type)->name_off)} != "settings") continue;
        const abi::settings settings = {.seed = {0x0123456789abcdef, 0xfedcba9876543210},
                                        .buckets = sizes_.buckets,
                                        .max_services = sizes_.services,
                                        .max_servers = sizes_.servers,
                                        .max_nexthops = sizes_.nexthops,
                                        .pool_words = sizes_.pool_words,
                                        .cpus = cpus_,
                                        .tick_shift = tick_shift,
                                        .zero = 0};
        std::memcpy(constants.data() + variable.offset, &settings, sizeof(settings));
        bpf_map__set_initial_value(map(".rodata"), constants.data(), constants.size());
        return {};
    }
    return refusal("cannot find the settings of the BPF object", ENOENT);
}

void Fixture::set_sizes() {
    const auto set = [&](const char* name, std::uint32_t entries) { bpf_map__set_max_entries(map(name), entries); };
    set("connection_tags", sizes_.buckets);
    set("connections", sizes_.buckets * SLOTS_PER_BUCKET);
    set("change_marks", static_cast<std::uint32_t>(table::mark_lines_for(sizes_.buckets)));
    set("change_lines", static_cast<std::uint32_t>(table::mark_line_lines_for(sizes_.buckets)));
    set("services", CONFIGURATION_SETS * sizes_.services);
    set("servers", CONFIGURATION_SETS * sizes_.servers);
    set("server_loads", sizes_.servers);
    set("pool", CONFIGURATION_SETS * sizes_.pool_words / POOL_LINE_WORDS);
    set("schedule_cursors", sizes_.services);
    set("nexthops", sizes_.nexthops);
    set("service_ids", sizes_.services);
    set("verdict_counters", cpus_ * INTERFACE_LIMIT * VERDICT_LIMIT);
    set("service_counters", cpus_ * sizes_.services);
    set("server_counters", cpus_ * sizes_.servers);
}

Result<void> Fixture::map_all() {
    root_ = TRY(mapped<abi::root>(map("root")));
    tags = TRY(mapped<abi::tag_line>(map("connection_tags")));
    connections = TRY(mapped<abi::connection>(map("connections")));
    change_marks = TRY(mapped<abi::mark_line>(map("change_marks")));
    change_lines = TRY(mapped<abi::mark_line>(map("change_lines")));
    services = TRY(mapped<abi::service>(map("services")));
    servers = TRY(mapped<abi::server>(map("servers")));
    loads = TRY(mapped<abi::server_load>(map("server_loads")));
    pool_ = TRY(mapped<abi::pool_line>(map("pool")));
    cursors = TRY(mapped<abi::schedule_cursor>(map("schedule_cursors")));
    nexthops = TRY(mapped<abi::nexthop>(map("nexthops")));
    interfaces = TRY(mapped<abi::interface>(map("interfaces")));
    filter = TRY(mapped<abi::filter_line>(map("address_filter")));
    guarded = TRY(mapped<abi::guarded_address>(map("guarded")));
    verdict_counters_ = TRY(mapped<abi::verdict_counter>(map("verdict_counters")));
    service_counters_ = TRY(mapped<abi::traffic_counter>(map("service_counters")));
    server_counters_ = TRY(mapped<abi::traffic_counter>(map("server_counters")));
    return {};
}

Result<void> Fixture::configure(const model::Cluster& cluster) {
    const std::uint32_t set = 1 - root().active_set;
    plan::Running running = {.image = image_.services.empty() ? nullptr : &image_, .tick_shift = tick_shift, .hertz = 250};
    for (const auto& cursor : cursors.rows) running.cursors.push_back(cursor.position);
    for (const auto& load : loads.rows) running.server_in_use.push_back(load.total != 0);
    plan::Image image = TRY(plan::build(cluster, running, {sizes_.services, sizes_.servers, sizes_.pool_words}));
    std::ranges::copy(image.services, services.rows.begin() + set * sizes_.services);
    std::ranges::copy(image.servers, servers.rows.begin() + set * sizes_.servers);
    auto* words = reinterpret_cast<std::uint32_t*>(&pool_[set * sizes_.pool_words / POOL_LINE_WORDS]);
    std::ranges::copy(image.pool, words);
    auto* bytes = reinterpret_cast<std::uint8_t*>(filter.rows.data());
    for (std::size_t i = 0; i < image.filter.size(); ++i)
        bytes[i] = static_cast<std::uint8_t>((bytes[i] & 3 << 2 * (1 - set)) | image.filter[i] << 2 * set);
    TRY(store_keys(image, set));
    for (const auto& change : image.cursors) cursors[change.service].position = change.position;
    root().active_set = set;
    image_ = std::move(image);
    return {};
}

Result<void> Fixture::store_keys(const plan::Image& image, std::uint32_t set) {
    const int fd = bpf_map__fd(map("service_ids"));
    std::vector<abi::service_key> present;  // first all, because an update moves a key within its bucket
    for (abi::service_key next = {}; bpf_map_get_next_key(fd, present.empty() ? nullptr : &present.back(), &next) == 0;)
        present.push_back(next);
    for (const abi::service_key& key : present) {
        abi::service_id id = {};
        if (bpf_map_lookup_elem(fd, &key, &id) != 0) continue;
        id.id[set] = ID_NONE;
        if (id.id[1 - set] == ID_NONE) {
            if (bpf_map_delete_elem(fd, &key) != 0) return refusal("cannot empty service_ids", errno);
            continue;
        }
        if (bpf_map_update_elem(fd, &key, &id, BPF_ANY) != 0) return refusal("cannot change service_ids", errno);
    }
    for (const auto& [wanted, number] : image.keys) {
        abi::service_id id = {{ID_NONE, ID_NONE}};
        bpf_map_lookup_elem(fd, &wanted, &id);
        id.id[set] = number;
        if (bpf_map_update_elem(fd, &wanted, &id, BPF_ANY) != 0) return refusal("cannot fill service_ids", errno);
    }
    return {};
}

void Fixture::route_servers(std::uint32_t nexthop) {
    for (auto& server : servers.rows) server.nexthop = nexthop;
}

std::uint32_t Fixture::service_id(const model::ServiceKey& key) const { return image_.registry.services.at(key); }

std::uint32_t Fixture::server_id(const model::ServiceKey& key, const Endpoint& endpoint) const {
    return image_.registry.servers.at({service_id(key), endpoint});
}

Outcome Fixture::run(Hook hook, const Bytes& frame, const RunOptions& options) {
    std::vector<std::uint64_t> packets(VERDICT_LIMIT), bytes(VERDICT_LIMIT);
    const auto add = [&](std::uint64_t sign) {
        for (std::size_t at = 0; at < verdict_counters_.rows.size(); ++at) {
            packets[at % VERDICT_LIMIT] += sign * verdict_counters_[at].packets;
            bytes[at % VERDICT_LIMIT] += sign * verdict_counters_[at].bytes;
        }
    };
    add(~std::uint64_t{0});
    Outcome outcome;
    outcome.frame.resize(frame.size() + 256);
    __sk_buff context = {};
    context.gso_size = options.gso_size;
    context.gso_segs = options.gso_size ? static_cast<std::uint32_t>(frame.size() / options.gso_size + 1) : 0;
    LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame.data(), .data_out = outcome.frame.data(),
                .data_size_in = static_cast<std::uint32_t>(frame.size()),
                .data_size_out = static_cast<std::uint32_t>(outcome.frame.size()));
    if (options.gso_size) {
        run.ctx_in = &context;
        run.ctx_size_in = sizeof(context);
    }
    if (bpf_prog_test_run_opts(program(hook == Hook::xdp ? "lvx_xdp" : "lvx_tc"), &run) != 0) return outcome;
    ++runs_;
    outcome.frame.resize(run.data_size_out);
    outcome.action = action_of(hook, run.retval);
    add(1);
    if (std::ranges::count(packets, std::uint64_t{0}) != VERDICT_LIMIT - 1) return outcome;
    const auto counted = std::ranges::find(packets, std::uint64_t{1});
    if (counted == packets.end()) return outcome;
    outcome.verdict = static_cast<::verdict>(counted - packets.begin());
    outcome.counted_bytes = bytes[outcome.verdict];
    return outcome;
}

std::uint64_t Fixture::verdict_sum() const {
    std::uint64_t sum = 0;
    for (const auto& counter : verdict_counters_.rows) sum += counter.packets;
    return sum;
}

std::uint64_t Fixture::verdict_count(::verdict verdict) const {
    std::uint64_t sum = 0;
    for (std::size_t at = verdict; at < verdict_counters_.rows.size(); at += VERDICT_LIMIT) sum += verdict_counters_[at].packets;
    return sum;
}

abi::traffic_counter Fixture::service_traffic(std::uint32_t id) const {
    return sum_of(service_counters_, sizes_.services, id);
}

abi::traffic_counter Fixture::server_traffic(std::uint32_t id) const {
    return sum_of(server_counters_, sizes_.servers, id);
}

std::uint64_t Fixture::jiffies() const {
    abi::clock_answer answer = {};
    LIBBPF_OPTS(bpf_test_run_opts, run, .ctx_in = &answer, .ctx_size_in = sizeof(answer));
    bpf_prog_test_run_opts(program("lvx_clock"), &run);
    return answer.jiffies;
}

std::uint32_t Fixture::tick() const { return static_cast<std::uint32_t>(jiffies() >> tick_shift); }

std::vector<abi::connection> Fixture::live() const {
    std::vector<abi::connection> found;
    for (const auto& slot : connections.rows)
        if (table::control_live(slot.control, tick())) found.push_back(slot);
    return found;
}

void Fixture::age(std::int32_t ticks) {
    for (auto& slot : connections.rows) {
        if (table::control_status(slot.control) != abi::SLOT_live) continue;
        const std::uint32_t expires = table::control_expires(slot.control) - static_cast<std::uint32_t>(ticks);
        slot.control = table::control_with(slot.control, table::control_state(slot.control), expires);
    }
}

void Fixture::forget_connections() {
    std::ranges::fill(connections.rows, abi::connection{});
    std::ranges::fill(tags.rows, abi::tag_line{});
    std::ranges::fill(loads.rows, abi::server_load{});
    std::ranges::fill(cursors.rows, abi::schedule_cursor{});
}

}  // namespace lvx::test
