// What SIGUSR1, SIGUSR2 and the JSON signal write, under keepalived's names and keys, so that its exporters go on working.
// Pure: configuration and status in, text out.
#pragma once

#include <chrono>
#include <string>

#include "model/vrrp.hh"
#include "vrrp/status.hh"

namespace lvx::vrrp {

// Wall clock and steady clock of one moment: states remember the steady one, files tell the other.
struct Moment {
    std::chrono::system_clock::time_point wall;
    Instant steady;
};

[[nodiscard]] std::string data_dump(const model::Vrrp& configuration, const Status& status, const Moment& now);   // keepalived.data
[[nodiscard]] std::string stats_dump(const Status& status);                                                     // keepalived.stats
// version 1: an array of {data, stats}; 2: {"vrrp": [...], "track_process": [...]}.
[[nodiscard]] std::string json_dump(const model::Vrrp& configuration, const Status& status, const Moment& now, std::uint8_t version);

}  // namespace lvx::vrrp
