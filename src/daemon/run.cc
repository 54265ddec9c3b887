// From options to a serving loop, and from what refuses to an exit status.
#include <fmt/format.h>

#include <cerrno>
#include <cstdio>

#include "daemon/files.hh"
#include "daemon/loop.hh"
#include "daemon/outside.hh"
#include "daemon/serve.hh"

namespace lvx::daemon {

namespace {

Exit exit_for(const Error& error) {
    if (error.code == EPERM || error.code == EACCES) return Exit::no_permission;
    if (error.code == EBUSY || error.code == EADDRINUSE) return Exit::unavailable;
    return error.code == 0 ? Exit::configuration : Exit::machine;
}

void say(const Error& error) {
    fmt::print(stderr, "lvxd: {}\n", error.sentence());
    if (!error.hint.empty()) fmt::print(stderr, "      hint: {}\n", error.hint);
}

Result<void> open_and_serve(const Options& options, log::Log& log) {
    TRY(make_folder_of(options.socket));
    const Fd lock = TRY(lock_instance(options.socket + ".lock"));
    StateStore store = store_for(options, log);
    // Before packets are touched: a bad file is no reason to load anything.
    Beginning beginning = TRY(begin_with(options, store));
    Fd tables = TRY(lock_folder(options.bpffs));
    auto dataplane = TRY(dataplane::open({.directory = options.bpffs, .sizes = sizes_for(options, beginning.runs.outcome.site.director)}));
    if (!tables.valid()) tables = TRY(lock_folder(options.bpffs));  // it exists only now
    return serve(options, log, std::move(store), std::move(beginning), std::move(dataplane), TRY(net::Watcher::open()));
}

}  // namespace

Exit run(const Options& options, log::Log& log) {
    const Result<void> served = open_and_serve(options, log);
    if (served) return Exit::success;
    say(served.error());
    return exit_for(served.error());
}

Exit check(const Options& options) {
    const config::Outcome outcome = load_file(options, Tolerance::none, 0);
    fmt::print(stderr, "{}", outcome.report());
    return outcome.usable() ? Exit::success : Exit::configuration;
}

}  // namespace lvx::daemon
