#include "daemon/life_script.hh"

#include <cerrno>

#include "script/runner.hh"

namespace lvx::daemon {

script::Rules rules_of(const model::Globals& globals) {
    return {.user = globals.script_user, .group = globals.script_group, .security = globals.script_security};
}

Result<void> run_to_end(const model::Command& command, std::chrono::seconds timeout, const script::Rules& rules) {
    const script::Limits limits;
    const auto runner = TRY(script::Runner::start(rules, limits));
    script::Outcome outcome;
    runner->run({.command = command, .timeout = timeout}, [&](const script::Outcome& told) { outcome = told; });
    if (!runner->drain(timeout + 2 * limits.kill_delay)) return refusal("it does not end", ETIMEDOUT);
    if (outcome.succeeded()) return {};
    return refusal(outcome.sentence(), 0);
}

namespace {

std::optional<model::Event> failure_of(const std::optional<model::Command>& script, std::chrono::seconds timeout, const model::Globals& globals,
                                       model::EventKind kind) {
    if (!script || script->words.empty()) return std::nullopt;
    const Result<void> ended = run_to_end(*script, timeout, rules_of(globals));
    if (ended) return std::nullopt;
    return model::event(kind, {script->words.front(), ended.error().sentence()});
}

}  // namespace

std::optional<model::Event> run_startup_script(const model::Globals& globals) {
    return failure_of(globals.startup_script, globals.startup_timeout, globals, model::EventKind::startup_script_failed);
}

std::optional<model::Event> run_shutdown_script(const model::Globals& globals) {
    return failure_of(globals.shutdown_script, globals.shutdown_timeout, globals, model::EventKind::shutdown_script_failed);
}

}  // namespace lvx::daemon
