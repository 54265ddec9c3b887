#include "vrrp/router.hh"

#include <utility>

namespace lvx::vrrp {

namespace {

constexpr std::uint8_t priority_on_standby = 1;
constexpr std::uint8_t priority_of_lost_owner = 254;

Event by_priority(std::uint8_t own, const Address& own_source, const Heard& heard) {
    if (heard.priority == resign_priority) return Event::heard_zero;
    if (heard.priority > own) return Event::heard_higher;
    if (heard.priority < own) return Event::heard_lower;
    return heard.source > own_source ? Event::heard_equal_higher : Event::heard_equal_lower;
}

bool may_preempt(const Router& router, Instant now) {
    if (router.standby || router.yielded) return false;
    if (router.is_owner()) return true;
    if (router.preempt_after && now < *router.preempt_after) return false;
    return router.configuration.preempt;
}

Event respecting(const Router& router, Event event, Instant now) {
    if (event == Event::heard_lower && router.state == State::backup && !may_preempt(router, now))
        return Event::heard_lower_respected;
    return event;
}

// What an option takes away from, or adds to, the table's actions.
std::uint8_t allowed(const Router& router, Event event, const Cell& cell) {
    std::uint8_t actions = cell.actions;
    const bool lower = event == Event::heard_lower || event == Event::heard_lower_respected || event == Event::heard_equal_lower;
    if (lower && router.configuration.lower_prio_no_advert) actions &= static_cast<std::uint8_t>(~send_advert);
    const bool higher = event == Event::heard_higher || event == Event::heard_equal_higher;
    if (higher && router.state == State::master && router.configuration.higher_prio_send_advert) actions |= send_advert;
    return actions;
}

std::optional<Microseconds> length_of(const Router& router, Timer timer) {
    switch (timer) {
        case Timer::advert: return router.own_pace().interval;
        case Timer::master_down: return master_down_time(router.pace(), router.priority());
        case Timer::skew: return skew_time(router.pace(), router.priority());
        case Timer::keep:
        case Timer::off: break;
    }
    return std::nullopt;
}

void set_timer(Router& router, State before, Event event, Timer timer, Instant now) {
    if (timer == Timer::off) router.timer.reset();
    const std::optional<Microseconds> length = length_of(router, timer);
    if (!length) return;
    // Adverts keep their rhythm: one that left late does not delay those after it.
    const bool periodic = event == Event::timer && before == State::master && router.timer;
    router.timer = periodic && *router.timer + *length > now ? *router.timer + *length : now + *length;
}

void on_transition(Router& router, State before, Instant now) {
    router.since = now;
    router.wants_master = false;
    if (router.state == State::master) {
        ++router.counters.became_master;
        router.yielded = false;
        router.preempt_after.reset();
        router.master_interval = Microseconds(0);
        router.master.reset();
    }
    if (before == State::master) ++router.counters.released_master;
    if (router.state == State::fault || router.state == State::init) router.master.reset();
    if (router.state == State::backup && (before == State::init || before == State::fault)) {
        router.master_interval = Microseconds(0);
        const Microseconds delay = router.configuration.preempt_delay;
        if (delay.count() != 0) router.preempt_after = now + delay;
    }
}

}  // namespace

std::uint8_t Router::priority() const {
    if (standby) return priority_on_standby;
    if (lost_ownership && standing.priority == owner_priority) return priority_of_lost_owner;
    return standing.priority;
}

Pace Router::own_pace() const {
    return {configuration.version, configuration.advert_interval, configuration.down_timer_adverts};
}

Pace Router::pace() const {
    Pace result = own_pace();
    if (configuration.version == 3 && master_interval.count() != 0) result.interval = master_interval;
    return result;
}

std::optional<ChecksumForm> fixed_form(const model::VrrpInstance& configuration) {
    if (configuration.checksum_as_v2) return ChecksumForm::plain;
    const bool old = configuration.unicast && configuration.family == Family::v4 && configuration.old_unicast_checksum.value_or(false);
    return old ? std::optional(ChecksumForm::old_unicast) : std::nullopt;
}

Router make_router(const model::VrrpInstance& configuration, Instant now) {
    Router router{.configuration = configuration, .since = now};
    router.standing.priority = configuration.priority;
    router.form = fixed_form(configuration).value_or(ChecksumForm::with_pseudo_header);
    return router;
}

Event event_of(const Router& router, const Heard& heard, Instant now) {
    return respecting(router, by_priority(router.priority(), router.source, heard), now);
}

Outcome apply(Router& router, Event event, std::string why, Instant now) {
    const Cell& chosen = cell(router.state, event);
    Outcome outcome{.before = router.state, .after = chosen.next, .actions = allowed(router, event, chosen)};
    router.state = chosen.next;
    if (outcome.before != outcome.after) {
        router.why = std::move(why);
        on_transition(router, outcome.before, now);
    }
    set_timer(router, outcome.before, event, chosen.timer, now);
    if (outcome.actions & send_resignation) ++router.counters.zero_sent;
    if (outcome.actions & (send_advert | send_resignation)) ++router.counters.adverts_sent;
    return outcome;
}

Outcome hear(Router& router, const Heard& heard, Instant now) {
    ++router.counters.adverts_received;
    if (heard.priority == resign_priority) ++router.counters.zero_received;
    if (router.is_owner() && router.configuration.owner_ignore_adverts) return {router.state, router.state, no_action};
    const Event event = event_of(router, heard, now);
    const bool both_own = heard.priority == owner_priority && router.is_owner();
    if (both_own) ++router.counters.refused[static_cast<std::size_t>(Refusal::foreign_owner)];
    if (both_own && event == Event::heard_equal_higher) router.lost_ownership = true;
    // A second master that resigns does not make the one we follow silent.
    const bool of_another = heard.priority == resign_priority && router.state == State::backup && router.master && *router.master != heard.source;
    if (of_another) return {router.state, router.state, no_action};
    router.form = heard.form;
    router.heard_at = now;
    router.heard_priority = heard.priority;
    // RFC 9568, 6.4.2 (455): the interval of a master whose advert is obeyed is taken over before timers are computed.
    const bool obeyed = event != Event::heard_lower || router.state == State::backup;
    if (obeyed && heard.priority != resign_priority && router.configuration.version == 3) router.master_interval = heard.interval;
    Outcome outcome = apply(router, event, "heard " + heard.source.text() + " with priority " + std::to_string(heard.priority), now);
    if (router.state == State::backup) {
        router.master = heard.source;
        router.wants_master = false;
    }
    if (router.state == State::master) router.master_interval = Microseconds(0);
    return outcome;
}

}  // namespace lvx::vrrp
