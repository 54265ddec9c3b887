#include "lab/demo_scene.hh"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <string_view>
#include <utility>

#include "api/client.hh"
#include "config/ipvsadm/print.hh"
#include "lab/classic.hh"

namespace lvx::lab::demo {
namespace {

constexpr Port web_port = 80;
constexpr Milliseconds answer_limit{5000};
constexpr Milliseconds neighbour_limit{1000};
constexpr Milliseconds question_limit{500};    // a frozen director does not answer
constexpr Milliseconds master_limit{10'000};   // the standby first learns what its peer knows
constexpr Port sync_port = 8849;
constexpr int priority_of_first = 200, priority_of_second = 199;
constexpr std::string_view sync_key = "any secret that both directors know";

// "52:54:00:12:34:56 on eth1"; what is unknown is told without a MAC.
bool all_known(const api::ServicesSnapshot& snapshot) {
    const auto known = [](const api::ServerSnapshot& server) { return server.neighbour.contains(':'); };
    return std::ranges::all_of(snapshot.services, [&](const auto& service) { return std::ranges::all_of(service.servers, known); });
}

std::string key_file(const Lab& lab) { return lab.directory() + "/sync.key"; }
// How the directors were started, for one that is started again.
std::string hook_file(const Lab& lab) { return lab.directory() + "/hook"; }

}  // namespace

model::Cluster cluster() {
    model::Service service{.key = {.protocol = model::Protocol::tcp, .address = classic::virtual_v4(), .port = web_port},
                           .scheduler = "rr"};
    for (const classic::RealServer& server : classic::servers()) {
        service.servers.push_back({.endpoint = {server.v4, web_port}, .method = model::Method::masq, .weight = 1});
    }
    return {.services = {service}, .timeouts = {}};
}

std::string service_block() {
    std::string text = fmt::format("virtual_server {} {} {{\n    lvs_sched rr\n    lvs_method NAT\n    protocol TCP\n    delay_loop 1\n    connect_timeout 1\n    retry 0\n    warmup 1\n",
                                   classic::virtual_v4().text(), web_port);
    for (const classic::RealServer& server : classic::servers()) {
        text += fmt::format("\n    real_server {} {} {{\n        weight 1\n        HTTP_GET {{\n            url {{\n                path /\n                status_code 200\n            }}\n        }}\n    }}\n",
                            server.v4.text(), web_port);
    }
    return text + "}\n";
}

std::string configuration(const Lab& lab, int number) {
    const std::string routers = fmt::format(
        "vrrp_instance {} {{\n    version 3\n    interface eth0\n    virtual_router_id 51\n    priority {}\n    advert_int 0.01\n"
        "    track_interface {{\n        eth1\n    }}\n"
        "    virtual_ipaddress {{\n        {}/24 dev eth0\n        {}/24 dev eth1\n    }}\n}}\n\n",
        router_name, number == 1 ? priority_of_first : priority_of_second, classic::virtual_v4().text(), classic::gateway_v4().text());
    const std::string sync = fmt::format("director_sync {{\n    listen {} {}\n    peer {} {}\n    key_file {}\n}}\n\n", classic::director_inside(number).text(),
                                         sync_port, classic::director_inside(3 - number).text(), sync_port, key_file(lab));
    return routers + sync + service_block();
}

Topology topology(const Options& options) {
    // XDP on a veth needs whole checksums; at tc the director completes them, and super-frames stay.
    const Offload offload = options.hook.starts_with("xdp") ? Offload::off : Offload::on;
    return options.configuration.empty() ? classic::pair_topology(offload) : classic::topology(offload);
}

Result<Scene> set_scene(const Lab& lab, const Options& options, Bond bond) {
    Scene scene;
    for (const classic::RealServer& server : classic::servers()) {
        scene.servers.push_back(TRY(lab.serve(server.node, {.port = web_port, .page = classic::page(server)}, bond)));
    }
    if (!options.configuration.empty()) {
        scene.directors.push_back(TRY(Director::start(lab, {.hook = options.hook, .configuration_file = options.configuration, .bond = bond})));
        return scene;
    }
    std::ofstream(key_file(lab)) << sync_key << '\n';
    std::ofstream(hook_file(lab)) << options.hook << '\n';
    for (int number = 1; number <= classic::director_count; ++number) {
        DirectorSettings settings = settings_again(lab, number);
        settings.bond = bond;
        scene.directors.push_back(TRY(Director::start(lab, std::move(settings))));
    }
    TRY(await_active(lab));
    return scene;
}

DirectorSettings settings_again(const Lab& lab, int number) {
    std::string hook;
    std::ifstream(hook_file(lab)) >> hook;
    return {.node = classic::director_name(number), .hook = hook, .configuration = configuration(lab, number), .bond = Bond::outlives_parent};
}

std::string active_director(const Lab& lab) {
    if (lab.has("director")) return "director";
    for (int number = 1; number <= classic::director_count; ++number) {
        auto client = api::Client::connect(fmt::format("{}/{}.sock", lab.directory(), classic::director_name(number)), question_limit);
        if (!client) continue;
        const auto told = client->vrrp();
        const auto is_master = [](const api::VrrpInstanceSnapshot& instance) { return instance.state == "MASTER"; };
        if (told && std::ranges::any_of(told->instances, is_master)) return classic::director_name(number);
    }
    return {};
}

Result<void> await_active(const Lab& lab) {
    if (wait_until(master_limit, [&] { return !active_director(lab).empty(); })) return {};
    return refusal("no director became active", 0, "\"lvx demo shell director1\" and there \"lvx vrrp\" say why");
}

std::vector<std::string> environment_in(const Lab& lab, const std::string& node) {
    return tool_environment(lab, node.starts_with("director") ? node : node_meant(lab, "director"));
}

std::string node_meant(const Lab& lab, const std::string& word) {
    if (word != "director" || lab.has(word)) return word;
    const std::string active = active_director(lab);
    return active.empty() ? classic::director_name(1) : active;
}

Result<void> await_neighbours(const Director& director) {
    api::Client client = TRY(api::Client::connect(director.socket(), answer_limit));
    (void)wait_until(neighbour_limit, [&] {
        const auto snapshot = client.services();
        return snapshot && all_known(*snapshot);
    });
    return {};
}

std::string drawing(const Options& options) {
    if (!options.configuration.empty()) {
        return "                                                               ┌── server1  10.0.0.2\n"
               "   client ───────────────── director ──────────── switch ──────┼── server2  10.0.0.3\n"
               "   192.168.88.21   192.168.88.23  10.0.0.1                     └── server3  10.0.0.4\n";
    }
    return "                              192.168.88.23   10.0.0.1\n"
           "                             ┌────── director1 ──────┐            ┌── server1  10.0.0.2\n"
           "   client ─────── outside ───┤                       ├── inside ──┼── server2  10.0.0.3\n"
           "   192.168.88.21             └────── director2 ──────┘            └── server3  10.0.0.4\n\n"
           "192.168.88.23, where the client knocks, and 10.0.0.1, the servers' way back, belong to one director at a time.\n";
}

std::string indented(const std::string& text) {
    std::string result;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        result += "   " + text.substr(begin, end - begin) + '\n';
        begin = end + 1;
    }
    return result;
}

std::string configurations(const Lab& lab) {
    return fmt::format(
        "director1's configuration ({}/director1.conf; director2's has its own listen, peer and priority {}):\n\n{}\n"
        "Its virtual_server as ipvsadm commands:\n\n{}",
        lab.directory(), priority_of_second, indented(configuration(lab, 1)), indented(config::ipvsadm::commands(cluster())));
}

std::string next_steps(const Options& options) {
    std::string text = "It stays up.  Now try:\n";
    if (options.configuration.empty()) text += "   lvx demo failover           freeze, kill, unplug the active director: who answers, after how many milliseconds\n";
    return text +
           "   lvx demo load 10000         fetch pages, see who answers\n"
           "   lvx demo break server2      freeze it: within two seconds nobody is sent there; mend brings it back\n"
           "   lvx demo shell client       a shell on the client: curl http://192.168.88.23/\n"
           "   lvx demo shell director     a shell on the active director: ipvsadm -Ln, lvx connections, lvx vrrp\n"
           "   lvx demo down               take it down\n";
}

}  // namespace lvx::lab::demo
