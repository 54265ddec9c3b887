#include "config/keepalived/timing.hh"

namespace lvx::config::keepalived {

Timing inherited(const Timing& near, const Timing& far) {
    Timing result = near;
    const auto fill = [](auto& field, const auto& other) {
        if (!field) field = other;
    };
    fill(result.delay_loop, far.delay_loop);
    fill(result.connect_timeout, far.connect_timeout);
    fill(result.delay_before_retry, far.delay_before_retry);
    fill(result.warmup, far.warmup);
    fill(result.retry, far.retry);
    fill(result.alpha, far.alpha);
    return result;
}

model::CheckTiming settled(const Timing& timing, const TimingDefaults& defaults) {
    const model::CheckTiming standard;
    const auto delay_loop = timing.delay_loop.value_or(standard.delay_loop);
    return {.delay_loop = delay_loop,
            .connect_timeout = timing.connect_timeout.value_or(standard.connect_timeout),
            .delay_before_retry = timing.delay_before_retry.value_or(defaults.delay_before_retry.value_or(delay_loop)),
            .warmup = timing.warmup.value_or(delay_loop),
            .retry = timing.retry.value_or(defaults.retry),
            .alpha = timing.alpha.value_or(false)};
}

}  // namespace lvx::config::keepalived
