// MISC_CHECK: a command's exit status.  0 is good; with misc_dynamic 2 to 255 is good, too, and weight is status - 2.
#include <fmt/format.h>

#include "health/check/probe.hh"

namespace lvx::health {
namespace {

Outcome outcome_of(const model::MiscCheck& misc, const script::Outcome& ended, std::uint32_t configured_weight) {
    if (ended.ending == script::Ending::not_started) return local_error(ended.sentence());
    if (ended.succeeded()) return passed(ended.sentence());
    if (!misc.dynamic || ended.ending != script::Ending::exited || ended.code < 2) return failed(ended.sentence());
    Outcome outcome = passed(fmt::format("weight {}", ended.code - 2));
    outcome.weight_added = std::int64_t{ended.code} - 2 - configured_weight;
    return outcome;
}

}  // namespace

Task<Outcome> check_misc(Probe& probe) {
    const auto& misc = std::get<model::MiscCheck>(probe.check->kind);
    if (probe.tools->runner == nullptr) co_return local_error("no commands can be run");
    const Micros timeout = misc.timeout > Micros{0} ? misc.timeout : probe.check->timing.delay_loop;
    script::Job job = {.command = misc.command, .timeout = std::chrono::duration_cast<std::chrono::milliseconds>(timeout)};
    // The runner keeps the time; ours is only for a runner that hangs.
    probe.set_deadline(timeout + std::chrono::seconds(10));
    std::optional<script::Outcome> ended;
    Probe* const self = &probe;
    probe.job = probe.tools->runner->run(std::move(job), [&ended, self](const script::Outcome& outcome) {
        ended = outcome;
        self->job = 0;
        self->resume();
    });
    while (!ended) {
        if (!co_await probe.event()) co_return failed("no answer within its time");
    }
    co_return outcome_of(misc, *ended, probe.configured_weight);
}

}  // namespace lvx::health
