// Watches what virtual routers depend on outside of them: scripts, files, processes.  A thread of its own, since a file may
// lie on a disk that hangs and /proc is long; it tells the VRRP thread by posting.
#pragma once

#include <functional>
#include <memory>

#include "base/result.hh"
#include "model/event.hh"
#include "model/vrrp.hh"
#include "script/rules.hh"
#include "vrrp/tracking.hh"

namespace lvx::vrrp {

class Trackers {
 public:
    struct Outside {
        // Both are called from the thread.
        std::function<void(const TrackKey& key, std::int64_t value)> observe;
        model::EmitEvent emit;
    };

    // Only what some instance or group tracks is watched.
    [[nodiscard]] static Result<std::unique_ptr<Trackers>> start(const model::Vrrp& configuration, const script::Rules& rules, Outside outside);
    virtual ~Trackers() = default;
};

// How many processes of a list of command lines a vrrp_track_process means; pure.
struct ProcessSeen {
    std::string name;                  // comm
    std::vector<std::string> words;    // command line
};
[[nodiscard]] std::size_t count_matching(const model::TrackProcess& wanted, const std::vector<ProcessSeen>& processes);
[[nodiscard]] bool has_quorum(const model::TrackProcess& wanted, std::size_t count);

// A file's number: an optional sign and digits at its beginning; anything else is 0.
[[nodiscard]] std::int64_t number_in(std::string_view text);

}  // namespace lvx::vrrp
