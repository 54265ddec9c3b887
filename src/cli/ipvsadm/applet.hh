// ipvsadm, ipvsadm-save and ipvsadm-restore as applets of lvx: parsed by config/ipvsadm, carried out over the API,
// answered with the texts and exit statuses of ipvsadm 1.31.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "api/client.hh"
#include "base/result.hh"
#include "config/ipvsadm/command.hh"
#include "config/ipvsadm/print.hh"

namespace lvx::cli::ipvsadm {

// All that an applet meets of the world.
struct Surroundings {
    std::function<Result<api::Client>()> connect;
    std::function<Result<std::string>()> input;  // the whole of standard input
    std::function<void(std::string_view)> out, error;
    config::ipvsadm::Names names;    // of the command line
    config::ipvsadm::Labels labels;  // of listings without -n
};

// `words` are argv; words[0] is not looked at.  The result is the exit status.
[[nodiscard]] int run(std::span<const std::string> words, const Surroundings& surroundings);
[[nodiscard]] int run_save(std::span<const std::string> words, const Surroundings& surroundings);
[[nodiscard]] int run_restore(std::span<const std::string> words, const Surroundings& surroundings);

}  // namespace lvx::cli::ipvsadm
