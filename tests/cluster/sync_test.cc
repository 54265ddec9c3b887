// Two directors, one table: what becomes of connections when the master dies.
//
//   client 192.168.88.21 ──┬── .41 director1 10.0.0.11 ──┬── server1  10.0.0.2
//                          │        │ 10.9.0.1           ├── server2  10.0.0.3
//                          │        │ 10.9.0.2           │
//                          └── .42 director2 10.0.0.12 ──┘
//
// 192.168.88.23 is the virtual service, 10.0.0.1 the servers' gateway; both are VRRP's and move together.
#include <gmock/gmock.h>
#include <signal.h>

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <memory>

#include "api/sync_client.hh"
#include "lab/held.hh"
#include "support/cluster.hh"

namespace lvx::cluster {
namespace {

using lab::Milliseconds;

constexpr std::size_t held_connections = 500;
constexpr Port echo_port = 7;

lab::Topology topology() {
    const auto director = [](const char* name, int number) {
        return lab::Node{.name = name,
                         .kind = lab::NodeKind::router,
                         .devices = {{"eth0", "front", {lab::prefix(fmt::format("192.168.88.{}/24", 40 + number))}},
                                     {"eth1", "back", {lab::prefix(fmt::format("10.0.0.{}/24", 10 + number))}},
                                     {"eth2", "sync", {lab::prefix(fmt::format("10.9.0.{}/24", number))}}}};
    };
    const auto server = [](const char* name, const char* address) {
        return lab::Node{.name = name,
                         .devices = {{"eth0", "back", {lab::prefix(address)}}},
                         .routes = {{lab::prefix("0.0.0.0/0"), lab::address("10.0.0.1")}}};
    };
    return {.nodes = {{.name = "client", .devices = {{"eth0", "front", {lab::prefix("192.168.88.21/24")}}}},
                      director("director1", 1), director("director2", 2), server("server1", "10.0.0.2/24"), server("server2", "10.0.0.3/24")},
            .switches = {"front", "back"},
            .offload = lab::Offload::on};
}

std::string configuration(const std::string& key_file, int number) {
    return fmt::format(R"(
global_defs {{
    vrrp_version 3
}}
director_sync {{
    listen 10.9.0.{0} 8849
    peer 10.9.0.{1} 8849
    key_file {2}
}}
vrrp_instance VI_1 {{
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority {3}
    advert_int 0.05
    virtual_ipaddress {{
        192.168.88.23/24 dev eth0
        10.0.0.1/24 dev eth1
    }}
}}
virtual_server 192.168.88.23 {4} {{
    lb_algo rr
    lb_kind NAT
    protocol TCP
    real_server 10.0.0.2 {4} {{ }}
    real_server 10.0.0.3 {4} {{ }}
}}
)", number, 3 - number, key_file, number == 1 ? 150 : 100, echo_port);
}

class Pair {
 public:
    Pair() : lab_(must(lab::Lab::build(lab::Lab::unique_name("sync"), topology()))) {
        key_ = lab_.directory() + "/sync.key";
        std::ofstream(key_) << "0123456789abcdef0123456789abcdef\n";
        for (const char* node : {"server1", "server2"}) echoes_.push_back(must(echo(node)));
        for (const int number : {1, 2}) directors_[number - 1] = std::make_unique<lab::Director>(start(number, key_));
    }

    lab::Director start(int number, const std::string& key) {
        return must(lab::Director::start(lab_, {.node = fmt::format("director{}", number), .configuration = configuration(key, number)}));
    }
    lab::Director& director(int number) { return *directors_[number - 1]; }
    const lab::Lab& lab() const { return lab_; }
    const std::string& key() const { return key_; }

    api::SyncSnapshot sync(int number) {
        auto client = must(api::Client::connect(director(number).socket(), Milliseconds{5000}));
        return must(api::fetch_sync(client));
    }
    bool holds_address(int number) {
        const auto shown = lab_.run(fmt::format("director{}", number), lab::shell("ip -4 addr show dev eth0"), Milliseconds{5000});
        return shown && shown->out.find("192.168.88.23") != std::string::npos;
    }
    bool await_master(int number) {
        return lab::wait_until(patience, [&] { return sync(number).role.starts_with("master of VI_1") && holds_address(number); });
    }
    bool await_in_step(int number) {
        return lab::wait_until(patience, [&] {
            const api::SyncSnapshot snapshot = sync(number);
            return snapshot.peers.size() == 1 && snapshot.peers[0].phase == "in step" && snapshot.would_lose == 0;
        });
    }
    lab::HeldConnections hold(std::size_t count) {
        return must(lab::HeldConnections::open(lab_.namespace_of("client"), {lab::address("192.168.88.23"), echo_port}, count, patience));
    }
    void run(int number, std::string_view words) {
        const auto done = lab_.run(fmt::format("director{}", number), lab::shell(words), Milliseconds{5000});
        ASSERT_TRUE(done && done->status == 0) << words;
    }

 private:
    Result<lab::Process> echo(const char* node) {
        const int network = lab_.namespace_of(node);
        return lab::fork_inside(network, lab::Bond::dies_with_parent, [] {
            auto bound = lab::listen_on(echo_port);
            return bound ? lab::serve_byte_echo(bound->get()) : 1;
        });
    }

    lab::Lab lab_;
    std::string key_;
    std::vector<lab::Process> echoes_;
    std::unique_ptr<lab::Director> directors_[2];
};

void expect_all_answer(lab::HeldConnections& held) {
    EXPECT_TRUE(held.all_answer(Milliseconds{15'000}));
    const auto report = held.report();
    EXPECT_EQ(report.broken, 0u) << "of " << report.held;
    EXPECT_EQ(report.unanswered, 0u) << "of " << report.held;
}

TEST(Sync, HeldConnectionsSurviveTheMastersDeathAndItsReturn) {
    Pair pair;
    ASSERT_TRUE(pair.await_master(1));
    lab::HeldConnections held = pair.hold(held_connections);
    held.run(Milliseconds{300}, Milliseconds{200});
    ASSERT_TRUE(pair.await_in_step(1));
    EXPECT_EQ(pair.sync(2).connections, held_connections);

    pair.director(1).process().kill();  // its data plane goes on until the lease ends: the fence
    ASSERT_TRUE(pair.await_master(2));
    expect_all_answer(held);

    must(pair.director(1).restart());  // it learns before it asks for the address, which it takes back
    ASSERT_TRUE(pair.await_master(1));
    expect_all_answer(held);
    EXPECT_TRUE(pair.await_in_step(1));
}

TEST(Sync, HeldConnectionsSurviveAFrozenMasterAndOneWhoseLinksAreDown) {
    Pair pair;
    ASSERT_TRUE(pair.await_master(1));
    lab::HeldConnections held = pair.hold(held_connections);
    ASSERT_TRUE(pair.await_in_step(1));

    pair.director(1).process().signal(SIGSTOP);
    ASSERT_TRUE(pair.await_master(2));
    expect_all_answer(held);
    pair.director(1).process().signal(SIGCONT);
    ASSERT_TRUE(pair.await_master(1));
    expect_all_answer(held);
    ASSERT_TRUE(pair.await_in_step(1));

    pair.run(1, "ip link set eth0 down; ip link set eth1 down");
    ASSERT_TRUE(pair.await_master(2));
    expect_all_answer(held);
}

TEST(Sync, ADirectorWithAnotherKeyIsRefusedByNameAndForwardingGoesOn) {
    Pair pair;
    ASSERT_TRUE(pair.await_master(1));
    ASSERT_TRUE(pair.await_in_step(1));
    const std::string other = pair.lab().directory() + "/other.key";
    std::ofstream(other) << "ffffffffffffffffffffffffffffffff\n";
    must(pair.director(2).write_configuration(configuration(other, 2)));
    pair.director(2).process().signal(SIGHUP);
    EXPECT_TRUE(lab::wait_until(patience, [&] {
        return std::ranges::any_of(pair.sync(1).counts, [](const api::SyncCount& count) { return count.name == "not_authentic" && count.count > 0; });
    }));
    EXPECT_EQ(pair.sync(1).peers.at(0).phase, "connecting");
    lab::HeldConnections held = pair.hold(10);
    expect_all_answer(held);
}

}  // namespace
}  // namespace lvx::cluster
