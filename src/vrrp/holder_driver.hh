// What a master holds: addresses on interfaces, routes and rules, and the announcements that follow.  It is told what to
// take and to release, works in slices, and puts back what somebody else removed.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "script/runner.hh"
#include "vrrp/address_driver.hh"
#include "vrrp/announcer.hh"
#include "vrrp/frame_driver.hh"
#include "vrrp/ground.hh"
#include "vrrp/routers.hh"

namespace lvx::vrrp {

class Holder {
 public:
    static constexpr std::size_t frames_at_once = 64;

    // `runner`: runs ip(8) for routes and rules; may be null when no instance has any.
    [[nodiscard]] static Result<std::unique_ptr<Holder>> open(script::Runner* runner);

    void take(Index instance, const Router& router, const Ground& ground, const net::World& world, Instant now);
    void release(Index instance);
    void assert_again(Index instance, const Router& router, const Ground& ground, const net::World& world, Instant now);
    // After a reload indices are others: by[i] = the old index of what is now i.
    void renumber(const std::vector<std::optional<Index>>& by);
    // Addresses of instances that are no master, left by a daemon before this one.
    void clear_leftovers(Index instance, const Router& router, const Ground& ground, const net::World& world);
    // Puts back what is missing though it is held.
    void verify(const net::World& world, Instant now);
    void set_spacing(Spacings spacing) { announcer_.set_spacing(std::move(spacing)); }

    // A slice of what waits; true: there is more to do at once.
    bool work(const net::World& world, Instant now);
    [[nodiscard]] std::optional<Instant> wake() const { return announcer_.wake(); }
    // Everything that waits, at the end.
    void finish(const net::World& world);

    [[nodiscard]] std::size_t held(Index instance) const;
    [[nodiscard]] std::uint64_t restored() const { return restored_; }
    [[nodiscard]] std::uint64_t announced() const { return announced_; }
    [[nodiscard]] std::uint64_t failures() const { return failures_; }
    // Sentences of refusals since the last call.
    [[nodiscard]] std::vector<std::string> take_refusals() { return std::exchange(refusals_, {}); }

 private:
    struct Holding {
        std::vector<PlacedAddress> addresses;
        std::vector<model::RouteLine> routes;
        std::vector<model::RuleLine> rules;
    };

    Holder(AddressWriter writer, FrameSender frames, script::Runner* runner)
        : writer_(std::move(writer)), frames_(std::move(frames)), runner_(runner) {}
    void change_routes(const Holding& before, const Holding& after);
    void run_ip(const std::vector<std::string>& words, Family family);
    void announce(const Announcement& announcement, const net::World& world);

    AddressWriter writer_;
    FrameSender frames_;
    script::Runner* runner_;
    Announcer announcer_;
    std::map<Index, Holding> holdings_;
    std::uint64_t restored_ = 0, announced_ = 0, failures_ = 0;
    std::vector<std::string> refusals_;
};

}  // namespace lvx::vrrp
