#include "support/two_ways.hh"

#include <fmt/format.h>
#include <signal.h>

namespace lvx::cluster {
namespace {

constexpr Milliseconds question_limit{20'000};
const Endpoint virtual_service{lab::classic::virtual_v4(), 80};

lab::Topology topology() {
    lab::Topology result{.nodes = {}, .switches = {"front", "back"}, .offload = lab::Offload::on};
    for (const int number : {1, 2})
        result.nodes.push_back({.name = fmt::format("client{}", number), .devices = {{"eth0", "front", {lab::prefix(fmt::format("192.168.88.{}/24", 20 + number))}}}});
    for (const int number : {1, 2})
        result.nodes.push_back({.name = fmt::format("director{}", number),
                                .kind = lab::NodeKind::router,
                                .devices = {{"eth0", "front", {lab::prefix(fmt::format("192.168.88.{}/24", 40 + number))}},
                                            {"eth1", "back", {lab::prefix(fmt::format("10.0.0.{}/24", 10 + number))}},
                                            {"eth2", "heart", {lab::prefix(fmt::format("10.9.0.{}/24", number))}}}});
    for (const int number : {1, 2})
        result.nodes.push_back({.name = fmt::format("server{}", number),
                                .devices = {{"eth0", "back", {lab::prefix(fmt::format("10.0.0.{}/24", 1 + number))}}},
                                .routes = {{lab::prefix("0.0.0.0/0"), lab::address("10.0.0.1")}}});
    return result;
}

}  // namespace

std::string TwoWays::configuration(int number, std::string_view more) {
    std::string session;
    if (more.contains("fast_peer")) session = fmt::format("bfd_instance other {{\n neighbor_ip 10.9.0.{}\n min_tx 20\n min_rx 20\n multiplier 13\n}}\n", 3 - number);
    return session + fmt::format("vrrp_instance VI {{\n version 3\n interface eth0\n virtual_router_id 51\n priority {}\n advert_int 0.2\n path eth2\n {}\n"
                       " virtual_ipaddress {{\n 192.168.88.23/24 dev eth0\n 10.0.0.1/24 dev eth1\n }}\n}}\n"
                       "virtual_server 192.168.88.23 80 {{\n lb_algo rr\n lb_kind NAT\n protocol TCP\n real_server 10.0.0.{} 80 {{ }}\n}}\n",
                       number == 1 ? 150 : 100, more, number + 1);
}

TwoWays::TwoWays() : lab_(must(lab::Lab::build(lab::Lab::unique_name("twoways"), topology()))) {
    for (const int number : {1, 2}) {
        const std::string name = fmt::format("server{}", number);
        servers_.push_back(must(lab_.serve(name, {.port = 80, .page = name}, lab::Bond::dies_with_parent)));
        directors_[number - 1] = std::make_unique<lab::Director>(
            must(lab::Director::start(lab_, {.node = fmt::format("director{}", number), .configuration = configuration(number, "")})));
        pin(fmt::format("client{}", number), "192.168.88.23", number, "eth0");
        pin(name, "10.0.0.1", number, "eth1");
    }
    for (const int number : {1, 2})
        // By its own server: a director without the address, or without lvxd, routes what it gets to the other one.
        clients_[number - 1] = std::make_unique<lab::Probe>(lab_.namespace_of(fmt::format("client{}", number)), virtual_service, fmt::format("server{}", number));
}

// The node takes that director for the owner of the address, whatever the network says.
void TwoWays::pin(std::string_view node, std::string_view address, int director, std::string_view device) const {
    const Outcome shown = must(lab_.run(fmt::format("director{}", director), lab::shell(fmt::format("ip -br link show {} | awk '{{print $3}}'", device)), question_limit));
    run(node, fmt::format("ip neigh replace {} lladdr {} dev eth0 nud permanent", address, shown.out.substr(0, shown.out.find('\n'))));
}

void TwoWays::run(std::string_view node, std::string_view words) const {
    const Outcome done = must(lab_.run(node, lab::shell(words), question_limit));
    if (done.status != 0) throw std::runtime_error(fmt::format("{}$ {}: {}", node, words, done.err));
}

// Isolated ports of a bridge exchange nothing with each other.  Ports are numbered in the order of the nodes.
void TwoWays::isolate(std::string_view state) const {
    run("front", fmt::format("bridge link set dev port3 isolated {0} && bridge link set dev port4 isolated {0}", state));
}

void TwoWays::reload(int number, std::string_view more) {
    must(director(number).write_configuration(configuration(number, more)));
    director(number).process().signal(SIGHUP);
}

api::VrrpSnapshot TwoWays::vrrp(int number) {
    auto client = api::Client::connect(director(number).socket(), question_limit);
    return client ? client->vrrp().value_or(api::VrrpSnapshot{}) : api::VrrpSnapshot{};
}

std::string TwoWays::state(int number) {
    const api::VrrpSnapshot told = vrrp(number);
    return told.instances.empty() ? "" : told.instances.front().state;
}

bool TwoWays::await_answers(int number, Clock::time_point begin) const {
    return lab::wait_until(patience, [&] { return client(number).answers_since(begin) > 20; });
}

bool TwoWays::await_start() {
    return lab::wait_until(patience, [&] { return state(1) == "MASTER" && state(2) == "BACKUP"; }) && await_answers(1, Clock::now());
}

std::chrono::microseconds TwoWays::overlap(int before, int after, Clock::time_point begin) const {
    const auto new_ones = client(after).answers(begin);
    const auto last = client(before).last_answered_question();
    if (last == Clock::time_point{} || new_ones.empty()) return std::chrono::microseconds::max();
    return std::chrono::duration_cast<std::chrono::microseconds>(last - new_ones.front());
}

}  // namespace lvx::cluster
