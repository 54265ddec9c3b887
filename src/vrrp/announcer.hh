// When gratuitous ARPs and unsolicited NAs leave: a pure schedule.  A master says where its addresses are at once, again
// after garp_master_delay, and then every garp_master_refresh; garp_interval and gna_interval space the frames of one
// interface.  The first copy of every address goes before the second of any, since it is the first that matters.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "model/vrrp.hh"
#include "vrrp/timers.hh"

namespace lvx::vrrp {

// One frame to be sent.
struct Announcement {
    std::size_t instance = 0;
    std::string interface;
    Address address;
    bool operator==(const Announcement&) const = default;
};

struct Spacing {
    Microseconds arp{0}, advertisement{0};
};

class Announcer {
 public:
    // Spacing by interface; "" is that of all others.
    void set_spacing(std::map<std::string, Spacing> spacing) { spacing_ = std::move(spacing); }

    // The instance became master, or has these addresses anew.
    void taken(std::size_t instance, const std::vector<Announcement>& addresses, const model::GarpTimes& times, Instant now);
    // Somebody else advertised a lower priority.
    void asserted(std::size_t instance, const std::vector<Announcement>& addresses, const model::GarpTimes& times, Instant now);
    // It is master no longer: nothing of it is sent any more.
    void released(std::size_t instance);

    // At most `limit` frames that are due; those that are left are due at once.
    [[nodiscard]] std::vector<Announcement> due(Instant now, std::size_t limit);
    [[nodiscard]] std::optional<Instant> wake() const;

 private:
    struct Round {
        std::size_t instance = 0;
        std::vector<Announcement> addresses;
        std::uint32_t copies = 1;
        Instant at{};
        Microseconds period{0};   // 0 = once
        std::uint32_t copy = 0;
        std::size_t place = 0;    // next address of this copy
    };

    void add(Round round);
    [[nodiscard]] Instant free_at(const Announcement& announcement) const;
    [[nodiscard]] Microseconds spacing_of(const Announcement& announcement) const;
    [[nodiscard]] bool advance(Round& round, Instant now) const;

    std::map<std::string, Spacing> spacing_;
    std::map<std::pair<std::string, Family>, Instant> next_free_;
    std::deque<Round> rounds_;
};

}  // namespace lvx::vrrp
