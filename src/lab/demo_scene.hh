// What `lvx demo` builds and what it says about it.
#pragma once

#include <string>
#include <vector>

#include "base/result.hh"
#include "lab/demo_options.hh"
#include "lab/director.hh"
#include "lab/lab.hh"
#include "model/model.hh"

namespace lvx::lab::demo {

// One virtual service at 192.168.88.23:80, round robin over the three servers.
[[nodiscard]] model::Cluster cluster();
// The same as keepalived.conf, each server watched: a page every second, within a second.
[[nodiscard]] std::string service_block();
// Of director 1 or 2: the service, the addresses both share, and what each tells the other of its connections.
[[nodiscard]] std::string configuration(const Lab& lab, int number);
inline constexpr const char* router_name = "demo";  // of the vrrp_instance

// Two directors that share both addresses, or one where a file was given with --conf.
[[nodiscard]] Topology topology(const Options& options);

struct Scene {
    std::vector<Process> servers;
    std::vector<Director> directors;
};

// Web servers and lvxd, in a laboratory that stands.
[[nodiscard]] Result<Scene> set_scene(const Lab& lab, const Options& options, Bond bond);
// How lvxd runs in that node of a laboratory that was kept.
[[nodiscard]] DirectorSettings settings_again(const Lab& lab, int number);

// The node whose director answers at the moment: the master of a pair, "" while there is none; "director" where it is alone.
[[nodiscard]] std::string active_director(const Lab& lab);
[[nodiscard]] Result<void> await_active(const Lab& lab);
// For commands in that node: the tools speak with the director of the node, elsewhere with the active one.
[[nodiscard]] std::vector<std::string> environment_in(const Lab& lab, const std::string& node);
// "director" of a pair is the active one.
[[nodiscard]] std::string node_meant(const Lab& lab, const std::string& word);

// Until the director knows where every server of the laboratory is that it serves, or a second has passed: a file of
// --conf may name servers that do not exist.
[[nodiscard]] Result<void> await_neighbours(const Director& director);

[[nodiscard]] std::string drawing(const Options& options);
[[nodiscard]] std::string configurations(const Lab& lab);
[[nodiscard]] std::string next_steps(const Options& options);
// "   text" for each line.
[[nodiscard]] std::string indented(const std::string& text);

}  // namespace lvx::lab::demo
