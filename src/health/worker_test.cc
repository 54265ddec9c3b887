// The worker as a whole, against small servers on loopback; times are short, so that a test takes a second or two.
#include "health/worker.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <future>

#include "base/test_folder.hh"
#include "health/check/test_server.hh"

namespace lvx::health {
namespace {

using namespace health::testing;
using ::testing::Contains;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

struct Desk {
    View view;
    std::vector<std::string> events;
    std::vector<notify::Notice> notices;
    std::unique_ptr<Worker> worker;

    explicit Desk(HostNames::Lookup names = look_up) {
        auto opened = Worker::open({.view = [this](View seen) { view = std::move(seen); },
                                    .emit = [this](const model::Event& event) { events.push_back(model::text_of(event)); },
                                    .tell = [this](notify::Notice notice) { notices.push_back(std::move(notice)); },
                                    .look_up = std::move(names)},
                                   1);
        ensure(opened.has_value());
        worker = std::move(*opened);
    }

    void configure(Setting setting) { ensure(worker->configure(std::make_shared<const Setting>(std::move(setting)), Clock::now()).has_value()); }

    bool until(const std::function<bool()>& condition) {
        const Instant end = Clock::now() + 30s;
        while (!condition()) {
            if (Clock::now() > end) return false;
            worker->wait();
            worker->work(Clock::now());
        }
        return true;
    }
    [[nodiscard]] bool up(std::size_t server) const { return view.pools.at(0).servers.at(server).up; }
    [[nodiscard]] std::uint64_t runs() const { return worker->counters().runs; }
};

model::Check fast(model::CheckKind kind, const Endpoint& target) {
    return {.target = {.endpoint = target, .bind = {}, .bind_interface = {}},
            .timing = {.delay_loop = 50ms, .connect_timeout = 10s, .delay_before_retry = 10ms, .warmup = 0ms, .retry = 1},
            .kind = std::move(kind)};
}

model::WatchedServer server_with(const Endpoint& endpoint, std::vector<model::Check> checks) {
    model::WatchedServer server;
    server.endpoint = endpoint;
    server.checks = std::move(checks);
    return server;
}

model::Pool pool_with(std::vector<model::WatchedServer> servers) {
    model::Pool pool;
    pool.name = "192.168.88.23 80";
    pool.services.push_back({.address = Address::v4(0xc0a85817), .port = 80});
    pool.servers = std::move(servers);
    pool.on_down = model::OnDown::reset;
    return pool;
}

Endpoint closed_port() {
    static const Fd socket = bound_socket(SOCK_STREAM);
    return local_endpoint(socket.get());
}

TEST(Worker, finds_who_is_down_and_who_is_up_and_says_why) {
    const LittleServer alive([](int) {});
    Desk desk;
    desk.configure({.pools = {pool_with({server_with(alive.endpoint(), {fast(model::TcpCheck{}, alive.endpoint())}),
                                         server_with(closed_port(), {fast(model::TcpCheck{}, closed_port())})})}});
    ASSERT_TRUE(desk.until([&] { return desk.runs() >= 4; }));
    EXPECT_TRUE(desk.up(0));
    EXPECT_FALSE(desk.up(1));
    const Status status = desk.worker->status(Clock::now());
    EXPECT_EQ(status.checks[1].result, "connection refused");
    EXPECT_EQ(status.checks[1].state, "down");
    EXPECT_EQ(status.servers[1].reason, "connection refused");
    EXPECT_EQ(status.checks[0].result, "connected");
    const Status earlier = desk.worker->status(Clock::now() - 1h);  // so that what is due now is still to come
    EXPECT_GT(earlier.checks[0].next_ms + earlier.checks[1].next_ms, 0U);
    EXPECT_THAT(desk.events, Contains(HasSubstr("Removing service [127.0.0.1]:tcp:")));
    EXPECT_EQ(desk.notices.size(), 2U) << "the quorum at the start, and the server that is down";
}

TEST(Worker, a_server_that_falls_and_comes_back_is_told_once_each) {
    std::atomic<bool> well = true;
    const LittleServer web([&well](int connection) {
        hear(connection);
        say(connection, well ? "HTTP/1.0 200 OK\r\n\r\n" : "HTTP/1.0 503 Busy\r\n\r\n");
    });
    model::HttpCheck http;
    http.urls.push_back({});
    Desk desk;
    desk.configure({.pools = {pool_with({server_with(web.endpoint(), {fast(http, web.endpoint())})})}});
    ASSERT_TRUE(desk.until([&] { return desk.runs() >= 2; }));
    well = false;
    ASSERT_TRUE(desk.until([&] { return !desk.up(0); }));
    EXPECT_EQ(desk.worker->status(Clock::now()).servers[0].reason, "status 503, wanted 200-299");
    const std::uint64_t runs = desk.runs();
    ASSERT_TRUE(desk.until([&] { return desk.runs() >= runs + 3; }));
    well = true;
    ASSERT_TRUE(desk.until([&] { return desk.up(0); }));
    EXPECT_EQ(std::ranges::count_if(desk.events, [](const std::string& text) { return text.starts_with("Removing service"); }), 1);
    EXPECT_EQ(std::ranges::count_if(desk.events, [](const std::string& text) { return text.starts_with("Adding service"); }), 1);
}

TEST(Worker, what_hangs_delays_nobody) {
    const LittleServer alive([](int) {});
    const LittleServer silent(hang);
    model::MiscCheck sleeping = {.command = {.words = {"/bin/sleep", "60"}, .user = {}, .group = {}}, .timeout = 60s};
    model::HttpCheck tls;
    tls.tls = true;
    tls.urls.push_back({});
    std::vector<model::Check> checks = {fast(sleeping, alive.endpoint()), fast(tls, silent.endpoint()), fast(model::DnsCheck{}, {Address::v4(0x7f000001), 9})};
    for (model::Check& check : checks) check.timing.connect_timeout = 60s;
    Desk desk;
    desk.configure({.pools = {pool_with({server_with(alive.endpoint(), {fast(model::TcpCheck{}, alive.endpoint())}), server_with(silent.endpoint(), checks)})}});
    ASSERT_TRUE(desk.until([&] { return desk.worker->status(Clock::now()).checks[0].runs >= 10; }));
    EXPECT_EQ(desk.worker->status(Clock::now()).checks[1].runs, 0U);
}

TEST(Worker, a_socket_kept_from_one_check_disturbs_no_other) {
    const LittleServer alive([](int) {}), other([](int) {});
    const LittleServer web([](int connection) {
        hear(connection);
        say(connection, "HTTP/1.0 200 OK\r\n\r\n");
    });
    model::HttpCheck http;
    http.urls.push_back({});
    model::Check elsewhere = fast(model::TcpCheck{}, other.endpoint());
    elsewhere.target.bind = Endpoint{Address::v4(0x7f000002), 0};
    std::vector<model::Check> checks = {fast(model::TcpCheck{}, alive.endpoint()), fast(http, web.endpoint()), elsewhere,
                                        fast(model::TcpCheck{}, closed_port()), fast(model::TcpCheck{}, other.endpoint())};
    for (model::Check& check : checks) check.timing.delay_loop = check.timing.delay_before_retry = 3ms;
    Desk desk;
    desk.configure({.pools = {pool_with({server_with(alive.endpoint(), checks)})}});
    const auto ran = [&](const api::CheckSnapshot& check) { return check.runs >= 60; };
    ASSERT_TRUE(desk.until([&] { return std::ranges::all_of(desk.worker->status(Clock::now()).checks, ran); }));
    const Status status = desk.worker->status(Clock::now());
    for (std::size_t i = 0; i < checks.size(); ++i) {
        EXPECT_EQ(status.checks[i].failures, i == 3 ? status.checks[i].runs : 0) << i << ' ' << status.checks[i].result;
        if (i == 3) EXPECT_EQ(status.checks[i].result, "connection refused");
    }
}

TEST(Worker, a_crowd_of_tcp_checks_wakes_no_server_and_judges_as_ever) {
    std::atomic<std::uint64_t> accepted = 0;
    const LittleServer alive([&accepted](int) { ++accepted; });
    const auto setting = [&alive](std::chrono::microseconds every) {
        std::vector<model::Check> checks(9, fast(model::TcpCheck{}, alive.endpoint()));
        checks[0].target.endpoint = closed_port();
        for (model::Check& check : checks) check.timing.delay_loop = check.timing.delay_before_retry = every;
        return Setting{.pools = {pool_with({server_with(alive.endpoint(), checks)})}};
    };
    Desk desk;
    desk.configure(setting(2ms));
    const auto ran = [](const api::CheckSnapshot& check) { return check.runs >= 50; };
    ASSERT_TRUE(desk.until([&] { return std::ranges::all_of(desk.worker->status(Clock::now()).checks, ran); }));
    // A SYN-ACK that its thread came back to too late was acknowledged by the kernel.
    EXPECT_LT(accepted, desk.runs() / 2);
    const Status status = desk.worker->status(Clock::now());
    for (std::size_t i = 0; i < status.checks.size(); ++i) EXPECT_EQ(status.checks[i].failures, i == 0 ? status.checks[i].runs : 0) << i << ' ' << status.checks[i].result;
    desk.configure(setting(20ms));
    const std::uint64_t before = accepted;
    ASSERT_TRUE(desk.until([&] { return accepted >= before + 20; })) << "no crowd any more: handshakes are whole";
}

TEST(Worker, a_reload_keeps_state_of_equal_checks_and_even_their_conversations) {
    const LittleServer silent(hang);
    model::HttpCheck http;
    http.urls.push_back({});
    model::Check slow = fast(http, silent.endpoint());
    slow.timing.connect_timeout = 1500ms;
    const Setting setting = {.pools = {pool_with({server_with(silent.endpoint(), {slow}), server_with(closed_port(), {fast(model::TcpCheck{}, closed_port())})})}};
    Desk desk;
    desk.configure(setting);
    ASSERT_TRUE(desk.until([&] { return desk.runs() >= 1 && desk.worker->counters().running == 1; }));
    desk.events.clear();
    Setting changed = setting;
    changed.pools[0].servers[0].weight = 7;
    desk.configure(changed);
    EXPECT_EQ(desk.worker->counters().running, 1U) << "the conversation goes on";
    EXPECT_FALSE(desk.up(1)) << "who was down stays down";
    EXPECT_EQ(desk.view.pools[0].servers[0].weight, 7U);
    EXPECT_TRUE(desk.events.empty());
    ASSERT_TRUE(desk.until([&] { return !desk.up(0); }));
}

TEST(Worker, a_reload_without_a_pool_ends_its_conversations) {
    const LittleServer silent(hang);
    model::HttpCheck http;
    http.urls.push_back({});
    Desk desk;
    desk.configure({.pools = {pool_with({server_with(silent.endpoint(), {fast(http, silent.endpoint())})})}});
    ASSERT_TRUE(desk.until([&] { return desk.worker->counters().running == 1; }));
    desk.configure({});
    EXPECT_EQ(desk.worker->counters().running, 0U);
    EXPECT_TRUE(desk.worker->status(Clock::now()).checks.empty());
}

TEST(Worker, ha_suspend_checks_only_while_the_address_is_here) {
    const LittleServer alive([](int) {});
    model::Pool pool = pool_with({server_with(alive.endpoint(), {fast(model::TcpCheck{}, alive.endpoint())})});
    pool.ha_suspend = true;
    Desk desk;
    desk.configure({.pools = {pool}});
    EXPECT_EQ(desk.worker->status(Clock::now()).checks[0].state, "suspended");
    desk.worker->set_local_addresses({pool.services[0].address}, Clock::now());
    ASSERT_TRUE(desk.until([&] { return desk.runs() >= 1; }));
    desk.worker->set_local_addresses({}, Clock::now());
    EXPECT_EQ(desk.worker->status(Clock::now()).checks[0].state, "suspended");
}

TEST(Worker, a_bfd_session_decides_at_once_and_without_retries) {
    Desk desk;
    desk.configure({.pools = {pool_with({server_with(closed_port(), {fast(model::BfdCheck{.name = "b1"}, closed_port())})})}});
    EXPECT_TRUE(desk.up(0));
    desk.worker->set_bfd("b1", false, Clock::now());
    ASSERT_TRUE(desk.until([&] { return !desk.up(0); }));
    desk.worker->set_bfd("b1", true, Clock::now());
    ASSERT_TRUE(desk.until([&] { return desk.up(0); }));
}

TEST(Worker, a_track_file_moves_weights_when_it_is_written) {
    const TestFolder folder;
    const std::string path = folder.file("weight");
    const auto write = [&path](const char* text) {
        std::FILE* file = std::fopen(path.c_str(), "w");
        std::fputs(text, file);
        std::fclose(file);
    };
    Desk desk;
    model::TrackFile file;
    file.name = "w";
    file.path = path;
    desk.configure({.pools = {pool_with({server_with(closed_port(), {fast(model::FileCheck{.track_file = "w", .weight = {}}, closed_port())})})}, .files = {file}});
    write("9\n");
    ASSERT_TRUE(desk.until([&] { return desk.view.pools.at(0).servers.at(0).weight == 10; }));
    write("-2147483648\n");
    ASSERT_TRUE(desk.until([&] { return !desk.up(0); }));
    (void)std::remove(path.c_str());
    ASSERT_TRUE(desk.until([&] { return desk.up(0) && desk.view.pools[0].servers[0].weight == 1; }));
}

TEST(Worker, a_file_in_the_maintenance_directory_takes_its_server_out) {
    const TestFolder folder;
    Desk desk;
    model::Pool pool = pool_with({server_with({Address::v4(0x0a000002), 80}, {})});
    pool.maintenance_directory = folder.path();
    desk.configure({.pools = {pool}});
    const std::string path = folder.file("10.0.0.2");
    std::fclose(std::fopen(path.c_str(), "w"));
    ASSERT_TRUE(desk.until([&] { return !desk.up(0); }));
    EXPECT_EQ(desk.worker->status(Clock::now()).servers[0].state, "maintenance");
    (void)std::remove(path.c_str());
    ASSERT_TRUE(desk.until([&] { return desk.up(0); }));
}

TEST(Worker, host_names_beyond_the_limit_are_counted_and_told_once) {
    const TestFolder folder;
    constexpr std::size_t more = 3;
    for (std::size_t i = 0; i < HostNames::limit + more; ++i) std::ofstream(folder.file("host" + std::to_string(i)));
    model::Pool pool = pool_with({server_with(closed_port(), {})});
    pool.maintenance_directory = folder.path();
    Desk desk([](const std::string&) { return std::vector<Address>(); });
    const auto told = [&desk] { return std::ranges::count_if(desk.events, [](const std::string& text) { return text.starts_with("3 host names in maintenance directories"); }); };
    desk.configure({.pools = {pool}});
    EXPECT_EQ(desk.worker->counters().names_left_out, more);
    std::ofstream(folder.file("10.0.0.9"));
    std::filesystem::remove(folder.file("host7"));
    ASSERT_TRUE(desk.until([&] { return desk.worker->counters().names_left_out == more - 1; }));
    EXPECT_EQ(told(), 1);
    for (std::size_t i = 0; i < more; ++i) std::filesystem::remove(folder.file("host" + std::to_string(i)));
    ASSERT_TRUE(desk.until([&] { return desk.worker->counters().names_left_out == 0; }));
}

TEST(Worker, a_change_of_the_configuration_under_way_postpones_a_check_and_delays_no_other) {
    if (::geteuid() != 0) return;  // only root may enter a network namespace
    const LittleServer alive([](int) {});
    model::Check through = fast(model::TcpCheck{}, alive.endpoint());
    through.target.through = alive.endpoint();
    const Fd here(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
    bool busy = true;
    std::uint64_t begun = 0, ended = 0;
    Desk desk;  // its worker ends passages when it ends: after what they refer to began
    desk.worker->set_door({.network_namespace = here.get(),
                           .client4 = Address::v4(0x7f000001),
                           .begin = [&](const CheckPassage&) -> Result<void> {
                               if (busy) return refusal("busy", EBUSY);
                               ++begun;
                               return {};
                           },
                           .end = [&](const CheckPassage&) {
                               ended += busy ? 0 : 1;
                               return !busy;
                           }});
    desk.configure({.pools = {pool_with({server_with(alive.endpoint(), {through, fast(model::TcpCheck{}, alive.endpoint())})})}});
    const auto check = [&desk](std::size_t i) { return desk.worker->status(Clock::now()).checks[i]; };
    ASSERT_TRUE(desk.until([&] { return desk.worker->counters().postponed >= 5 && check(1).runs >= 3; }));
    EXPECT_EQ(check(0).runs, 0U);
    EXPECT_EQ(desk.worker->counters().local_errors, 0U) << "not a result";
    busy = false;
    ASSERT_TRUE(desk.until([&] { return check(0).runs >= 1; }));
    EXPECT_EQ(check(0).result, "connected");
    busy = true;
    ASSERT_TRUE(desk.until([&] { return desk.worker->counters().postponed >= 40; })) << "passages wait to be ended";
    busy = false;
    ASSERT_TRUE(desk.until([&] { return ended >= 3 && begun >= 4; }));
}

TEST(Worker, a_host_name_in_the_maintenance_directory_takes_its_server_out_and_a_slow_resolver_delays_nobody) {
    const TestFolder folder;
    const LittleServer alive([](int) {});
    auto answers = std::make_shared<std::promise<void>>();
    Desk desk([answered = answers->get_future().share()](const std::string& name) -> std::optional<std::vector<Address>> {
        if (name == "nobody") return std::vector<Address>();
        answered.wait();
        return std::vector{Address::v4(0x0a000002)};
    });
    model::Pool pool = pool_with({server_with({Address::v4(0x0a000002), 80}, {}), server_with(alive.endpoint(), {fast(model::TcpCheck{}, alive.endpoint())})});
    pool.maintenance_directory = folder.path();
    desk.configure({.pools = {pool}});
    const std::string path = folder.file("web2:80"), stranger = folder.file("nobody");
    for (const std::string& file : {path, stranger}) std::fclose(std::fopen(file.c_str(), "w"));
    const std::uint64_t before = desk.runs();
    ASSERT_TRUE(desk.until([&] { return desk.runs() >= before + 5; })) << "checks go on while the resolver thinks";
    EXPECT_TRUE(desk.up(0));
    answers->set_value();
    ASSERT_TRUE(desk.until([&] { return !desk.up(0); }));
    EXPECT_EQ(desk.worker->status(Clock::now()).servers[0].state, "maintenance");
    (void)std::remove(path.c_str());
    ASSERT_TRUE(desk.until([&] { return desk.up(0); }));
    EXPECT_TRUE(desk.up(1));
    (void)std::remove(stranger.c_str());
}

TEST(HostNames, end_without_waiting_for_a_resolver_that_hangs) {
    auto gate = std::make_shared<std::promise<void>>();
    auto asked = std::make_shared<std::promise<void>>();
    {
        auto names = HostNames::open([asked, gone = gate->get_future().share()](const std::string&) -> std::optional<std::vector<Address>> {
            asked->set_value();
            gone.wait();
            return std::nullopt;
        });
        ASSERT_TRUE(names);
        (*names)->follow({"web2"});
        asked->get_future().wait();
        EXPECT_TRUE((*names)->addresses_of("web2").empty());
    }
    gate->set_value();
}

TEST(HostNames, the_machines_own_name_is_found) {
    const auto found = look_up("localhost");
    ASSERT_TRUE(found);
    EXPECT_THAT(*found, Contains(Address::v4(0x7f000001)));
}

TEST(Worker, first_checks_of_many_servers_are_spread) {
    const LittleServer alive([](int) {});
    std::vector<model::WatchedServer> servers;
    model::Check check = fast(model::TcpCheck{}, alive.endpoint());
    check.timing.warmup = check.timing.delay_loop = 2s;
    for (std::uint32_t i = 0; i < 500; ++i) servers.push_back(server_with({Address::v4(0x7f000001 + i), alive.endpoint().port}, {check}));
    Desk desk;
    desk.configure({.pools = {pool_with(std::move(servers))}});
    std::vector<std::uint64_t> due;
    for (const api::CheckSnapshot& planned : desk.worker->status(Clock::now()).checks) due.push_back(planned.next_ms);
    ASSERT_EQ(due.size(), 500U);
    const std::uint64_t first = std::ranges::min(due);
    EXPECT_LE(std::ranges::max(due) - first, 2000U);
    const auto early = std::ranges::count_if(due, [first](std::uint64_t each) { return each < first + 1000; });
    EXPECT_GT(early, 150);
    EXPECT_LT(early, 350);
}

}  // namespace
}  // namespace lvx::health
