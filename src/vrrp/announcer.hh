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

// One frame to be sent.  `extra`: on an interface without adverts of its own, whose MAC switches would forget.
struct Announcement {
    std::size_t instance = 0;
    std::uint32_t ifindex = 0;
    std::string interface;
    Address address;
    bool extra = false;
    bool operator==(const Announcement&) const = default;
};

struct Spacing {
    Microseconds arp{0}, advertisement{0};
    std::string together;   // what shares it: a garp_group; "" = every interface for itself
    bool operator==(const Spacing&) const = default;
};
// By interface; "" is that of all others.
using Spacings = std::map<std::string, Spacing>;

// garp_group, and vrrp_garp_interval and vrrp_gna_interval for interfaces in no group.
[[nodiscard]] Spacings spacings_of(const std::vector<model::GarpGroup>& groups, const Spacing& otherwise);

class Announcer {
 public:
    void set_spacing(Spacings spacing) { spacing_ = std::move(spacing); }

    // The instance became master, or has `fresh` anew and `all` by now.
    void taken(std::size_t instance, const std::vector<Announcement>& all, const std::vector<Announcement>& fresh,
               const model::GarpTimes& times, Instant now);
    // Put back after somebody removed them.
    void restored(std::size_t instance, const std::vector<Announcement>& addresses, Instant now);
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
    using Lane = std::pair<std::string, Family>;
    [[nodiscard]] const Spacing* spacing_of(const std::string& interface) const;
    [[nodiscard]] Lane lane_of(const Announcement& announcement) const;
    [[nodiscard]] Instant free_at(const Announcement& announcement) const;
    [[nodiscard]] bool advance(Round& round, Instant now) const;

    Spacings spacing_;
    std::map<Lane, Instant> next_free_;
    std::deque<Round> rounds_;
};

}  // namespace lvx::vrrp
