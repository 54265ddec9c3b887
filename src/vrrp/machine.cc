#include "vrrp/machine.hh"

#include <array>

#include "base/ensure.hh"

namespace lvx::vrrp {

namespace {

using enum State;

constexpr Cell stay(State state) { return {state, Timer::keep, no_action}; }

constexpr Cell go_master{master, Timer::advert, send_advert | take};
constexpr Cell go_backup{backup, Timer::master_down, no_action};
constexpr Cell go_fault{fault, Timer::off, no_action};
constexpr Cell go_init{init, Timer::off, no_action};
constexpr Cell advertise{master, Timer::advert, send_advert};
constexpr Cell defend{master, Timer::advert, send_advert | assert_again};
constexpr Cell step_back{backup, Timer::master_down, release};
constexpr Cell resign{backup, Timer::master_down, send_resignation | release};
constexpr Cell wait_again{backup, Timer::master_down, no_action};
constexpr Cell wait_skew{backup, Timer::skew, no_action};

using Row = std::array<Cell, state_count>;

// One row for each event, one column for each state.  The numbers are the steps of RFC 9568, 6.4.1 to 6.4.3.
constexpr std::array<Row, event_count> table = {{
    //  INIT                 BACKUP              MASTER                        FAULT
    {{go_backup /* (125) */, stay(backup),       stay(master),                 stay(fault)}},   // started
    {{go_master /* (110) */, stay(backup),       stay(master),                 stay(fault)}},   // started_as_owner
    {{go_master,             stay(backup),       stay(master),                 stay(fault)}},   // resumed
    {{stay(init),            go_master /* 365 */, advertise /* (625) */,       stay(fault)}},   // timer
    {{stay(init),            wait_skew /* 435 */, advertise /* (705) */,       stay(fault)}},   // heard_zero
    {{stay(init),            stay(backup) /* 470 */, defend /* (740) */,       stay(fault)}},   // heard_lower
    {{stay(init),            wait_again /* 450 */, defend,                     stay(fault)}},   // heard_lower_respected
    {{stay(init),            wait_again,         defend,                       stay(fault)}},   // heard_equal_lower
    {{stay(init),            wait_again,         step_back /* (725) */,        stay(fault)}},   // heard_equal_higher
    {{stay(init),            wait_again,         step_back /* (725) */,        stay(fault)}},   // heard_higher
    {{stay(init),            wait_again,         step_back,                    stay(fault)}},   // heard_while_late
    {{stay(init),            stay(backup),       step_back,                    stay(fault)}},   // adverts_overdue
    {{stay(init),            wait_skew,          stay(master),                 stay(fault)}},   // peer_gone
    {{go_fault,              go_fault,           {fault, Timer::off, send_resignation | release}, stay(fault)}},  // faulted
    {{stay(init),            stay(backup),       stay(master),                 go_backup}},     // recovered
    {{stay(init),            stay(backup),       stay(master),                 go_master}},     // recovered_as_owner
    {{stay(init),            wait_again,         resign,                       stay(fault)}},   // give_way
    {{stay(init),            go_init /* (340) */, {init, Timer::off, send_resignation | release} /* (655) */, go_init}},  // shut_down
}};

constexpr std::array<std::string_view, state_count> state_names = {"INIT", "BACKUP", "MASTER", "FAULT"};
constexpr std::array<std::string_view, event_count> event_names = {
    "started",       "started_as_owner", "resumed",           "timer",              "heard_zero",   "heard_lower",
    "heard_lower_respected", "heard_equal_lower", "heard_equal_higher", "heard_higher", "heard_while_late", "adverts_overdue", "peer_gone",
    "faulted",       "recovered",        "recovered_as_owner", "give_way",          "shut_down"};

}  // namespace

const Cell& cell(State state, Event event) {
    ensure(static_cast<std::size_t>(event) < event_count && static_cast<std::size_t>(state) < state_count);
    return table[static_cast<std::size_t>(event)][static_cast<std::size_t>(state)];
}

std::string_view name_of(State state) { return state_names[static_cast<std::size_t>(state)]; }
std::string_view name_of(Event event) { return event_names[static_cast<std::size_t>(event)]; }

}  // namespace lvx::vrrp
