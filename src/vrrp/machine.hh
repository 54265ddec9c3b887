// The virtual router's state machine (RFC 9568, 6.4) as a table: state x event -> state, actions, timer.  A reader checks
// machine.cc against the RFC line by line.  What depends on options is decided before (which event an advert is) and
// after (which actions are carried out), in router.cc; what depends on other routers, in routers.cc.
#pragma once

#include <cstdint>
#include <string_view>

namespace lvx::vrrp {

// In the order of keepalived's numbers, which its JSON tells.
enum class State : std::uint8_t { init, backup, master, fault };
inline constexpr std::size_t state_count = 4;

enum class Event : std::uint8_t {
    started,                // everything that is tracked is known, and well
    started_as_owner,       // the same, and this router owns the address (priority 255)
    resumed,                // a daemon before this one was master, and its lease has not run out
    timer,                  // the timer below ran out
    heard_zero,             // an advert: its sender resigns
    heard_lower,            // an advert of lower priority, and we may preempt
    heard_lower_respected,  // an advert of lower priority, but nopreempt, or preempt_delay runs
    heard_equal_lower,      // equal priority, its sender has the lower address
    heard_equal_higher,     // equal priority, its sender has the higher address
    heard_higher,
    heard_while_late,       // an advert that waited while this daemon did not run for longer than its lease
    adverts_overdue,        // timer_expired_backup: none was sent for so long that another one may have taken over
    peer_gone,              // a faster watch (BFD) says that the master is dead
    faulted,                // something it depends on failed
    recovered,
    recovered_as_owner,
    give_way,               // the operator, or the sync group, wants another one to be master
    shut_down,
};
inline constexpr std::size_t event_count = 18;

enum class Timer : std::uint8_t {
    keep,         // as it runs
    off,
    advert,       // Adver_Timer := Advertisement_Interval
    master_down,  // Master_Down_Timer := Master_Down_Interval
    skew,         // Master_Down_Timer := Skew_Time
};

// Bits; carried out in this order.
enum Action : std::uint8_t {
    no_action = 0,
    send_resignation = 1 << 0,  // an advert of priority 0
    send_advert = 1 << 1,
    take = 1 << 2,              // addresses, routes, rules; then gratuitous ARP and unsolicited NA
    release = 1 << 3,
    assert_again = 1 << 4,      // gratuitous ARP because somebody else advertised a lower priority
};

struct Cell {
    State next = State::init;
    Timer timer = Timer::keep;
    std::uint8_t actions = no_action;
    bool operator==(const Cell&) const = default;
};

[[nodiscard]] const Cell& cell(State state, Event event);
[[nodiscard]] std::string_view name_of(State state);  // "INIT", "BACKUP", "MASTER", "FAULT"
[[nodiscard]] std::string_view name_of(Event event);

}  // namespace lvx::vrrp
