// What a master holds: addresses on interfaces, routes and rules, and the announcements that follow; and the director's
// static ones.  It is told what to take and to release, works in slices, and puts back what somebody else removed.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "script/runner.hh"
#include "vrrp/address_driver.hh"
#include "vrrp/announcer.hh"
#include "vrrp/frame_driver.hh"
#include "vrrp/goods.hh"
#include "vrrp/routers.hh"

namespace lvx::vrrp {

// Removed by somebody, and refused by the kernel when it was put back: a fault of the instance, or of a track_group's members.
struct Lost {
    std::optional<Index> instance;
    std::string track_group, sentence;
};

class Holder {
 public:
    static constexpr std::size_t frames_at_once = 64;
    static constexpr std::size_t lost_limit = 1024;

    // `runner`: runs ip(8) for routes and rules; may be null when no instance has any.
    [[nodiscard]] static Result<std::unique_ptr<Holder>> open(script::Runner* runner);

    void take(Index instance, const Router& router, const Ground& ground, const net::World& world, Instant now);
    void release(Index instance);
    void assert_again(Index instance, const Router& router, const Ground& ground, const net::World& world, Instant now);
    // After a reload indices are others: by[i] = the old index of what is now i.
    void renumber(const std::vector<std::optional<Index>>& by);
    // Addresses of instances that are no master, left by a daemon before this one.
    void clear_leftovers(Index instance, const Router& router, const Ground& ground, const net::World& world);
    // Static addresses, routes and rules: kept over reloads, but what is in the configuration no more goes.
    void keep_static(const model::Vrrp& configuration, const net::World& world);
    // Puts back addresses that are missing though they are held.
    void verify(const net::World& world, Instant now);
    // Routes and rules may be missing: they are put back.
    void verify_routes();
    [[nodiscard]] std::vector<Lost> lost() const;
    [[nodiscard]] std::uint64_t lost_generation() const { return lost_generation_; }
    // Instances may try again.
    void forget_lost();
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
        Goods goods;
        std::vector<PlacedAddress> foreign;   // stood there before: not ours to remove
    };
    enum class Purpose : std::uint8_t { first, restore, clear };

    Holder(AddressWriter writer, FrameSender frames, script::Runner* runner)
        : writer_(std::move(writer)), frames_(std::move(frames)), runner_(runner) {}
    void change(Index instance, Holding& holding, Goods next);
    void change_routes(Index instance, const Goods& before, const Goods& after);
    void let_go(Index instance, const Holding& holding);
    void run_pending();
    template <class Line> void run_ip(Index instance, const Line& line, Verb verb, Purpose purpose);
    void lose(const std::string& item, Lost lost);
    void found(const std::string& item);
    void refuse(std::string sentence);
    void refused(const AddressRefusal& refusal, const net::World& world);
    void announce(const Announcement& announcement, const net::World& world);

    AddressWriter writer_;
    FrameSender frames_;
    script::Runner* runner_;
    Announcer announcer_;
    std::map<Index, Holding> holdings_;
    // Routes and rules to be added once the addresses they need are there.
    struct Pending { Index instance = 0; std::variant<model::RouteLine, model::RuleLine> line; };
    std::vector<Pending> pending_;
    std::map<std::string, Lost> lost_;        // by item; bounded: lost_limit
    std::uint64_t lost_generation_ = 0;
    std::uint64_t restored_ = 0, announced_ = 0, failures_ = 0;
    std::vector<std::string> refusals_;
};

}  // namespace lvx::vrrp
