#include "contender.hh"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <utility>

#include "config/keepalived/print.hh"
#include "model/model.hh"
#include "names.hh"

namespace lvx::bench {
namespace {

namespace fs = std::filesystem;
using lab::address;
using lab::prefix;

constexpr lab::Milliseconds patience{10'000};
constexpr std::array<Port, 2> tcp_ports = {80, 5201};
constexpr Port udp_port = 9;

lab::Topology topology_of(Kind kind) {
    return {.nodes = {{"client", lab::NodeKind::endpoint, {{"eth0", "outside", {prefix("192.168.88.21/24")}}},
                       {{prefix("10.0.0.0/24"), address("192.168.88.23")}}},
                      {"director", lab::NodeKind::router,
                       {{"eth0", "outside", {prefix("192.168.88.23/24")}}, {"eth1", "inside", {prefix("10.0.0.1/24")}}},
                       // Generated packets come from there.
                       {{prefix("10.100.0.0/16"), address("192.168.88.21")}}},
                      {"server", lab::NodeKind::endpoint, {{"eth0", "inside", {prefix("10.0.0.2/24")}}},
                       {{prefix("0.0.0.0/0"), address("10.0.0.1")}}}},
            .switches = {},
            .offload = kind == Kind::lvx_xdp ? lab::Offload::off : lab::Offload::on};
}

model::Cluster cluster() {
    model::Cluster result;
    const auto add = [&](model::Protocol protocol, Port port) {
        result.services.push_back({.key = {.protocol = protocol, .address = address("192.168.88.23"), .port = port},
                                   .scheduler = "rr",
                                   .servers = {{.endpoint = {address("10.0.0.2"), port}}}});
    };
    for (const Port port : tcp_ports) add(model::Protocol::tcp, port);
    add(model::Protocol::udp, udp_port);
    return result;
}

std::string haproxy_configuration() {
    std::string text = "global\n  maxconn 4000\ndefaults\n  mode tcp\n  timeout connect 5s\n  timeout client 60s\n  timeout server 60s\n";
    for (const Port port : tcp_ports) {
        text += fmt::format("listen port{0}\n  bind 192.168.88.23:{0}\n  server one 10.0.0.2:{0}\n", port);
    }
    return text;
}

std::string nginx_configuration(const std::string& directory) {
    return fmt::format(
        "daemon off; master_process off; pid {0}/pid; error_log {0}/error.log;\n"
        "worker_rlimit_nofile 20000; events {{ worker_connections 8192; }}\n"
        "http {{ access_log off; keepalive_requests 10000000;\n"
        "client_body_temp_path {0}/1; proxy_temp_path {0}/2; fastcgi_temp_path {0}/3; uwsgi_temp_path {0}/4;\n"
        "scgi_temp_path {0}/5; server {{ listen 80 backlog=4096; return 200 'a page of the bench\\n'; }} }}\n",
        directory);
}

Result<void> write_file(const std::string& path, const std::string& text) {
    std::ofstream file(path, std::ios::trunc);
    file << text;
    if (!file.flush()) return refusal("cannot write " + path, errno);
    return {};
}

constexpr std::string_view nftables_rules =
    "nft 'table ip bench {\nchain before {\ntype nat hook prerouting priority dstnat\n"
    "ip daddr 192.168.88.23 tcp dport { 80, 5201 } dnat to 10.0.0.2\nip daddr 192.168.88.23 udp dport 9 dnat to 10.0.0.2\n}\n}'";

Result<void> run_in_director(const lab::Lab& lab, std::string_view words) {
    const lab::Outcome outcome = TRY(lab.run("director", lab::shell(words), patience));
    if (outcome.status != 0) return refusal(fmt::format("\"{}\" failed: {}", words, outcome.err), 0);
    return {};
}

}  // namespace

std::string_view name_of(Kind kind) {
    switch (kind) {
        case Kind::bare: return names::bare;
        case Kind::plain: return names::plain;
        case Kind::nftables: return names::nftables;
        case Kind::haproxy: return names::haproxy;
        case Kind::lvx_xdp: return names::lvx_xdp;
        case Kind::lvx_tc: return names::lvx_tc;
    }
    return "?";
}

std::vector<Kind> all_kinds() {
    return {Kind::bare, Kind::plain, Kind::nftables, Kind::haproxy, Kind::lvx_xdp, Kind::lvx_tc};
}

bool carries_udp(Kind kind) { return kind != Kind::haproxy; }
bool carries_tcp(Kind kind) { return kind != Kind::bare; }

Endpoint Contender::target(Port port) const {
    const bool translates = kind_ != Kind::plain && kind_ != Kind::bare;
    return {translates ? address("192.168.88.23") : address("10.0.0.2"), port};
}

Result<Contender> Contender::set_up(Kind kind) {
    auto lab = std::make_unique<lab::Lab>(TRY(lab::Lab::build(lab::Lab::unique_name("bench"), topology_of(kind))));
    Contender contender(kind, std::move(lab));
    TRY(contender.start_servers());
    TRY(contender.start_director());
    return contender;
}

Result<void> Contender::start_servers() {
    const std::string directory = lab_->directory() + "/nginx";
    std::error_code code;
    fs::create_directories(directory, code);
    if (code) return refusal("cannot make " + directory, code.value());
    TRY(write_file(directory + "/conf", nginx_configuration(directory)));
    const std::string output = lab_->directory() + "/output";
    processes_.push_back(TRY(lab_->start(
        "server", {.argv = {"nginx", "-p", directory, "-c", directory + "/conf", "-e", directory + "/error.log"}, .output = output})));
    processes_.push_back(TRY(lab_->start("server", {.argv = {"iperf3", "-s"}, .output = output})));
    const auto answers = [&] { return lab_->get("director", {address("10.0.0.2"), 80}, "/", patience).has_value(); };
    if (!lab::wait_until(patience, answers)) return refusal("nginx does not answer", 0);
    return {};
}

Result<void> Contender::start_director() {
    switch (kind_) {
        case Kind::bare:
        case Kind::plain: return {};
        case Kind::nftables: return run_in_director(*lab_, nftables_rules);
        case Kind::haproxy: {
            const std::string file = lab_->directory() + "/haproxy.conf";
            TRY(write_file(file, haproxy_configuration()));
            processes_.push_back(TRY(lab_->start("director", {.argv = {"haproxy", "-db", "-f", file}, .output = file + ".log"})));
            break;
        }
        case Kind::lvx_xdp:
        case Kind::lvx_tc: {
            director_ = TRY(lab::Director::start(*lab_, {.hook = kind_ == Kind::lvx_xdp ? "xdp" : "auto",
                                                         .configuration = config::keepalived::print(cluster())}));
            break;
        }
    }
    const auto answers = [&] { return lab_->get("client", target(80), "/", patience).has_value(); };
    if (!lab::wait_until(patience, answers)) return refusal(fmt::format("{} does not answer", name_of(kind_)), 0);
    return {};
}

}  // namespace lvx::bench
