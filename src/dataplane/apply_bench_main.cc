// How long a change of configuration takes: `./dev bench apply [SERVICES [SERVERS]]`, needs root.  Prints one JSON object.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <vector>

#include "dataplane/dataplane.hh"

namespace {

using namespace lvx;

model::Cluster cluster_of(std::uint32_t services, std::uint32_t servers) {
    model::Cluster cluster;
    for (std::uint32_t i = 0; i < services; ++i) {
        model::Service service{.key = {.address = Address::v4(0xc0000200 | (i & 0xff)), .port = static_cast<Port>(1000 + i / 256)},
                               .scheduler = i % 2 ? "wrr" : "wlc"};
        for (std::uint32_t k = 0; k < servers; ++k)
            service.servers.push_back({.endpoint = {Address::v4(0x0a000000 + i * servers + k), 80}, .weight = k % 3 + 1});
        cluster.services.push_back(service);
    }
    return cluster;
}

double milliseconds_of(const auto& action) {
    const auto start = std::chrono::steady_clock::now();
    action();
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

double milliseconds_to_apply(dataplane::Dataplane& dataplane, const model::Cluster& cluster) {
    return milliseconds_of([&] {
        if (auto applied = dataplane.apply(cluster); !applied) {
            fmt::print(stderr, "{}\n", applied.error().sentence());
            std::exit(1);
        }
    });
}

}  // namespace

int main(int count, char** words) {
    std::vector<std::uint32_t> numbers;  // "--json" is no number: JSON is all there is
    for (int i = 1; i < count; ++i)
        if (const int number = std::atoi(words[i]); number > 0) numbers.push_back(static_cast<std::uint32_t>(number));
    const std::uint32_t services = numbers.empty() ? 1000 : numbers[0];
    const std::uint32_t servers = numbers.size() < 2 ? 10 : numbers[1];
    auto dataplane = dataplane::open({.directory = fmt::format("/sys/fs/bpf/lvx-bench-{}/main", getpid()),
                                      .sizes = {.connections = 1000, .services = services + 16, .servers = services * servers + 16}});
    if (!dataplane) {
        fmt::print(stderr, "{}\n{}\n", dataplane.error().sentence(), dataplane.error().hint);
        return 1;
    }
    model::Cluster cluster = cluster_of(services, servers);
    const double all = milliseconds_to_apply(**dataplane, cluster);
    std::vector<double> one_server;
    for (int i = 0; i < 11; ++i) {
        std::ranges::rotate(cluster.services, cluster.services.begin() + 1);
        cluster.services.front().servers.pop_back();
        one_server.push_back(milliseconds_to_apply(**dataplane, cluster));
    }
    std::ranges::sort(one_server);
    const double none = milliseconds_to_apply(**dataplane, {});
    (*dataplane)->stop();
    fmt::print("{{\"services\": {}, \"servers_each\": {}, \"apply_all_ms\": {:.1f}, \"remove_one_server_median_ms\": {:.1f}, "
               "\"remove_all_ms\": {:.1f}}}\n", services, servers, all, one_server[one_server.size() / 2], none);
}
