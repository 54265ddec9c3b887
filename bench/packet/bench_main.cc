// bench_packet [--json] [--sync] [--beside OBJECT] [--rounds N] [--capacity N] [--seed N] [--flows N]: what a packet of an established connection costs, by BPF_PROG_RUN.
//
// The data plane and the usual recipe (usual_bench.bpf.c) take turns in one process over the same frames: requests and
// replies of randomly picked connections.  The median over the rounds is given, less what the generator alone costs.
// Then the table is filled to a stated capacity through the data plane itself, and failures and memory are told.
// With --sync instead: what it costs the packet path that somebody listens to changes of connections (sync_cost.hh);
// --rounds are instances then, --flows one of the sizes alone.
// With --beside instead: this data plane and those of other builds' lvx_bench.bpf.o in turn, for whoever changes it.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sched.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/fd.hh"
#include "bench/packet/subject.hh"
#include "bench/packet/sync_cost.hh"
#include "bench/packet/usual_bench.h"
#include "abi/settings.h"
// The type the generated header names without including it.
using lvx::abi::settings;
#include "lvx_bench.skel.h"
#include "usual_bench.skel.h"

namespace lvx::bench {
namespace {

constexpr std::array<std::uint32_t, 4> sizes = {64, 16384, 131072, 1000000};
constexpr std::uint32_t batch = 200000;

struct Timing {
    std::uint32_t flows = 0;
    double generator = 0, lvx = 0, usual = 0, opening = 0;
};

struct Fill {
    std::uint32_t capacity = 0;
    std::uint64_t failures = 0, bytes = 0;
};

struct Closes {
    void operator()(bpf_object* object) const { bpf_object__close(object); }
};
using Object = std::unique_ptr<bpf_object, Closes>;

int program(bpf_object* object, const char* name) {
    return bpf_program__fd(bpf_object__find_program_by_name(object, name));
}

Elf own_object() {
    std::size_t bytes = 0;
    const auto* object = static_cast<const std::uint8_t*>(lvx_bench_bpf__elf_bytes(&bytes));
    return {object, bytes};
}

// Both entries of each connection; room for twice as many, as an LRU table wants.
Result<Object> load_usual(std::uint32_t flows) {
    std::size_t bytes = 0;
    const void* elf = usual_bench_bpf__elf_bytes(&bytes);
    LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "usual");
    Object object(bpf_object__open_mem(elf, bytes, &options));
    if (!object) return refusal("cannot open the usual recipe", errno);
    bpf_map* map = bpf_object__find_map_by_name(object.get(), "usual_flows");
    bpf_map__set_max_entries(map, 4 * std::max(flows, 1024u));
    if (const int result = bpf_object__load(object.get()); result != 0) return refusal("cannot load the usual recipe", -result);
    for (std::uint32_t flow = 0; flow < flows; ++flow) {
        const __be32 client = htobe32(bench_client(flow)), server = htobe32(bench_server(flow)), virtual_address = htobe32(BENCH_VIRTUAL);
        const __be16 port = htobe16(bench_port(flow)), outside = htobe16(BENCH_PORT), inside = htobe16(BENCH_SERVER_PORT);
        const usual_key there = {client, virtual_address, port, outside, 6}, back = {server, client, inside, port, 6};
        const usual_flow to_server = {client, server, port, inside, 0, 0}, to_client = {virtual_address, client, outside, port, 0, 0};
        bpf_map_update_elem(bpf_map__fd(map), &there, &to_server, BPF_ANY);
        bpf_map_update_elem(bpf_map__fd(map), &back, &to_client, BPF_ANY);
    }
    return object;
}

Result<void> command(std::vector<std::string> words) {
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_t child = 0;
    int status = 0;
    if (const int result = posix_spawnp(&child, arguments[0], nullptr, nullptr, arguments.data(), environ); result != 0)
        return refusal(fmt::format("cannot start {}", words[0]), result);
    if (waitpid(child, &status, 0) != child || status != 0)
        return refusal(fmt::format("cannot do: {}", fmt::join(words, " ")), 0);
    return {};
}

Result<void> ip(const std::string& text) {
    std::vector<std::string> words = {"ip"};
    for (std::size_t from = 0, to = 0; to != std::string::npos; from = to + 1) {
        to = text.find(' ', from);
        words.push_back(text.substr(from, to - from));
    }
    return command(std::move(words));
}

// A namespace in which the usual recipe's routing lookups succeed: five neighbours, three routes, forwarding.
Result<void> make_network() {
    if (unshare(CLONE_NEWNET) != 0) return refusal("cannot make a network namespace", errno, "run as root");
    for (const char* each :
         {"link set lo up", "link add inside type veth peer name away", "link set inside up", "link set away up",
          "addr add 10.0.0.1/24 dev inside", "addr add 10.1.0.1/24 dev inside", "route add default via 10.1.0.254",
          "neigh add 10.1.0.254 lladdr 02:00:00:00:02:01 dev inside nud permanent"})
        TRY(ip(each));
    for (std::uint32_t at = 0; at < BENCH_SERVERS; ++at)
        TRY(ip(fmt::format("neigh add {} lladdr 02:00:00:00:01:01 dev inside nud permanent", Address::v4(BENCH_SERVER + at).text())));
    for (const char* name : {"all", "lo", "inside"})
        TRY(command({"sysctl", "-qw", fmt::format("net.ipv4.conf.{}.forwarding=1", name)}));
    return {};
}

Result<Timing> measure(std::uint32_t flows, std::uint32_t rounds) {
    test::Fixture fixture = TRY(load_lvx(own_object(), flows));
    const Object usual = TRY(load_usual(flows));
    set_control(fixture.object(), opening());
    Timing timing = {.flows = flows, .opening = TRY(run(fixture.program("bench_lvx"), flows, redirect))};
    establish(fixture);
    set_control(fixture.object(), picking(flows));
    set_control(usual.get(), picking(flows));
    std::vector<double> generator, lvx, recipe;
    for (std::uint32_t round = 0; round <= rounds; ++round) {  // the first warms up
        const double only = TRY(run(fixture.program("bench_generator"), batch, transmit));
        const double ours = TRY(run(fixture.program("bench_lvx"), batch, redirect));
        const double theirs = TRY(run(program(usual.get(), "bench_usual"), batch, redirect));
        if (round == 0) continue;
        generator.push_back(only), lvx.push_back(ours - only), recipe.push_back(theirs - only);
    }
    timing.generator = median(generator), timing.lvx = median(lvx), timing.usual = median(recipe);
    return timing;
}

// What the kernel charges for a map, as /proc/self/fdinfo says.
std::uint64_t memlock(int fd) {
    const Fd info(open(fmt::format("/proc/self/fdinfo/{}", fd).c_str(), O_RDONLY | O_CLOEXEC));
    std::string text(4096, '\0');
    const ssize_t length = read(info.get(), text.data(), text.size());
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
    const std::size_t at = text.find("memlock:");
    return at == std::string::npos ? 0 : std::strtoull(text.c_str() + at + std::strlen("memlock:"), nullptr, 10);
}

std::uint64_t map_bytes(bpf_object* object) {
    std::uint64_t sum = 0;
    const bpf_map* map = nullptr;
    bpf_object__for_each_map(map, object) sum += memlock(bpf_map__fd(map));
    return sum;
}

Result<Fill> fill(std::uint32_t capacity) {
    test::Fixture fixture = TRY(load_lvx(own_object(), capacity));
    set_control(fixture.object(), opening());
    TRY(run(fixture.program("bench_lvx"), capacity, redirect));
    const std::uint64_t opened = fixture.verdict_count(VERDICT_request_opened);
    return Fill{.capacity = capacity, .failures = capacity - opened, .bytes = map_bytes(fixture.object())};
}

struct Contest {
    std::vector<double> established, opening;  // ns, the generator's own included
};

Result<void> contest_round(test::Fixture& fixture, std::uint32_t flows, Contest& contest) {
    fixture.forget_connections();
    set_control(fixture.object(), opening());
    contest.opening.push_back(TRY(run(fixture.program("bench_lvx"), flows, redirect)));
    establish(fixture);
    set_control(fixture.object(), picking(flows));
    TRY(run(fixture.program("bench_lvx"), batch, redirect));  // warms up
    contest.established.push_back(TRY(run(fixture.program("bench_lvx"), batch, redirect)));
    return {};
}

Result<void> contest(const std::vector<Elf>& objects, std::uint32_t flows, std::uint32_t rounds) {
    std::vector<test::Fixture> fixtures;
    std::vector<Contest> contests(objects.size());
    std::vector<double> generator;
    for (const Elf object : objects) fixtures.push_back(TRY(load_lvx(object, flows)));
    for (std::uint32_t turn = 0; turn < rounds * objects.size(); ++turn) {
        const std::size_t at = (turn + turn / objects.size()) % objects.size();  // each is first once
        set_control(fixtures[at].object(), picking(flows));
        generator.push_back(TRY(run(fixtures[at].program("bench_generator"), batch, transmit)));
        TRY(contest_round(fixtures[at], flows, contests[at]));
    }
    const double only = median(generator);
    fmt::print("{:>8} connections:", flows);
    for (const Contest& each : contests)
        fmt::print("   established {:.1f}, new {:.1f}", median(each.established) - only, median(each.opening) - only);
    fmt::print("\n");
    return {};
}

Result<std::vector<std::uint8_t>> file_bytes(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};
    if (bytes.empty()) return refusal("cannot read " + path, 0);
    return bytes;
}

Result<void> contests(const std::vector<std::string>& paths, std::uint32_t rounds) {
    std::vector<std::vector<std::uint8_t>> files;
    std::vector<Elf> objects = {own_object()};
    for (const std::string& path : paths) files.push_back(TRY(file_bytes(path)));
    objects.insert(objects.end(), files.begin(), files.end());
    fmt::print("ns per packet, less the generator; medians; this object, {}\n", fmt::join(paths, ", "));
    for (const std::uint32_t flows : sizes) TRY(contest(objects, flows, rounds));
    return {};
}

void print_table(const std::vector<Timing>& timings, const Fill& filled) {
    fmt::print("ns per packet of an established connection, less the generator; medians\n");
    fmt::print("{:>10} {:>10} {:>10} {:>8} {:>10} {:>10}\n", "flows", "lvx", "usual", "times", "generator", "lvx open");
    for (const Timing& each : timings)
        fmt::print("{:>10} {:>10.1f} {:>10.1f} {:>8.2f} {:>10.1f} {:>10.1f}\n", each.flows, each.lvx, each.usual,
                   each.usual / each.lvx, each.generator, each.opening - each.generator);
    fmt::print("capacity {}: {} insertions failed, {:.1f} bytes a connection in all maps\n", filled.capacity, filled.failures,
               static_cast<double>(filled.bytes) / filled.capacity);
}

void print_json(const std::vector<Timing>& timings, const Fill& filled) {
    std::string rows;
    for (const Timing& each : timings)
        rows += fmt::format(R"({}{{"flows":{},"lvx_ns":{:.1f},"usual_ns":{:.1f},"times":{:.2f},"generator_ns":{:.1f},"open_ns":{:.1f}}})",
                            rows.empty() ? "" : ",", each.flows, each.lvx, each.usual, each.usual / each.lvx, each.generator,
                            each.opening - each.generator);
    fmt::print(R"({{"established":[{}],"capacity":{},"failed_insertions":{},"bytes_per_connection":{:.1f}}})"
               "\n",
               rows, filled.capacity, filled.failures, static_cast<double>(filled.bytes) / filled.capacity);
}

struct Options {
    bool json = false, sync = false;
    std::vector<std::string> beside;
    std::uint32_t rounds = 9, capacity = 1000000, seed = 1, flows = 0;
};

Result<void> bench(const Options& options) {
    TRY(make_network());
    if (!options.beside.empty()) return contests(options.beside, options.rounds);
    if (options.sync) {
        for (const std::uint32_t flows : sizes)
            if (options.flows == 0 || options.flows == flows) TRY(print_sync_cost(own_object(), {.flows = flows, .instances = options.rounds, .seed = options.seed, .json = options.json}));
        return {};
    }
    std::vector<Timing> timings;
    for (const std::uint32_t flows : sizes) timings.push_back(TRY(measure(flows, options.rounds)));
    const Fill filled = TRY(fill(options.capacity));
    options.json ? print_json(timings, filled) : print_table(timings, filled);
    return {};
}

Result<Options> parse(std::vector<std::string> words) {
    Options options;
    for (std::size_t at = 0; at < words.size(); ++at) {
        const bool has_number = at + 1 < words.size() && std::atoi(words[at + 1].c_str()) > 0;
        if (words[at] == "--json") options.json = true;
        else if (words[at] == "--sync") options.sync = true;
        else if (words[at] == "--beside" && at + 1 < words.size()) options.beside.push_back(words[++at]);
        else if (words[at] == "--rounds" && has_number) options.rounds = static_cast<std::uint32_t>(std::atoi(words[++at].c_str()));
        else if (words[at] == "--capacity" && has_number) options.capacity = static_cast<std::uint32_t>(std::atoi(words[++at].c_str()));
        else if (words[at] == "--seed" && has_number) options.seed = static_cast<std::uint32_t>(std::atoi(words[++at].c_str()));
        else if (words[at] == "--flows" && has_number) options.flows = static_cast<std::uint32_t>(std::atoi(words[++at].c_str()));
        else return refusal("usage: bench_packet [--json] [--sync] [--beside OBJECT] [--rounds N] [--capacity N] [--seed N] [--flows N]", 0);
    }
    return options;
}

}  // namespace
}  // namespace lvx::bench

int main(int argc, char** argv) {
    const auto options = lvx::bench::parse({argv + 1, argv + argc});
    const auto result = options ? lvx::bench::bench(*options) : lvx::Result<void>(std::unexpected(options.error()));
    if (result) return 0;
    fmt::print(stderr, "{}\n", result.error().sentence());
    return 1;
}
