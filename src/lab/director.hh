// lvxd in a node of a laboratory: started with its socket, its configuration and its pins inside the laboratory's
// folder, ready when it says so (sd_notify), asked with `lvx`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hh"
#include "lab/lab.hh"
#include "lab/process.hh"

namespace lvx::lab {

struct DirectorSettings {
    std::string node = "director";
    std::string hook = "auto";
    std::string configuration;           // text of the keepalived.conf; empty: none, driven by ipvsadm
    std::string configuration_file;      // an existing one instead, where its includes are found
    std::vector<std::string> arguments;  // more of them
    Bond bond = Bond::dies_with_parent;
};

class Director {
 public:
    // Returns when lvxd is ready.  The error carries what it said when it refuses.
    static Result<Director> start(const Lab& lab, DirectorSettings settings);

    [[nodiscard]] Process& process() { return process_; }
    [[nodiscard]] const std::string& socket() const { return socket_; }
    // PATH with lvx and ipvsadm in front, LVX_SOCKET.
    [[nodiscard]] std::vector<std::string> environment() const;
    // `words` as a shell command in the director's node, with `lvx` and `ipvsadm` at hand.
    [[nodiscard]] Result<Outcome> ask(std::string_view words) const;
    // Everything lvxd has said so far.
    [[nodiscard]] std::string log() const;

    // Another lvxd after this one ended or was killed; adopts what is pinned.
    [[nodiscard]] Result<void> restart();
    // Writes the file; the daemon reads it at SIGHUP or at its next start.
    [[nodiscard]] Result<void> write_configuration(const std::string& text);
    // Goes on without us.
    void release() { process_.release(); }

 private:
    Director(const Lab& lab, DirectorSettings settings, Process process);

    const Lab* lab_;
    DirectorSettings settings_;
    std::string socket_;
    Process process_;
};

// The folder this program stands in: lvx, lvxd and the tests are built into one.
[[nodiscard]] std::string program_directory();
// lvxd beside this program, or where a package puts it.
[[nodiscard]] Result<std::string> find_lvxd();

// NAME/bin with lvx, lvxd and ipvsadm (lvx by another name).
[[nodiscard]] Result<void> link_programs(const Lab& lab);
// Environment in which they are found and speak to the laboratory's director.
[[nodiscard]] std::vector<std::string> tool_environment(const Lab& lab, std::string_view node);

}  // namespace lvx::lab
