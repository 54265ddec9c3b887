#include "lab/demo_scene.hh"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "api/client.hh"
#include "config/ipvsadm/print.hh"
#include "lab/classic.hh"

namespace lvx::lab::demo {
namespace {

constexpr Port web_port = 80;
constexpr Milliseconds answer_limit{5000};
constexpr Milliseconds neighbour_limit{1000};

// "52:54:00:12:34:56 on eth1"; what is unknown is told without a MAC.
bool all_known(const api::ServicesSnapshot& snapshot) {
    const auto known = [](const api::ServerSnapshot& server) { return server.neighbour.contains(':'); };
    return std::ranges::all_of(snapshot.services, [&](const auto& service) { return std::ranges::all_of(service.servers, known); });
}

}  // namespace

model::Cluster cluster() {
    model::Service service{.key = {.protocol = model::Protocol::tcp, .address = classic::virtual_v4(), .port = web_port},
                           .scheduler = "rr"};
    for (const classic::RealServer& server : classic::servers()) {
        service.servers.push_back({.endpoint = {server.v4, web_port}, .method = model::Method::masq, .weight = 1});
    }
    return {.services = {service}, .timeouts = {}};
}

std::string configuration() {
    std::string text = fmt::format("virtual_server {} {} {{\n    lvs_sched rr\n    lvs_method NAT\n    protocol TCP\n    delay_loop 1\n    connect_timeout 1\n    retry 0\n    warmup 1\n",
                                   classic::virtual_v4().text(), web_port);
    for (const classic::RealServer& server : classic::servers()) {
        text += fmt::format("\n    real_server {} {} {{\n        weight 1\n        HTTP_GET {{\n            url {{\n                path /\n                status_code 200\n            }}\n        }}\n    }}\n",
                            server.v4.text(), web_port);
    }
    return text + "}\n";
}

Result<Scene> set_scene(const Lab& lab, const Options& options, Bond bond) {
    std::vector<Process> servers;
    for (const classic::RealServer& server : classic::servers()) {
        servers.push_back(TRY(lab.serve(server.node, {.port = web_port, .page = classic::page(server)}, bond)));
    }
    DirectorSettings settings{.hook = options.hook, .configuration_file = options.configuration, .bond = bond};
    if (options.configuration.empty()) settings.configuration = configuration();
    Director director = TRY(Director::start(lab, std::move(settings)));
    return Scene{.servers = std::move(servers), .director = std::move(director)};
}

Result<void> await_neighbours(const Director& director) {
    api::Client client = TRY(api::Client::connect(director.socket(), answer_limit));
    (void)wait_until(neighbour_limit, [&] {
        const auto snapshot = client.services();
        return snapshot && all_known(*snapshot);
    });
    return {};
}

std::string drawing() {
    return "                                                               ┌── server1  10.0.0.2\n"
           "   client ───────────────── director ──────────── switch ──────┼── server2  10.0.0.3\n"
           "   192.168.88.21   192.168.88.23  10.0.0.1                     └── server3  10.0.0.4\n";
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
        "The director's configuration as keepalived.conf ({}/director.conf):\n\n{}\n"
        "The same as ipvsadm commands:\n\n{}",
        lab.directory(), indented(configuration()), indented(config::ipvsadm::commands(cluster())));
}

std::string next_steps() {
    return "It stays up.  Now try:\n"
           "   lvx demo load 10000         fetch pages, see who answers\n"
           "   lvx demo break server2      freeze it: within two seconds nobody is sent there; mend brings it back\n"
           "   lvx demo shell client       a shell on the client: curl http://192.168.88.23/\n"
           "   lvx demo shell director     a shell on the director: ipvsadm -Ln, lvx connections, lvx drops\n"
           "   lvx demo down               take it down\n";
}

}  // namespace lvx::lab::demo
