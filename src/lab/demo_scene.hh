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
[[nodiscard]] std::string configuration();

struct Scene {
    std::vector<Process> servers;
    Director director;
};

// Web servers and lvxd, in a laboratory that stands.
[[nodiscard]] Result<Scene> set_scene(const Lab& lab, const Options& options, Bond bond);

// Until the director knows where every server of the laboratory is that it serves, or a second has passed: a file of
// --conf may name servers that do not exist.
[[nodiscard]] Result<void> await_neighbours(const Director& director);

[[nodiscard]] std::string drawing();
[[nodiscard]] std::string configurations(const Lab& lab);
[[nodiscard]] std::string next_steps();
// "   text" for each line.
[[nodiscard]] std::string indented(const std::string& text);

}  // namespace lvx::lab::demo
