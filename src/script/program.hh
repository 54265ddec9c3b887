// Finding a script's file, and what stat(2) says of everything on the way to it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hh"
#include "script/rules.hh"

namespace lvx::script {

inline constexpr const char* usual_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

// A word without '/' is looked for in the folders of `path`.
[[nodiscard]] Result<std::string> find_program(const std::string& word, std::string_view path);

// Every component from "/" on; where one is a symbolic link, what it leads to as well.
[[nodiscard]] Result<std::vector<PathComponent>> components_of(const std::string& path);

// The user data base of this machine.  Lookups may wait for a directory server.
[[nodiscard]] const Directory& system_directory();

// The daemon's environment with `more` on top and a PATH in any case.
[[nodiscard]] std::vector<std::string> environment_with(const std::vector<std::string>& more);

}  // namespace lvx::script
