#include "health/check_machine.hh"

#include <algorithm>

namespace lvx::health {
namespace {

Micros period(const model::CheckTiming& timing, const CheckShape& shape, Micros took) {
    if (!shape.from_start) return timing.delay_loop;
    return std::max(Micros{0}, timing.delay_loop - took);
}

CheckStep passed(CheckMemory memory, const model::CheckTiming& timing, const CheckShape& shape, Micros took) {
    const bool was_up = memory.up;
    memory.tries = 0;
    memory.has_run = true;
    const Micros pause = !was_up && shape.fast_recovery ? Micros{0} : period(timing, shape, took);
    if (!memory.clean_round && shape.steps > 1) {
        memory.clean_round = true;
        memory.step = 0;
        return {memory, Change::none, pause};
    }
    memory.clean_round = true;
    memory.step = static_cast<std::uint16_t>(memory.step + 1);
    if (memory.step < shape.steps) return {memory, Change::none, pause};
    memory.step = 0;
    memory.up = true;
    return {memory, was_up ? Change::none : Change::went_up, period(timing, shape, took)};
}

CheckStep failed(CheckMemory memory, const model::CheckTiming& timing, const CheckShape& shape, Micros took) {
    if (memory.up && memory.has_run && memory.tries < timing.retry) {
        ++memory.tries;
        return {memory, Change::none, timing.delay_before_retry};
    }
    const Change change = memory.up ? Change::went_down : Change::none;
    memory = {.up = false, .has_run = true, .clean_round = false, .step = memory.step, .tries = 0};
    const Micros pause = period(timing, shape, took);
    return {memory, change, shape.slow_retry_when_down ? std::max(timing.delay_before_retry, pause) : pause};
}

}  // namespace

CheckShape shape_of(const model::Check& check) {
    if (std::holds_alternative<model::MiscCheck>(check.kind)) return {.from_start = true};
    const auto* http = std::get_if<model::HttpCheck>(&check.kind);
    if (http == nullptr) return {};
    return {.steps = static_cast<std::uint16_t>(std::clamp<std::size_t>(http->urls.size(), 1, 0xffff)),
            .fast_recovery = http->fast_recovery, .slow_retry_when_down = true};
}

CheckMemory begin(const model::CheckTiming& timing) { return {.up = !timing.alpha}; }

Micros first_delay(const model::CheckTiming& timing, std::uint64_t chance) {
    if (timing.warmup <= Micros{0}) return bootstrap_delay;
    return bootstrap_delay + Micros{chance % static_cast<std::uint64_t>(timing.warmup.count())};
}

CheckStep finished(CheckMemory memory, const model::CheckTiming& timing, const CheckShape& shape, Verdict verdict, Micros took) {
    switch (verdict) {
        case Verdict::passed: return passed(memory, timing, shape, took);
        case Verdict::failed: return failed(memory, timing, shape, took);
        case Verdict::local_error: break;
    }
    return {memory, Change::none, period(timing, shape, took)};
}

}  // namespace lvx::health
