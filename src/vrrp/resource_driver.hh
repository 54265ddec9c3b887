// Runs resource scripts of all virtual routers, one at a time for each router, and tells what failed.  Nothing waits here:
// results come in by the runner's step().
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/event.hh"
#include "script/runner.hh"
#include "vrrp/resources.hh"
#include "vrrp/timers.hh"

namespace lvx::vrrp {

class ResourceDesk {
 public:
    using Tell = std::function<void(model::Event)>;

    // `runner` may be null when nothing has resources.
    ResourceDesk(script::Runner* runner, Tell tell) : runner_(runner), tell_(std::move(tell)) {}

    void configure(const std::vector<model::VrrpInstance>& instances);
    // Scripts that a daemon before this one may have left running are asked for, too.
    void want(const std::string& instance, Wanted wanted);
    [[nodiscard]] bool has_any(const std::string& instance) const;
    // Nothing runs, and nothing is left to run.
    [[nodiscard]] bool is_settled(const std::string& instance) const;
    [[nodiscard]] bool is_settled() const;
    // The longest that stopping all of them may take.
    [[nodiscard]] Microseconds patience(const std::string& instance) const;
    // "status" of what runs, when its interval is over.
    void check(Instant now);
    [[nodiscard]] std::optional<Instant> wake() const;

 private:
    struct Slot {
        ResourceMachine machine;
        model::Resources settings;
        bool busy = false;
        std::optional<Instant> check_at;
        std::set<std::vector<std::string>> told;   // lost, as told
    };

    void advance(const std::string& instance);
    void run(const std::string& instance, const ResourceStep& step, script::Done done);
    void finish(const std::string& instance, const ResourceStep& step, const script::Outcome& outcome);
    void report(const ResourceStep& step, const std::string& reason);

    script::Runner* runner_;
    Tell tell_;
    std::map<std::string, Slot> slots_;
};

}  // namespace lvx::vrrp
