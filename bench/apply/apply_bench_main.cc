// How long a change takes from its text, its command or its check to the packets: `./dev bench apply [SERVICES [SERVERS]]`,
// needs root.  The whole daemon but its sockets, on a data plane of its own and a state on disk.  Prints one JSON object.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>
#include <vector>

#include "config/bundle.hh"
#include "config/keepalived/print.hh"
#include "daemon/live_director.hh"

namespace {

using namespace lvx;

constexpr int repetitions = 11;

struct Shape {
    std::uint32_t services = 1000, servers = 10;
};

model::Site site_of(const Shape& shape) {
    model::Site site;
    for (std::uint32_t i = 0; i < shape.services; ++i) {
        model::Service service{.key = {.address = Address::v4(0xc0000200 | (i & 0xff)), .port = static_cast<Port>(1000 + i / 256)},
                               .scheduler = i % 2 ? "wrr" : "wlc"};
        model::Pool pool{.name = service.key.text(), .services = {service.key}};
        for (std::uint32_t k = 0; k < shape.servers; ++k) {
            service.servers.push_back({.endpoint = {Address::v4(0x0a000000 + i * shape.servers + k), 80}, .weight = k % 3 + 1});
            pool.servers.push_back({.endpoint = service.servers.back().endpoint, .weight = service.servers.back().weight,
                                    .checks = {{.target = {.endpoint = service.servers.back().endpoint}, .timing = {}, .kind = model::TcpCheck{}}}});
        }
        site.cluster.services.push_back(service);
        site.pools.push_back(std::move(pool));
    }
    return site;
}

template <class Action>
double milliseconds_of(const Action& action) {
    const auto start = std::chrono::steady_clock::now();
    action();
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

// The median of some repetitions; each gets its number.  Between two a daemon's loop turns a few times.
template <class Action>
double median_of(dataplane::Dataplane& plane, const Action& action) {
    std::vector<double> times;
    for (int i = 0; i < repetitions; ++i) {
        for (int turn = 0; turn < 5; ++turn) {
            std::this_thread::sleep_for(std::chrono::milliseconds{10});
            plane.sweep();
        }
        times.push_back(milliseconds_of([&] { action(i); }));
    }
    std::ranges::sort(times);
    return times[times.size() / 2];
}

void must(bool good, std::string_view what) {
    if (good) return;
    fmt::print(stderr, "{} failed\n", what);
    std::exit(1);
}

int measure(const Shape& shape, dataplane::Dataplane& plane, const std::string& folder) {
    model::Site site = site_of(shape);
    std::string text = config::keepalived::print(site);
    log::Log log(log::Sink::stream, log::Level::error);
    net::World world;
    auto store = daemon::StateStore::open(folder);
    must(store.has_value(), "state folder");
    const auto read = [](const model::ConfigurationText& bundle, std::uint64_t) {
        return config::load(config::reader_of(bundle), bundle.main, {});
    };
    const daemon::Readers readers{.file = [&](std::uint64_t seed) { return read({.main = "lvx.conf", .files = {{"lvx.conf", text}}}, seed); },
                                  .text = read,
                                  .seed = [] { return std::uint64_t{1}; }};
    const double parse = milliseconds_of([&] { must(readers.file(1).usable(), "the file"); });
    std::optional<daemon::LiveDirector> director;
    const double cold = milliseconds_of([&] {
        auto beginning = daemon::begin(*store, "lvx.conf", readers, {});
        must(beginning.has_value(), "beginning");
        director.emplace(daemon::Surroundings{.dataplane = plane,
                                              .log = log,
                                              .world = world,
                                              .store = *store,
                                              .readers = readers,
                                              .solicit = [](auto) {},
                                              .now = [] { return std::chrono::steady_clock::now(); },
                                              .wall = [] { return model::WallTime{}; },
                                              .emit = [](const model::Event&) {},
                                              .site_changed = [](const model::Site&) {},
                                              .changed = [] {},
                                              .stop = [](api::StopKind) {}},
                         daemon::Identity{.file = "lvx.conf"}, daemon::Settings{}, std::move(*beginning));
        must(director->start().has_value(), "start");
    });
    const auto weight_in_file = [&](int i) {
        site.cluster.services[shape.services / 2].servers[0].weight = static_cast<std::uint32_t>(50 + i);
        site.pools[shape.services / 2].servers[0].weight = static_cast<std::uint32_t>(50 + i);
        text = config::keepalived::print(site);
    };
    std::vector<double> reloads;
    for (int i = 0; i < repetitions; ++i) {
        weight_in_file(i);
        reloads.push_back(milliseconds_of([&] { must(director->reload().applied, "reload"); }));
    }
    std::ranges::sort(reloads);
    health::View view = health::expected_view(site.pools, {});
    const double health_change = median_of(plane, [&](int i) {
        view.pools[shape.services / 3].servers[0].up = view.pools[shape.services / 3].servers[0].in_service = i % 2 != 0;
        director->observe(view);
    });
    const model::Service& edited = site.cluster.services[shape.services / 4];
    const double operation = median_of(plane, [&](int i) {
        model::Server server = edited.servers[0];
        server.weight = static_cast<std::uint32_t>(100 + i);
        const std::vector<model::Operation> list{model::EditServer{edited.key, server}};
        must(director->execute(list).executed == 1, "operation");
    });
    fmt::print("{{\"services\": {}, \"servers_each\": {}, \"parse_ms\": {:.1f}, \"parse_plan_apply_cold_ms\": {:.1f}, "
               "\"reload_of_one_weight_median_ms\": {:.1f}, \"health_change_of_one_server_median_ms\": {:.1f}, "
               "\"operation_on_one_server_median_ms\": {:.1f}}}\n",
               shape.services, shape.servers, parse, cold, reloads[reloads.size() / 2], health_change, operation);
    return 0;
}

}  // namespace

int main(int count, char** words) {
    std::vector<std::uint32_t> numbers;  // "--json" is no number: JSON is all there is
    for (int i = 1; i < count; ++i)
        if (const int number = std::atoi(words[i]); number > 0) numbers.push_back(static_cast<std::uint32_t>(number));
    Shape shape;
    if (!numbers.empty()) shape.services = numbers[0];
    if (numbers.size() > 1) shape.servers = numbers[1];
    auto plane = dataplane::open({.directory = fmt::format("/sys/fs/bpf/lvx-bench-{}/main", getpid()),
                                  .sizes = {.connections = 1000, .services = shape.services + 16, .servers = shape.services * shape.servers + 16}});
    if (!plane) {
        fmt::print(stderr, "{}\n{}\n", plane.error().sentence(), plane.error().hint);
        return 1;
    }
    const std::string folder = fmt::format("/tmp/lvx-bench-{}", getpid());
    const int status = measure(shape, **plane, folder);
    (*plane)->stop();
    std::filesystem::remove_all(folder);
    return status;
}
