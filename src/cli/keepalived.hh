// keepalived's own command line, for scripts that check a file before they reload: "keepalived -t -f FILE".  A pure
// function of argv and of what the file came to; exit statuses are that program's (its code, not its manual page).
//
//   0 nothing to complain of     2 a keyword lacks its argument     4 so bad that it could not run
//   1 wrong usage                5 complaints, but it would run     6 a script that is there and would run as root without
//                                                                     enable_script_security; a strict include that finds nothing
//
// Deviations: a file that does not exist is 4 and an undefined group 5, where keepalived says 0; what lvx has no data plane
// for yet (DR, tunnels, marks, persistence) is 4.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "config/load.hh"
#include "config/options.hh"

namespace lvx::cli {

struct KeepalivedSurroundings {
    std::function<config::Outcome(const std::string& file, const config::Options& options)> load;
    std::function<void(std::string_view)> out, error;
    // Writes a text to a file of its own: "-t=FILE"; false where it cannot.
    std::function<bool(const std::string& path, std::string_view text)> write;
    // There is such a program, looked for in PATH where the name has no slash.
    std::function<bool(const std::string& program)> executable;
    // Becomes lvxd with these arguments; comes back only when that fails.
    std::function<int(std::span<const std::string> arguments)> become_lvxd;
    config::Options options;
};

[[nodiscard]] int run_keepalived(std::span<const std::string> words, const KeepalivedSurroundings& surroundings);

// The exit status of "-t" for a file.
[[nodiscard]] int keepalived_status(const config::Outcome& outcome, const std::function<bool(const std::string& program)>& executable);

}  // namespace lvx::cli
