// lvxd: the daemon.  Options, then the loop.
#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <vector>

#include "base/log.hh"
#include "daemon/loop.hh"
#include "daemon/options.hh"

int main(int count, char** words) {
    using namespace lvx;
    const std::vector<std::string> arguments(words + 1, words + count);
    const auto options = daemon::parse_options(arguments);
    if (!options) {
        fmt::print(stderr, "lvxd: {}\n      hint: lvxd --help lists the options\n", options.error());
        return static_cast<int>(daemon::Exit::usage);
    }
    using Task = daemon::Options::Task;
    if (options->task == Task::help) return fmt::print("{}", daemon::help_text()), 0;
    if (options->task == Task::version) return fmt::print("lvxd {}\n", LVX_VERSION), 0;
    if (options->task == Task::check) return static_cast<int>(daemon::check(*options));
    log::Log log(log::sink_of_stderr(), options->debug ? log::Level::debug : log::Level::info);
    return static_cast<int>(daemon::run(*options, log));
}
