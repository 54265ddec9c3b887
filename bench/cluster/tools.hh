// wrk and iperf3: run, and their reports read.
#pragma once

#include <optional>
#include <string_view>

#include "figures.hh"
#include "lab/lab.hh"

namespace lvx::bench {

enum class Connections : unsigned char { kept, one_per_request };

// From the client, for so many seconds.
[[nodiscard]] Result<HttpFigure> measure_http(const lab::Lab& lab, const Endpoint& target, Connections connections, int seconds);
// Gbit/s that arrived; a server for iperf3 runs at the target.
[[nodiscard]] Result<double> measure_stream(const lab::Lab& lab, const Endpoint& target, int streams, int seconds);

// What the reports say; nothing when they are not reports.
[[nodiscard]] std::optional<HttpFigure> read_wrk(std::string_view report);
[[nodiscard]] std::optional<double> read_iperf(std::string_view report);

}  // namespace lvx::bench
