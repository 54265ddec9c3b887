// Arbitrary bytes of an authenticated peer: a session takes or refuses them, and its table stays whole.
#include <cstdint>
#include <span>

#include "base/ensure.hh"
#include "sync/simulation.hh"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace lvx::sync;
    SimulatedDirector director(1, 16, 7);
    const Moment moment{.table = {.tick = 100, .tick_us = 1'000'000}, .now = std::chrono::seconds{100}};
    Session session(*director.side, {.node = 1, .boot = 1}, {.most_slots = 4096, .most_refused = 64, .most_looks = 16}, moment);
    FrameWriter hello;
    hello.put(Hello{.node = 2, .boot = 1, .slots = 1024});
    ensure(session.apply(hello.take(), moment).has_value());
    if (session.apply(std::span(data, size), moment)) (void)session.diff(moment), (void)session.upkeep(moment);
    const lvx::table::Recount right = lvx::table::recount(director.tables());
    ensure(right.wrong_tags == 0 && right.claimed == 0);
    for (std::uint32_t id = 0; id < director.tables().server_count(); ++id)
        ensure(director.tables().load(id).total == right.loads[id].total && director.tables().load(id).active == right.loads[id].active);
    return 0;
}
