#include "bfd/machine.hh"

#include <algorithm>
#include <array>

namespace lvx::bfd {

namespace {

constexpr microseconds slowest_when_not_up{1'000'000};  // section 6.8.3: at least one second between packets
constexpr microseconds unheard_min_rx{1};               // section 6.8.1: bfd.RemoteMinRxInterval before the first packet

// What a neighbour's state makes of ours (section 6.2).  [ours][theirs], in the order of State; the diagnostic goes with
// what is entered.
struct Transition {
    State next;
    Diagnostic diagnostic;
};
using enum State;
constexpr Diagnostic fine = Diagnostic::none, said_down = Diagnostic::neighbour_said_down;
constexpr std::array<std::array<Transition, 4>, 4> transitions{{
    // AdminDown                Down                  Init                Up
    {{{admin_down, fine},     {admin_down, fine},   {admin_down, fine}, {admin_down, fine}}},  // ours is AdminDown
    {{{down, fine},           {init, fine},         {up, fine},         {down, fine}}},        // Down
    {{{down, said_down},      {init, fine},         {up, fine},         {up, fine}}},          // Init
    {{{down, said_down},      {down, said_down},    {up, fine},         {up, fine}}},          // Up
}};

microseconds desired_of(const Session& session) {
    const microseconds wish = session.parameters.min_tx;
    if (session.state == up) return wish;
    return std::max({wish, session.parameters.idle_tx, slowest_when_not_up});
}

// Section 6.8.7: between 75 and 100 per cent, so that routers do not fall into step; with a multiplier of one at most 90,
// so that the one packet that counts is not late.
microseconds jittered(microseconds interval, std::uint8_t multiplier, double chance) {
    const double share = multiplier == 1 ? 0.75 + 0.15 * chance : 0.75 + 0.25 * chance;
    return microseconds(static_cast<std::int64_t>(static_cast<double>(interval.count()) * share));
}

Packet packet_of(const Session& session) {
    return {.diagnostic = session.diagnostic,
            .state = session.state,
            .poll = session.polling,
            .multiplier = session.parameters.multiplier,
            .my_discriminator = session.local_discriminator,
            .your_discriminator = session.remote_discriminator,
            .desired_min_tx_us = static_cast<std::uint32_t>(session.desired_min_tx.count()),
            .required_min_rx_us = static_cast<std::uint32_t>(session.required_min_rx.count())};
}

// One event's work.
class Turn {
 public:
    Turn(Session session, Instant now, double chance) : before_(session), session_(std::move(session)), now_(now), chance_(chance) {}

    void on(const Started&) { send_now(); }
    void on(const Received& event);
    void on(const Tick&);
    void on(const Reconfigured& event);
    void on(const Administered& event);
    Step finish();

 private:
    void enter(State state, Diagnostic diagnostic);
    void take_intervals();
    void end_poll();
    [[nodiscard]] bool may_send() const;
    void send(bool final);
    void send_now();
    void schedule();
    void expire();

    const Session before_;
    Session session_;
    Instant now_;
    double chance_;
    std::vector<Action> actions_;
};

void Turn::enter(State state, Diagnostic diagnostic) {
    if (state == session_.state) return;
    actions_.emplace_back(Changed{session_.state, state});
    if (state == up) ++session_.counters.ups;
    if (session_.state == up) ++session_.counters.downs;
    session_.state = state;
    session_.diagnostic = diagnostic;
    session_.since = now_;
    session_.polling = false;
    take_intervals();
}

// What we wish for now.  While up, what would surprise the neighbour waits for the end of a poll sequence.
void Turn::take_intervals() {
    const microseconds tx = desired_of(session_), rx = session_.parameters.min_rx;
    const bool changes = tx != session_.desired_min_tx || rx != session_.required_min_rx;
    session_.desired_min_tx = tx;
    session_.required_min_rx = rx;
    const bool is_up = session_.state == up;
    if (!is_up || tx < session_.active_tx) session_.active_tx = tx;
    if (!is_up || rx > session_.active_rx) session_.active_rx = rx;
    if (is_up && changes) session_.polling = true;
}

void Turn::end_poll() {
    session_.polling = false;
    session_.active_tx = session_.desired_min_tx;
    session_.active_rx = session_.required_min_rx;
}

// Section 6.8.7: a passive side waits to be spoken to; nobody speaks to who wants nothing.
bool Turn::may_send() const {
    if (session_.parameters.passive && session_.remote_discriminator == 0) return false;
    return session_.remote_min_rx.count() != 0;
}

void Turn::send(bool final) {
    Packet packet = packet_of(session_);
    packet.final = final;
    packet.poll = packet.poll && !final;
    actions_.emplace_back(Send{packet});
    ++session_.counters.sent;
}

void Turn::schedule() {
    session_.transmit_at.reset();
    if (!may_send()) return;
    session_.transmit_at = now_ + jittered(transmit_interval(session_), session_.parameters.multiplier, chance_);
}

void Turn::send_now() {
    if (may_send()) send(false);
    schedule();
}

// Section 6.8.6, behind the checks of wire.cc and the search for the session.
void Turn::on(const Received& event) {
    const Packet& packet = event.packet;
    ++session_.counters.received;
    session_.remote_discriminator = packet.my_discriminator;
    session_.remote_state = packet.state;
    session_.remote_diagnostic = packet.diagnostic;
    session_.remote_min_rx = microseconds(packet.required_min_rx_us);
    session_.remote_desired_min_tx = microseconds(packet.desired_min_tx_us);
    session_.remote_multiplier = packet.multiplier;
    if (session_.polling && packet.final) end_poll();
    const Transition& transition = transitions[static_cast<std::size_t>(session_.state)][static_cast<std::size_t>(packet.state)];
    if (session_.state != admin_down) enter(transition.next, transition.diagnostic);
    session_.detect_at = now_ + detection_time(session_);
    const bool differs = session_.state != before_.state;
    if (packet.poll && session_.state != admin_down) send(true);
    else if (differs && may_send()) send(false);
    // A neighbour that now takes packets sooner gets them sooner; one that takes them later is not sent one too soon.
    const bool timing_changed = transmit_interval(session_) != transmit_interval(before_);
    if (differs || timing_changed || !session_.transmit_at) schedule();
}

// Section 6.8.4.  Who has been silent so long is forgotten.
void Turn::expire() {
    session_.detect_at.reset();
    session_.remote_discriminator = 0;
    session_.remote_state = down;
    session_.remote_min_rx = unheard_min_rx;
    session_.remote_desired_min_tx = microseconds(0);
    session_.remote_multiplier = 0;
    if (session_.state != init && session_.state != up) return;
    enter(down, Diagnostic::detection_time_expired);
    send_now();
}

void Turn::on(const Tick&) {
    if (session_.detect_at && *session_.detect_at <= now_) expire();
    if (session_.transmit_at && *session_.transmit_at <= now_) send_now();
}

void Turn::on(const Reconfigured& event) {
    if (event.parameters == session_.parameters) return;
    session_.parameters = event.parameters;
    take_intervals();
    if (session_.detect_at && session_.remote_multiplier != 0) session_.detect_at = std::max(*session_.detect_at, now_ + detection_time(session_));
    send_now();
}

void Turn::on(const Administered& event) {
    session_.administration = event.wish;
    if (event.wish == Administration::down) enter(admin_down, Diagnostic::administratively_down);
    else if (session_.state == admin_down) enter(down, Diagnostic::none);
    if (session_.state != before_.state) send_now();
}

Step Turn::finish() {
    const microseconds transmit = transmit_interval(session_), detect = detection_time(session_);
    const bool changed = transmit != transmit_interval(before_) || detect != detection_time(before_);
    if (session_.state == up && changed) actions_.emplace_back(Retimed{transmit, detect});
    return {std::move(session_), std::move(actions_)};
}

}  // namespace

Step step(Session session, const Event& event, Instant now, double chance) {
    Turn turn(std::move(session), now, chance);
    std::visit([&](const auto& each) { turn.on(each); }, event);
    return turn.finish();
}

Session new_session(const Parameters& parameters, std::uint32_t discriminator, Instant now) {
    Session session{.parameters = parameters, .local_discriminator = discriminator, .since = now};
    session.desired_min_tx = session.active_tx = desired_of(session);
    session.required_min_rx = session.active_rx = parameters.min_rx;
    return session;
}

std::optional<Instant> wake_of(const Session& session) {
    if (!session.transmit_at || !session.detect_at) return session.transmit_at ? session.transmit_at : session.detect_at;
    return std::min(*session.transmit_at, *session.detect_at);
}

microseconds transmit_interval(const Session& session) {
    if (session.remote_min_rx.count() == 0) return microseconds(0);
    return std::max(session.active_tx, session.remote_min_rx);
}

microseconds detection_time(const Session& session) {
    return session.remote_multiplier * std::max(session.active_rx, session.remote_desired_min_tx);
}

}  // namespace lvx::bfd
