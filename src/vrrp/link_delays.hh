// interface_up_down_delays: a link that went down or up counts as such only after its delay.  Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/vrrp.hh"
#include "net/world.hh"
#include "vrrp/timers.hh"

namespace lvx::vrrp {

class LinkDelays {
 public:
    void configure(const std::vector<model::InterfaceDelays>& delays);
    [[nodiscard]] bool empty() const { return delays_.empty(); }
    // The world as it counts now.
    [[nodiscard]] net::World seen(const net::World& world, Instant now);
    // When the answer of seen() changes though nothing happens.
    [[nodiscard]] std::optional<Instant> wake() const;

 private:
    struct Link {
        bool counts_up = false;
        std::optional<Instant> changes_at;
    };
    std::map<std::string, model::InterfaceDelays> delays_;
    std::map<std::string, Link> links_;
};

}  // namespace lvx::vrrp
