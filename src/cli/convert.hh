// "lvx config convert": files of other directors on standard output as keepalived.conf, what has to be said about them on
// standard error.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.hh"
#include "cli/usage.hh"

namespace lvx::cli {

struct ConvertSurroundings {
    std::function<Result<std::string>(const std::string& path)> read;  // "-" is standard input
    std::function<void(std::string_view)> out, error;
    std::string host_name;  // the node whose configuration is wanted, unless --node says
};

// An exit status.
[[nodiscard]] int run_convert(const Invocation& invocation, const ConvertSurroundings& surroundings);

}  // namespace lvx::cli
