// Events and BFD sessions as they are told on the socket.
//
//   GET /v1/events[?since=SEQUENCE][&wait=SECONDS]   NDJSON: those after that number, at most events_page; with `wait`, an
//                                                    answer without lines comes only after so long, else as soon as there is one
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "model/event_ring.hh"

namespace lvx::api {

inline constexpr std::size_t events_page = 1024;
inline constexpr std::uint64_t events_wait_limit_s = 20;  // below the time-out of a request

struct EventSnapshot {
    std::uint64_t sequence = 0;  // a gap: so many were dropped before they were asked for
    std::string time;            // RFC 3339 in UTC with milliseconds
    std::string event, severity, text;
    std::map<std::string, std::string> fields;
    bool operator==(const EventSnapshot&) const = default;
};

[[nodiscard]] EventSnapshot event_snapshot(const model::ToldEvent& told);

struct BfdSnapshot {
    std::string name, neighbour;
    std::string state, diagnostic;                // "Up", "No Diagnostic"
    std::string remote_state, remote_diagnostic;
    std::uint64_t since_s = 0;
    std::uint64_t transmit_us = 0, detect_us = 0;  // in force; 0 = nothing heard yet
    std::uint64_t sent = 0, received = 0, discarded = 0, ups = 0, downs = 0;
    bool operator==(const BfdSnapshot&) const = default;
};

using BfdSessions = std::vector<BfdSnapshot>;

}  // namespace lvx::api
