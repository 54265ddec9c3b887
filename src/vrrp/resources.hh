// Resource scripts of one virtual router, as heartbeat ran those of haresources: started in order, stopped in reverse order,
// each asked for its "status" first.  Pure: what to run next, and what its result means.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "model/vrrp.hh"

namespace lvx::vrrp {

enum class Wanted : std::uint8_t { stopped, running };

enum class ResourceAction : std::uint8_t { status, start, stop };
[[nodiscard]] std::string_view word_of(ResourceAction action);  // what the script is called with

struct ResourceStep {
    model::Command command;   // without the action's word
    ResourceAction action = ResourceAction::status;
    bool operator==(const ResourceStep&) const = default;
};

// What a script says about itself: heartbeat looks for these words, exit codes differ too much.
[[nodiscard]] bool says_running(std::string_view output);

class ResourceMachine {
 public:
    // After a reload: scripts that are in both go on; those that are gone are stopped.
    void configure(const std::vector<model::Command>& scripts);
    void want(Wanted wanted) { wanted_ = wanted; }
    [[nodiscard]] Wanted wanted() const { return wanted_; }

    // At most one runs at a time; nothing when all is as wanted.
    [[nodiscard]] std::optional<ResourceStep> next() const;
    // What it came to: of status whether it runs, of start and stop whether it succeeded.  One that would not start or stop
    // is not tried again until something else is wanted.
    void done(const ResourceStep& step, bool positive);
    // Of a status that was asked for though nothing was to be done: true when a script that ran does so no more.
    [[nodiscard]] bool lost(const ResourceStep& step, bool running);

    [[nodiscard]] bool is_settled() const { return !next(); }
    [[nodiscard]] std::vector<ResourceStep> checks() const;  // "status" of all that were started

 private:
    enum class State : std::uint8_t { unknown, stopped, running };
    struct Item {
        model::Command command;
        State state = State::unknown;
        bool leaving = false;       // not configured any more
        bool failed = false;        // would not start
    };
    [[nodiscard]] Item* find(const model::Command& command);

    std::vector<Item> items_;
    Wanted wanted_ = Wanted::stopped;
};

}  // namespace lvx::vrrp
