#include "lab/lab.hh"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>

#include "base/ensure.hh"
#include "lab/builder.hh"
#include "lab/namespace.hh"

namespace lvx::lab {

std::string Lab::unique_name(std::string_view purpose) {
    static int count = 0;
    return fmt::format("{}-{}-{}", purpose, getpid(), ++count);
}

Result<Lab> Lab::build(const std::string& name, const Topology& topology) {
    const std::vector<Cable> cables = TRY(cables_of(topology));
    remove_stale();
    Lab lab(name, TRY(make_place(name)));
    TRY(mount_bpf(lab.directory()));
    TRY(lab.make_namespaces(topology));
    const NamespaceOf lookup = [&lab](std::string_view node) { return lab.namespace_of(node); };
    TRY(furnish(topology, cables, lookup));
    return lab;
}

Result<Lab> Lab::open(const std::string& name) {
    if (!exists(name)) return refusal("there is no laboratory " + name, 0, "\"lvx demo\" builds one");
    Lab lab(name, Place{.directory = std::string(shelf_directory) + "/" + name, .lock = Fd()});
    lab.owned_ = false;
    std::error_code code;
    for (std::filesystem::directory_iterator entry(lab.directory() + "/net", code), end; !code && entry != end;
         entry.increment(code)) {
        lab.namespaces_[entry->path().filename()] = TRY(open_namespace(entry->path()));
    }
    if (code) return refusal("cannot read " + lab.directory(), code.value());
    return lab;
}

Lab::~Lab() {
    if (!owned_ || !place_.lock.valid()) return;
    namespaces_.clear();
    if (const auto removed = remove(name_); !removed) fmt::print(stderr, "lvx: {}\n", removed.error().sentence());
}

Result<void> Lab::make_namespaces(const Topology& topology) {
    std::vector<std::string> names = topology.switches;
    for (const Node& node : topology.nodes) names.push_back(node.name);
    for (const std::string& name : names) namespaces_[name] = TRY(make_namespace(directory() + "/net/" + name));
    return {};
}

int Lab::namespace_of(std::string_view node) const {
    const auto found = namespaces_.find(node);
    ensure(found != namespaces_.end());
    return found->second.get();
}

bool Lab::has(std::string_view node) const { return namespaces_.contains(node); }

std::vector<std::string> Lab::nodes() const {
    std::vector<std::string> names;
    for (const auto& [name, fd] : namespaces_) names.push_back(name);
    return names;
}

Result<Process> Lab::start(std::string_view node, const Command& command) const {
    return lab::start(namespace_of(node), command);
}

Result<Outcome> Lab::run(std::string_view node, const Command& command, Milliseconds limit) const {
    return lab::run(namespace_of(node), command, limit);
}

Result<Page> Lab::get(std::string_view node, const Endpoint& server, const std::string& path, Milliseconds limit) const {
    return lab::get(namespace_of(node), server, path, limit);
}

Result<Process> Lab::serve(std::string_view node, const Site& site, Bond bond) const {
    Fd listener;
    TRY(inside(namespace_of(node), [&]() -> Result<void> {
        listener = TRY(listen_on(site.port));
        return {};
    }));
    return fork_inside(namespace_of(node), bond, [&] {
        close(place_.lock.get());  // the laboratory's owner holds it, not the server
        return serve_site(listener.get(), site);
    });
}

Result<Process> Lab::echo(std::string_view node, Port port) const {
    Fd socket;
    TRY(inside(namespace_of(node), [&]() -> Result<void> {
        socket = TRY(receive_on(port));
        return {};
    }));
    return fork_inside(namespace_of(node), Bond::dies_with_parent, [&] { return serve_echo(socket.get()); });
}

Result<void> Lab::keep() {
    TRY(mark_kept(directory()));
    owned_ = false;
    place_.lock.reset();
    return {};
}

}  // namespace lvx::lab
