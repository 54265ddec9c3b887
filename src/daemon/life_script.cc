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

}  // namespace lvx::daemon
