// The command line of lvxd.  One table of options is the parser's and the help text's.
#pragma once

#include <expected>
#include <span>
#include <string>
#include <vector>

#include "api/director_view.hh"
#include "dataplane/dataplane.hh"
#include "net/world.hh"

namespace lvx::daemon {

struct Options {
    std::string file;                // "": driven by ipvsadm alone
    std::string instance = "main";
    std::string socket;              // /run/lvx/api.sock, or /run/lvx/INSTANCE.sock
    std::string bpffs;               // /sys/fs/bpf/lvx/INSTANCE
    std::vector<net::InterfaceRequest> interfaces;
    net::Hook hook = net::Hook::automatic;
    std::string state_dir;           // /var/lib/lvx/INSTANCE
    std::string config_id;           // of "@id" lines; "" = the host name up to its first dot
    dataplane::Sizes sizes;
    api::StopKind on_exit = api::StopKind::stop_forwarding;
    bool tolerant = false;           // what keepalived silently changes is changed, and told
    bool debug = false;
    enum class Task { run, check, version, help } task = Task::run;
    bool operator==(const Options&) const = default;
};

// `words` without the program's name; the error is a sentence.  --help and --version win over what follows them.
[[nodiscard]] std::expected<Options, std::string> parse_options(std::span<const std::string> words);
[[nodiscard]] std::string help_text();

}  // namespace lvx::daemon
