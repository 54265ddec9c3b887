// What an operator did at run time, above what the files say: plain values with ==, kept over restarts.
//
// A target (a service, a server of a service, the timeouts) has at most one override that says what it is, and a server
// one more that says how much it takes (weight, drained, disabled).  A newer one takes the place of an older one; one that
// says what the files say anyway is none.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/model.hh"

namespace lvx::model {

using WallTime = std::chrono::sys_seconds;  // of the calendar: it has to mean the same after a restart

enum class OverrideKind : std::uint8_t {
    service_added,    // `value`; servers of a configured service of this key do not count, it stands for itself
    service_edited,   // `value` in place of what the files say; servers stay
    service_removed,
    server_added,     // `server_value`, behind all others; health does not watch it
    server_edited,    // `server_value` in place of what the files say
    server_removed,
    weight,           // `weight`
    drained,          // weight 0; when its connections ended or `deadline` is over, `then`
    disabled,         // weight 0; connections stay
    timeouts,         // `timeouts`
};

// What becomes of a drained server when its connections ended, or their time.
enum class AfterDrain : std::uint8_t { disable, remove };

struct Override {
    std::string name;                   // "o7"; never used again
    OverrideKind kind = OverrideKind::weight;
    ServiceKey service;                 // of all kinds but timeouts
    Endpoint server;                    // of the kinds that name a server
    Service value;                      // without servers
    Server server_value;
    std::uint32_t weight = 0;
    Timeouts timeouts;
    AfterDrain then = AfterDrain::disable;
    std::optional<WallTime> deadline;   // of `drained`
    WallTime since{};
    std::optional<WallTime> until;      // it ends by itself
    std::string who;
    bool operator==(const Override&) const = default;
};

// A server, or a service with its servers, that the files no longer have: weight 0 until its connections end or `until`.
struct Leaving {
    Service service;                    // as it was, without servers: for when no file and no operator has it any more
    Server server;
    WallTime since{};
    std::optional<WallTime> until;      // none: as long as a connection lives
    bool operator==(const Leaving&) const = default;
};

// An applied configuration that goes back by itself unless somebody confirms it.
struct Pending {
    std::uint64_t back_to = 0;          // number in the history
    WallTime until{};
    bool operator==(const Pending&) const = default;
};

// What is known of an entry of the history without reading its text.
struct RecordHead {
    std::uint64_t number = 0;
    WallTime when{};
    std::string who, how, main;
    std::uint64_t files = 0;
    bool operator==(const RecordHead&) const = default;
};

// All that a daemon must know after a restart besides the texts in its history: one file, replaced as a whole.
struct RunState {
    std::vector<Override> overrides;    // in the order made
    std::vector<Leaving> leaving;
    std::uint64_t names_given = 0;      // overrides ever made
    std::vector<RecordHead> history;    // oldest first
    std::uint64_t current = 0;          // number in the history of the configuration that runs; 0 = none
    std::string file_digest;            // of the text FILE had when it was last read; "" = never
    std::optional<Pending> pending;
    bool operator==(const RunState&) const = default;
};

}  // namespace lvx::model
