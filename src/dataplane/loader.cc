#include "dataplane/loader.hh"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "base/ensure.hh"
#include "bpf/skeleton.hh"
#include "dataplane/hertz.hh"
#include "dataplane/refusal.hh"

namespace lvx::dataplane {
namespace {

struct Destroyer {
    void operator()(lvx_bpf* skeleton) const { lvx_bpf::destroy(skeleton); }
};
using Skeleton = std::unique_ptr<lvx_bpf, Destroyer>;

// Large enough for the log of a program of a few ten thousand instructions; pages are only touched by a failure.
constexpr std::size_t log_bytes = std::size_t{16} << 20;

// The kernel would take page after page until others are killed for it.
Result<void> check_memory(const Layout& sizes, const Memory& memory) {
    if (bytes(sizes) <= memory.available) return {};
    return std::unexpected(explain({.code = ENOMEM, .table_bytes = bytes(sizes)}, ""));
}

std::string verifier_log_file() {
    const char* path = std::getenv("LVX_VERIFIER_LOG");
    return path ? path : "";
}

Result<Skeleton> open_object() {
    // Everything libbpf would print is in our errors.
    libbpf_set_print(nullptr);
    Skeleton skeleton(lvx_bpf::open());
    if (!skeleton) return refusal("cannot read the built-in BPF object", errno);
    return skeleton;
}

Result<abi::root> new_header(const Layout& layout) {
    const std::uint32_t hertz = TRY(kernel_hertz());
    abi::root root = {.magic = ROOT_MAGIC,
                      .schema = LVX_SCHEMA,
                      .buckets = layout.buckets,
                      .capacity = static_cast<std::uint32_t>(layout.capacity),
                      .max_services = layout.services,
                      .max_servers = layout.servers,
                      .max_nexthops = layout.nexthops,
                      .pool_words = layout.pool_words,
                      .cpus = layout.cpus,
                      .tick_shift = tick_shift(hertz),
                      .hertz = hertz,
                      .client_generation = 1,
                      .sparse = 1};
    if (getrandom(root.seed, sizeof root.seed, 0) != sizeof root.seed) return refusal("cannot get random bytes", errno);
    return root;
}

void size_maps(const lvx_bpf& skeleton, const abi::root& root) {
    const auto size = [](bpf_map* map, std::uint64_t entries) {
        ensure(bpf_map__set_max_entries(map, static_cast<__u32>(entries)) == 0);
    };
    const std::uint64_t sets = CONFIGURATION_SETS;
    size(skeleton.maps.connection_tags, root.buckets);
    size(skeleton.maps.connections, std::uint64_t{root.buckets} * SLOTS_PER_BUCKET);
    size(skeleton.maps.change_marks, table::mark_lines_for(root.buckets));
    size(skeleton.maps.change_lines, table::mark_line_lines_for(root.buckets));
    size(skeleton.maps.services, sets * root.max_services);
    size(skeleton.maps.servers, sets * root.max_servers);
    size(skeleton.maps.server_loads, root.max_servers);
    size(skeleton.maps.server_delays, root.max_servers);
    size(skeleton.maps.pool, sets * root.pool_words / POOL_LINE_WORDS);
    size(skeleton.maps.schedule_cursors, root.max_services);
    size(skeleton.maps.nexthops, root.max_nexthops);
    size(skeleton.maps.verdict_counters, std::uint64_t{root.cpus} * INTERFACE_LIMIT * VERDICT_LIMIT);
    size(skeleton.maps.service_counters, std::uint64_t{root.cpus + 1} * root.max_services);
    size(skeleton.maps.server_counters, std::uint64_t{root.cpus + 1} * root.max_servers);
    // A key of the running set and a new one may stand side by side.
    size(skeleton.maps.service_ids, sets * root.max_services);
    ensure(bpf_map__set_map_flags(skeleton.maps.service_ids, BPF_F_NO_PREALLOC) == 0);
}

void set_constants(lvx_bpf& skeleton, const abi::root& root) {
    skeleton.rodata->settings = {.seed = {root.seed[0], root.seed[1]},
                                 .buckets = root.buckets,
                                 .max_services = root.max_services,
                                 .max_servers = root.max_servers,
                                 .max_nexthops = root.max_nexthops,
                                 .pool_words = root.pool_words,
                                 .cpus = root.cpus,
                                 .tick_shift = root.tick_shift};
}

// Loads with a log for each program, so that a refusal says which and why.
Result<void> load_programs(const Skeleton& skeleton, std::uint64_t table_bytes) {
    bpf_program* const programs[] = {skeleton->progs.lvx_xdp,      skeleton->progs.lvx_xdp_first, skeleton->progs.lvx_xdp_admit,
                                     skeleton->progs.lvx_xdp_open, skeleton->progs.lvx_tc,        skeleton->progs.lvx_tc_first,
                                     skeleton->progs.lvx_tc_admit, skeleton->progs.lvx_tc_open,   skeleton->progs.lvx_clock};
    std::unique_ptr<char[]> logs[std::size(programs)];
    for (std::size_t i = 0; i < std::size(programs); ++i) {
        logs[i] = std::make_unique_for_overwrite<char[]>(log_bytes);
        logs[i][0] = '\0';
        bpf_program__set_log_buf(programs[i], logs[i].get(), log_bytes);
    }
    const int error = lvx_bpf::load(skeleton.get());
    if (error == 0) return {};
    LoadFailure failure{.code = -error, .table_bytes = table_bytes};
    for (std::size_t i = 0; i < std::size(programs) && failure.verifier_log.empty(); ++i) {
        failure.verifier_log = logs[i].get();
        failure.program = bpf_program__name(programs[i]);
    }
    return std::unexpected(explain(failure, verifier_log_file()));
}

Fd duplicate(int fd) { return Fd(dup(fd)); }

Programs programs_of(const lvx_bpf& skeleton) {
    return {.xdp = duplicate(bpf_program__fd(skeleton.progs.lvx_xdp)),
            .tc = duplicate(bpf_program__fd(skeleton.progs.lvx_tc)),
            .clock = duplicate(bpf_program__fd(skeleton.progs.lvx_clock)),
            .xdp_rests = duplicate(bpf_map__fd(skeleton.maps.xdp_rests)),
            .tc_rests = duplicate(bpf_map__fd(skeleton.maps.tc_rests))};
}

constexpr std::string_view rests_pin = "rests_";

// By the map's id: those of programs that are still attached stay beside ours (forget_old_rests).
std::string rests_name(const Fd& rests) {
    bpf_map_info info = {};
    __u32 length = sizeof info;
    ensure(bpf_obj_get_info_by_fd(rests.get(), &info, &length) == 0);
    return fmt::format("{}{}", rests_pin, info.id);
}

Result<void> pin_programs(const Pins& pins, const Programs& programs) {
    for (const Fd* rests : {&programs.xdp_rests, &programs.tc_rests}) TRY(pins.put(rests_name(*rests), rests->get()));
    TRY(pins.put("program_xdp", programs.xdp.get()));
    TRY(pins.put("program_tc", programs.tc.get()));
    return pins.put("program_clock", programs.clock.get());
}

Result<void> pin_tables(const Pins& pins, const Tables& tables) {
    TRY(pins.put("map_service_ids", tables.service_ids.get()));
    TRY(pins.put("map_held_answers", tables.held_answers.get()));
#define X(name, type) TRY(pins.put("map_" #name, tables.name.fd.get()));
    SHARED_ARRAYS(X)
#undef X
    return {};
}

Result<Loaded> make(const Pins& pins, const Options& options) {
    const Memory memory = machine_memory();
    const Layout sizes = TRY(layout(options.sizes, memory.total, static_cast<std::uint32_t>(libbpf_num_possible_cpus())));
    TRY(check_memory(sizes, memory));
    const abi::root root = TRY(new_header(sizes));
    const Skeleton skeleton = TRY(open_object());
    size_maps(*skeleton, root);
    set_constants(*skeleton, root);
    TRY(load_programs(skeleton, bytes(sizes)));

    Loaded loaded{.programs = programs_of(*skeleton)};
#define X(name, type) loaded.tables.name.fd = duplicate(bpf_map__fd(skeleton->maps.name));
    SHARED_ARRAYS(X)
#undef X
    loaded.tables.service_ids = duplicate(bpf_map__fd(skeleton->maps.service_ids));
    loaded.tables.held_answers = duplicate(bpf_map__fd(skeleton->maps.held_answers));
    TRY(map_all(loaded.tables));
    loaded.tables.header() = root;
    TRY(pin_programs(pins, loaded.programs));
    TRY(pin_tables(pins, loaded.tables));
    return loaded;
}

Error other_tables(const Pins& pins, const std::string& why) {
    return {.doing = fmt::format("cannot adopt the tables in {}: {}", pins.directory(), why),
            .code = EEXIST,
            .hint = fmt::format("end forwarding first: with the lvxd that made them (--on-exit stop), or by rm -r {}; its "
                                "connections are lost", pins.directory())};
}

Result<void> check_sizes(const Pins& pins, const abi::root& root, const Sizes& wanted) {
    const auto differs = [](std::uint64_t asked, std::uint64_t present) { return asked != 0 && asked != present; };
    const std::uint32_t words = (wanted.pool_words + POOL_LINE_WORDS - 1) / POOL_LINE_WORDS * POOL_LINE_WORDS;
    if (!differs(wanted.connections, root.capacity) && !differs(wanted.services, root.max_services) &&
        !differs(wanted.servers, root.max_servers) && !differs(words, root.pool_words))
        return {};
    return std::unexpected(other_tables(pins, fmt::format("they were made for {} connections, {} services, {} servers, {} pool words",
                                                          root.capacity, root.max_services, root.max_servers, root.pool_words)));
}

Result<void> check_header(const Pins& pins, const Tables& tables, const Sizes& wanted) {
    const abi::root& root = tables.header();
    if (root.magic != ROOT_MAGIC || root.schema != LVX_SCHEMA)
        return std::unexpected(other_tables(pins, "another version of lvx made them"));
    if (root.cpus != static_cast<std::uint32_t>(libbpf_num_possible_cpus()))
        return std::unexpected(other_tables(pins, fmt::format("they were made for {} CPUs", root.cpus)));
    return check_sizes(pins, root, wanted);
}

// Before the others are opened: whether they fit is written there.
Result<void> check_root(const Pins& pins, const Sizes& wanted) {
    Tables tables;
    tables.root.fd = TRY(pins.get("map_root"));
    auto root = Mapping::of(tables.root.fd, "root", sizeof(abi::root));
    if (!root) return std::unexpected(other_tables(pins, "another version of lvx made them"));
    tables.root.mapping = std::move(*root);
    return check_header(pins, tables, wanted);
}

Result<Loaded> adopt(const Pins& pins, const Options& options) {
    TRY(check_root(pins, options.sizes));
    Loaded loaded{.tables = TRY(open_tables(pins)), .adopted = true};
    const Tables& tables = loaded.tables;
    const Skeleton skeleton = TRY(open_object());
    set_constants(*skeleton, tables.header());
#define X(name, type) \
    if (const int error = bpf_map__reuse_fd(skeleton->maps.name, tables.name.fd.get())) return refusal("cannot adopt map " #name, -error);
    SHARED_ARRAYS(X)
#undef X
    if (const int error = bpf_map__reuse_fd(skeleton->maps.service_ids, tables.service_ids.get()))
        return refusal("cannot adopt map service_ids", -error);
    if (const int error = bpf_map__reuse_fd(skeleton->maps.held_answers, tables.held_answers.get()))
        return refusal("cannot adopt map held_answers", -error);
    TRY(load_programs(skeleton, 0));
    loaded.programs = programs_of(*skeleton);
    TRY(pin_programs(pins, loaded.programs));
    return loaded;
}

}  // namespace

Result<Loaded> load(const Pins& pins, const Options& options) {
    if (pins.has("map_root")) return adopt(pins, options);
    for (const std::string& leftover : pins.names()) pins.remove(leftover);
    auto loaded = make(pins, options);
    if (!loaded) pins.remove_all();
    return loaded;
}

void forget_old_rests(const Pins& pins, const Programs& programs) {
    const std::string xdp = rests_name(programs.xdp_rests), tc = rests_name(programs.tc_rests);
    for (const std::string& name : pins.names())
        if (name.starts_with(rests_pin) && name != xdp && name != tc) pins.remove(name);
}

Result<Tables> open_tables(const Pins& pins) {
    Tables tables;
#define X(name, type) tables.name.fd = TRY(pins.get("map_" #name));
    SHARED_ARRAYS(X)
#undef X
    tables.service_ids = TRY(pins.get("map_service_ids"));
    tables.held_answers = TRY(pins.get("map_held_answers"));
    TRY(map_all(tables));
    return tables;
}

std::uint64_t jiffies(const Fd& clock_program) {
    abi::clock_answer answer = {};
    LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = &answer, .ctx_size_in = sizeof answer);
    ensure(bpf_prog_test_run_opts(clock_program.get(), &options) == 0);
    return answer.jiffies;
}

}  // namespace lvx::dataplane
