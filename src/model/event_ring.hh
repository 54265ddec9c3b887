// The last events of a director, with sequence numbers from 1 that never repeat while it runs.  A reader that comes late
// learns how many it missed.  A value: no clock, no thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "model/event.hh"

namespace lvx::model {

struct ToldEvent {
    std::uint64_t sequence = 0;
    std::chrono::system_clock::time_point time;
    Event event;
    bool operator==(const ToldEvent&) const = default;
};

struct EventPage {
    std::vector<ToldEvent> events;
    std::uint64_t missed = 0;  // that came after `since` and are gone
    std::uint64_t last = 0;    // to ask again from: the last one of the page, else the last there is
    bool operator==(const EventPage&) const = default;
};

class EventRing {
 public:
    static constexpr std::size_t default_capacity = 4096;

    explicit EventRing(std::size_t capacity);

    std::uint64_t add(const Event& event, std::chrono::system_clock::time_point now);
    // Those after sequence number `since` (0 = from the first that is kept), at most `limit`.  A `since` of the future, of
    // an earlier daemon for example, is taken as 0.
    [[nodiscard]] EventPage page(std::uint64_t since, std::size_t limit) const;
    [[nodiscard]] std::uint64_t last() const { return last_; }
    [[nodiscard]] std::uint64_t dropped() const { return dropped_; }
    [[nodiscard]] const std::vector<std::uint64_t>& counts() const { return counts_; }  // by EventKind, since start

 private:
    std::size_t capacity_;
    std::deque<ToldEvent> kept_;
    std::vector<std::uint64_t> counts_;
    std::uint64_t last_ = 0, dropped_ = 0;
};

}  // namespace lvx::model
