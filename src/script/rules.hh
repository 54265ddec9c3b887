// Who may run what: keepalived's rules for scripts, as pure functions over what stat(2) and the user data base say.
//
// A script runs as the user it names, else as script_user, else as "keepalived_script" if that user exists, else as root.
// Under enable_script_security nothing falls back to root, and what would run as root is refused when a component of its
// path can be changed by somebody else.
#pragma once

#include <sys/types.h>

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hh"
#include "model/watch.hh"

namespace lvx::script {

inline constexpr const char* default_user = "keepalived_script";

struct Rules {
    std::string user, group;  // script_user of global_defs; "" = default_user
    bool security = false;    // enable_script_security
    bool operator==(const Rules&) const = default;
};

struct Credentials {
    uid_t user = 0;
    gid_t group = 0;
    std::vector<gid_t> groups;  // supplementary
    bool operator==(const Credentials&) const = default;
};

// What the user data base says about a name; lookups are arguments so that the rule is pure.
struct Directory {
    std::optional<Credentials> (*user)(const std::string& name);
    std::optional<gid_t> (*group)(const std::string& name);
};

[[nodiscard]] Result<Credentials> credentials_of(const model::Command& command, const Rules& rules, const Directory& directory);

// One component of a path, from "/" to the file itself, symbolic links and what they lead to included.
struct PathComponent {
    std::string path;
    mode_t mode = 0;
    uid_t user = 0;
    gid_t group = 0;
    bool operator==(const PathComponent&) const = default;
};

// The first component that somebody other than root can change.
[[nodiscard]] std::optional<PathComponent> insecure_component(std::span<const PathComponent> components);

// Refused when `who` is root, security is on and a component is insecure.
[[nodiscard]] Result<void> permitted(const Credentials& who, const Rules& rules, std::span<const PathComponent> components);

}  // namespace lvx::script
