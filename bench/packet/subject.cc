#include "bench/packet/subject.hh"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "bpf/table/sweep.h"

namespace lvx::bench {

Result<double> run(int program, std::uint32_t repeat, std::uint32_t expected) {
    std::array<std::uint8_t, 60> frame = {}, out = {};
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame.data(), .data_out = out.data(), .data_size_in = frame.size(),
                .data_size_out = out.size(), .repeat = static_cast<int>(repeat));
    if (bpf_prog_test_run_opts(program, &options) != 0) return refusal("cannot run a program", errno);
    if (options.retval != expected)
        return refusal(fmt::format("a program ended in {} instead of {}", options.retval, expected), 0);
    return options.duration;
}

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

void set_control(bpf_object* object, const bench_control& control) {
    const std::uint32_t zero = 0;
    bpf_map_update_elem(bpf_map__fd(bpf_object__find_map_by_name(object, ".data")), &zero, &control, BPF_ANY);
}

bench_control picking(std::uint32_t flows) { return {.random = 88172645463325252u, .flows = flows, .opening = 0, .next_flow = 0, .zero = 0}; }
bench_control opening() { return {.random = 1, .flows = 1, .opening = 1, .next_flow = 0, .zero = 0}; }

namespace {

// rr gives connection n to server n % BENCH_SERVERS: the list begins with what was added last.
model::Cluster cluster() {
    model::Service service = {
        .key = {.protocol = model::Protocol::tcp, .address = Address::v4(BENCH_VIRTUAL), .port = BENCH_PORT}, .scheduler = "rr"};
    for (std::uint32_t at = BENCH_SERVERS; at-- > 0;)
        service.servers.push_back({.endpoint = {Address::v4(BENCH_SERVER + at), BENCH_SERVER_PORT}});
    return {.services = {service}};
}

}  // namespace

Result<test::Fixture> load_lvx(Elf object, std::uint32_t flows) {
    const auto buckets = static_cast<std::uint32_t>(table::buckets_for_capacity(flows));
    test::Fixture fixture = TRY(test::Fixture::load(object, {.buckets = buckets}));
    fixture.root().client_generation = 0;
    fixture.interfaces[1] = {.ifindex = 1, .slot = 1, .mtu = 1500, .mac = {2, 0, 0, 0, 0, 1}};
    fixture.nexthops[1] = {.destination_mac = {2, 0, 0, 0, 0, 5}, .source_mac = {2, 0, 0, 0, 0, 1}, .ifindex = 1, .mtu = 1500,
                           .flags = abi::NEXTHOP_VALID};
    TRY(fixture.configure(cluster()));
    fixture.route_servers(1);
    return fixture;
}

void establish(test::Fixture& fixture) {
    const std::uint32_t now = fixture.tick();
    const abi::service& service = fixture.services[(fixture.root().active_set & 1) * fixture.sizes().services + fixture.service_id(cluster().services[0].key)];
    for (abi::connection& slot : fixture.connections.rows)
        if (table::control_live(slot.control, now)) slot.control = table::control_with(slot.control, STATE_established, now + service.timeout_ticks[STATE_established]);
}

}  // namespace lvx::bench
