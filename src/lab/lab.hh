// A laboratory: the namespaces, veth pairs, bridges, addresses and routes of a Topology, built, and taken down when
// the object goes, also by the next one that is built after a crash.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.hh"
#include "base/result.hh"
#include "lab/process.hh"
#include "lab/shelf.hh"
#include "lab/topology.hh"
#include "lab/web.hh"

namespace lvx::lab {

class Lab {
 public:
    // Names that no other process uses: "PURPOSE-PID-1", "PURPOSE-PID-2".
    static std::string unique_name(std::string_view purpose);
    static Result<Lab> build(const std::string& name, const Topology& topology);
    // One that was kept; its going does not take the laboratory down.
    static Result<Lab> open(const std::string& name);
    Lab(Lab&&) = default;
    Lab& operator=(Lab&&) = delete;
    ~Lab();

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] const std::string& directory() const { return place_.directory; }
    // A folder of the laboratory's own BPF file system.
    [[nodiscard]] std::string pin_directory() const { return directory() + "/bpf/lvx"; }
    // "" is not a node; asking for a node that does not exist is a defect.
    [[nodiscard]] int namespace_of(std::string_view node) const;
    [[nodiscard]] bool has(std::string_view node) const;
    [[nodiscard]] std::vector<std::string> nodes() const;

    [[nodiscard]] Result<Process> start(std::string_view node, const Command& command) const;
    [[nodiscard]] Result<Outcome> run(std::string_view node, const Command& command, Milliseconds limit) const;
    [[nodiscard]] Result<Page> get(std::string_view node, const Endpoint& server, const std::string& path,
                                   Milliseconds limit) const;
    [[nodiscard]] Result<Process> serve(std::string_view node, const Site& site, Bond bond) const;
    [[nodiscard]] Result<Process> echo(std::string_view node, Port port) const;

    // From now on it stays until remove(name()).
    [[nodiscard]] Result<void> keep();

 private:
    Lab(std::string name, Place place) : name_(std::move(name)), place_(std::move(place)) {}
    [[nodiscard]] Result<void> make_namespaces(const Topology& topology);

    std::string name_;
    Place place_;
    std::map<std::string, Fd, std::less<>> namespaces_;
    bool owned_ = true;
};

}  // namespace lvx::lab
