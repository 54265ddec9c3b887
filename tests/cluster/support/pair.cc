#include "support/pair.hh"

#include <fmt/format.h>

#include <fstream>

namespace lvx::cluster {
namespace {

constexpr Port echo_service = 7;
constexpr Milliseconds question_limit{20'000};

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

}  // namespace

Port Pair::echo_port() { return echo_service; }

std::string Pair::configuration(const std::string& key_file, int number) const {
    std::string text = fmt::format("global_defs {{\n    vrrp_version 3\n    {}\n}}\n{}\n", description_.globals, description_.extra);
    if (description_.stream) {
        text += fmt::format("director_sync {{\n    listen 10.9.0.{} 8849\n    peer 10.9.0.{} 8849\n    key_file {}\n    {}\n}}\n", number, 3 - number,
                            key_file, description_.stream_extra);
    }
    return text + fmt::format(R"(
vrrp_instance VI_1 {{
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority {0}
    advert_int 0.2
    virtual_ipaddress {{
        192.168.88.23/24 dev eth0
        10.0.0.1/24 dev eth1
    }}
}}
virtual_server 192.168.88.23 {1} {{
    lb_algo rr
    lb_kind NAT
    protocol TCP
    {2}
    real_server 10.0.0.2 {1} {{ {3} }}
    real_server 10.0.0.3 {1} {{ {3} }}
}}
)", number == 1 ? 150 : 100, echo_service, description_.service, description_.server);
}

Pair::Pair(PairDescription description)
    : description_(std::move(description)), lab_(must(lab::Lab::build(lab::Lab::unique_name("sync"), topology()))), key_(lab_.directory() + "/sync.key") {
    std::ofstream(key_) << "0123456789abcdef0123456789abcdef\n";
    for (const char* node : {"server1", "server2"}) echoes_.push_back(must(echo(node)));
    for (const int number : {1, 2}) {
        directors_[number - 1] = std::make_unique<lab::Director>(must(
            lab::Director::start(lab_, {.node = fmt::format("director{}", number), .configuration = configuration(key_, number)})));
    }
}

Result<lab::Process> Pair::echo(const char* node) {
    return lab::fork_inside(lab_.namespace_of(node), lab::Bond::dies_with_parent, [] {
        auto bound = lab::listen_on(echo_service);
        return bound ? lab::serve_byte_echo(bound->get()) : 1;
    });
}

api::SyncSnapshot Pair::sync(int number) {
    // One that has just been thawed or restarted may not answer yet: whoever waits for something asks again.
    auto client = api::Client::connect(director(number).socket(), question_limit);
    if (!client) return {};
    return api::fetch_sync(*client).value_or(api::SyncSnapshot{});
}

bool Pair::holds_address(int number) {
    const auto shown = lab_.run(fmt::format("director{}", number), lab::shell("ip -4 addr show dev eth0"), question_limit);
    return shown && shown->out.find("192.168.88.23") != std::string::npos;
}

bool Pair::await_master(int number) {
    return lab::wait_until(patience, [&] { return sync(number).role.starts_with("master of VI_1") && holds_address(number); });
}

bool Pair::await_in_step(int number) {
    const auto in_step = [](const api::SyncSnapshot& snapshot) {
        return snapshot.peers.size() == 1 && snapshot.peers[0].phase == "in step" && snapshot.would_lose == 0;
    };
    if (lab::wait_until(patience, [&] { return in_step(sync(number)); })) return true;
    for (const int each : {1, 2}) fmt::print(stderr, "director{}: {}\n{}\n", each, api::to_json(sync(each)), director(each).log());
    return false;
}

lab::HeldConnections Pair::hold(std::size_t count) {
    return must(lab::HeldConnections::open(lab_.namespace_of("client"), {lab::address("192.168.88.23"), echo_service}, count, Milliseconds{30'000}));
}

bool Pair::run(int number, std::string_view words) {
    const auto done = lab_.run(fmt::format("director{}", number), lab::shell(words), question_limit);
    return done && done->status == 0;
}

}  // namespace lvx::cluster
