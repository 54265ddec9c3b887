#include "support/cluster.hh"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "config/keepalived/print.hh"

namespace lvx::cluster {
namespace {

namespace fs = std::filesystem;
namespace classic = lab::classic;

lab::Topology topology_of(const Description& description) {
    if (!description.topology.nodes.empty()) return description.topology;
    return classic::topology(offload_for(description.hook));
}

// One process per node: a master would survive the SIGKILL that ends a test's server.
std::string nginx_configuration(const std::string& directory) {
    return fmt::format(
        "daemon off; master_process off; worker_processes 1; pid {0}/nginx.pid; error_log {0}/error.log warn;\n"
        "worker_rlimit_nofile 20000; events {{ worker_connections 8192; }}\n"
        "http {{ access_log off; default_type text/html; keepalive_requests 10000000; keepalive_timeout 600;\n"
        "client_body_temp_path {0}/body; proxy_temp_path {0}/proxy; fastcgi_temp_path {0}/fastcgi;\n"
        "uwsgi_temp_path {0}/uwsgi; scgi_temp_path {0}/scgi; client_max_body_size 1g;\n"
        "server {{ listen 80 backlog=4096; listen [::]:80 backlog=4096; root {0}/www;\n"
        "location / {{ if (-f {0}/busy) {{ return 503; }} }}\n"
        "location /upload {{ client_body_buffer_size 1m; return 200 taken; }} }} }}\n",
        directory);
}

std::string directory_of(const lab::Lab& lab, const std::string& node) { return lab.directory() + "/" + node; }

void write_text(const std::string& path, const std::string& text) {
    std::ofstream file(path, std::ios::trunc);
    file << text;
    if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

const classic::RealServer& real_server(std::string_view node) {
    static const std::vector<classic::RealServer> servers = classic::servers();
    for (const classic::RealServer& server : servers) {
        if (server.node == node) return server;
    }
    throw std::runtime_error(fmt::format("no server is called {}", node));
}

}  // namespace

lab::Offload offload_for(std::string_view hook) {
    return hook.starts_with("xdp") ? lab::Offload::off : lab::Offload::on;
}

model::Service service(const ServiceOn& description) {
    model::Service result{.key = {.protocol = description.protocol, .address = description.address, .port = description.port},
                          .scheduler = description.scheduler};
    for (const Real& real : description.servers) {
        const classic::RealServer& server = real_server(real.node);
        const Address address = description.address.is_v4() ? server.v4 : server.v6;
        result.servers.push_back({.endpoint = {address, description.port}, .weight = real.weight});
    }
    return result;
}

std::string configuration(const std::vector<ServiceOn>& services) {
    model::Cluster cluster;
    for (const ServiceOn& description : services) cluster.services.push_back(service(description));
    return config::keepalived::print(cluster);
}

Cluster::Cluster(const Description& description)
    : lab_(must(lab::Lab::build(lab::Lab::unique_name("cluster"), topology_of(description)))) {
    lab::DirectorSettings settings{.hook = description.hook, .arguments = description.arguments};
    if (!description.services.empty()) settings.configuration = configuration(description.services);
    first_configuration_ = settings.configuration;
    director_ = std::make_unique<lab::Director>(must(lab::Director::start(lab_, settings)));
}

void Cluster::serve(const std::string& node) {
    const std::string directory = directory_of(lab_, node);
    fs::create_directories(directory + "/www");
    write_text(directory + "/www/index.html", node + "\n");
    write_text(directory + "/nginx.conf", nginx_configuration(directory));
    const lab::Command command{.argv = {"nginx", "-p", directory, "-c", directory + "/nginx.conf", "-e", directory + "/error.log"},
                               .output = directory + "/output"};
    nginx_.insert_or_assign(node, must(lab_.start(node, command)));
    const Endpoint itself{real_server(node).v4, 80};
    const bool up = lab::wait_until(patience, [&] { return lab_.get(node, itself, "/", patience).has_value(); });
    if (!up) throw std::runtime_error("nginx does not come up in " + node);
}

void Cluster::serve_all() {
    for (const classic::RealServer& server : classic::servers()) serve(server.node);
}

void Cluster::stop_serving(const std::string& node) { nginx_.at(node).kill(); }
void Cluster::freeze(const std::string& node) { nginx_.at(node).signal(SIGSTOP); }
void Cluster::thaw(const std::string& node) { nginx_.at(node).signal(SIGCONT); }
void Cluster::make_busy(const std::string& node) { write_text(directory_of(lab_, node) + "/busy", ""); }
void Cluster::make_idle(const std::string& node) { fs::remove(directory_of(lab_, node) + "/busy"); }

void Cluster::mend() {
    for (auto& [node, nginx] : nginx_) {
        make_idle(node);
        must(lab_.run(node, lab::shell("nft flush ruleset"), patience));
        if (nginx.running()) thaw(node);
        else serve(node);
    }
    reload(first_configuration_);
    (void)run("director", "lvx ipvsadm -Z");
}

Outcome Cluster::run(std::string_view node, std::string_view words) { return run(node, words, patience); }

Outcome Cluster::run(std::string_view node, std::string_view words, Milliseconds limit) {
    lab::Command command = lab::shell(words);
    command.environment = director_->environment();
    return must(lab_.run(node, command, limit));
}

std::string Cluster::curl(const Endpoint& service) {
    std::string out = run("client", fmt::format("curl -gsS --max-time 15 http://{}/", service.text())).out;
    while (out.ends_with('\n')) out.pop_back();
    return out;
}

std::vector<std::string> Cluster::curl_many(const Endpoint& service, int count) {
    std::vector<std::string> pages;
    for (int i = 0; i < count; ++i) pages.push_back(curl(service));
    return pages;
}

api::Client Cluster::client() const { return must(api::Client::connect(director_->socket(), patience)); }

api::StatusSnapshot Cluster::status() const { return must(client().status()); }

api::ServicesSnapshot Cluster::services() const { return must(client().services()); }

std::map<std::string, std::uint64_t> Cluster::verdicts() const {
    std::map<std::string, std::uint64_t> sums;
    for (const api::VerdictSnapshot& verdict : must(client().verdicts())) sums[verdict.name] += verdict.packets;
    return sums;
}

void Cluster::reload(const std::string& configuration) {
    must(director_->write_configuration(configuration));
    const api::ReloadOutcome outcome = must(client().reload());
    if (!outcome.applied) throw std::runtime_error("reload was refused: " + outcome.diagnostics);
}

void Cluster::await_neighbours(std::size_t count) {
    // "52:54:00:12:34:56 on eth1"; what is unknown is told without a MAC.
    const auto has_mac = [](const api::ServerSnapshot& server) { return server.neighbour.contains(':'); };
    const auto known = [&] {
        std::ptrdiff_t found = 0;
        for (const api::ServiceSnapshot& each : services().services) found += std::ranges::count_if(each.servers, has_mac);
        return found >= static_cast<std::ptrdiff_t>(count);
    };
    if (!lab::wait_until(patience, known)) throw std::runtime_error("neighbours stay unknown");
}

Endpoint web_v4() { return {classic::virtual_v4(), 80}; }
Endpoint web_v6() { return {classic::virtual_v6(), 80}; }

std::map<std::string, int> counted(const std::vector<std::string>& pages) {
    std::map<std::string, int> counts;
    for (const std::string& page : pages) ++counts[page];
    return counts;
}

}  // namespace lvx::cluster
