#include "support/program_update.hh"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <cerrno>
#include <filesystem>

#include "dataplane/hooks.hh"
#include "lab/namespace.hh"
#include "net/links_driver.hh"

namespace lvx::cluster {
namespace {

std::string pins(const Cluster& cluster) { return cluster.lab().pin_directory() + "-director"; }

std::string pin(const Cluster& cluster, std::string_view name) { return fmt::format("{}/{}", pins(cluster), name); }

Result<Fd> open_pin(const std::string& path) {
    Fd fd(bpf_obj_get(path.c_str()));
    if (!fd.valid()) return refusal("cannot open " + path, -fd.get());
    return fd;
}

Result<void> update_link(const Cluster& cluster, std::uint32_t ifindex, const Fd& program) {
    const Fd link = TRY(open_pin(pin(cluster, fmt::format("link_{}", ifindex))));
    if (const int code = bpf_link_update(link.get(), program.get(), nullptr); code != 0) {
        return refusal("cannot replace the program of a link", -code);
    }
    return {};
}

}  // namespace

Result<Fd> running_program(const Cluster& cluster, std::string_view hook) {
    return open_pin(pin(cluster, fmt::format("program_{}", hook)));
}

Result<std::vector<Fd>> hold_rests(const Cluster& cluster) {
    std::vector<Fd> held;
    for (const auto& entry : std::filesystem::directory_iterator(pins(cluster)))
        if (entry.path().filename().string().starts_with("rests_")) held.push_back(TRY(open_pin(entry.path())));
    if (held.empty()) return refusal("no program arrays are pinned", ENOENT);
    return held;
}

Result<void> replace_program(const Cluster& cluster, std::string_view hook, const std::string& device, const Fd& program) {
    return lab::inside(cluster.ns("director"), [&]() -> Result<void> {
        const std::uint32_t ifindex = TRY(net::index_of(device));
        if (hook == "xdp") return update_link(cluster, ifindex, program);
        libbpf_set_print(nullptr);  // that a clsact qdisc is already there is no news
        TRY(dataplane::attach_filter(ifindex, device, program));
        return {};
    });
}

}  // namespace lvx::cluster
