// bench_cluster: what a director costs, side by side in one run: lvx at XDP and at tc, plain forwarding, nftables DNAT,
// HAProxy in mode tcp, and a bare XDP forwarder as the reference for small packets.  Every figure is the best of
// several rounds taken in turn, because a machine that does something else can only make a figure worse.
//
//   bench_cluster [--json] [--plot FILE] [--rounds N] [--seconds N] [--only packets|streams|http]
#include <fmt/format.h>

#include <charconv>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "contender.hh"
#include "drawing.hh"
#include "figures.hh"
#include "generator.hh"
#include "tools.hh"

namespace {

using namespace lvx;
using namespace lvx::bench;

constexpr Port web_port = 80, stream_port = 5201, packet_port = 9;
constexpr std::uint64_t endless = 1'000'000'000;
constexpr std::uint32_t packets_a_second = 1'000'000;  // about; a blast is so many packets per second it is to last
// Below the 262,144 entries that nf_conntrack_max allows unless the host says more, so that nothing is refused.
constexpr std::uint32_t new_flow_packets = 240'000;

struct Options {
    bool json = false;
    std::string plot = "bench_cluster.svg", only;
    int rounds = 3, seconds = 2;

    [[nodiscard]] bool wants(std::string_view group) const { return only.empty() || only == group; }
};

std::optional<int> positive(std::string_view text) {
    int value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc{} || end != text.data() + text.size() || value < 1) return std::nullopt;
    return value;
}

std::optional<Options> parse(const std::vector<std::string>& words) {
    Options options;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i] == "--json") {
            options.json = true;
            continue;
        }
        if (i + 1 == words.size()) return std::nullopt;
        const std::string& value = words[i + 1];
        const auto number = positive(value);
        if (words[i] == "--plot") options.plot = value;
        else if (words[i] == "--only" && (value == "packets" || value == "streams" || value == "http")) options.only = value;
        else if (words[i] == "--rounds" && number) options.rounds = *number;
        else if (words[i] == "--seconds" && number) options.seconds = *number;
        else return std::nullopt;
        ++i;
    }
    return options;
}

void keep_larger(std::optional<double>& best, double value) { best = std::max(best.value_or(0), value); }

void keep_better(std::optional<HttpFigure>& best, const HttpFigure& figure) {
    if (!best) {
        best = figure;
        return;
    }
    best->requests_per_second = std::max(best->requests_per_second, figure.requests_per_second);
    best->microseconds_per_request = std::min(best->microseconds_per_request, figure.microseconds_per_request);
    best->p50_ms = std::min(best->p50_ms, figure.p50_ms);
    best->p99_ms = std::min(best->p99_ms, figure.p99_ms);
    best->errors += figure.errors;
}

Result<double> packets(const Contender& contender, std::uint64_t flows, std::uint32_t count) {
    const Blast what{.flows = flows, .packets = count, .target = contender.target(packet_port)};
    const bool bare = contender.kind() == Kind::bare;
    const Delivered delivered = TRY(bare ? blast_through_bare_forward(contender.lab(), what) : blast(contender.lab(), what));
    return delivered.mpps();
}

Result<void> measure_packets(const Contender& contender, const Options& options, Row& row) {
    if (!carries_udp(contender.kind())) return {};
    const std::uint32_t count = packets_a_second * static_cast<std::uint32_t>(options.seconds);
    keep_larger(row.mpps_1k, TRY(packets(contender, 1'000, count)));
    keep_larger(row.mpps_100k, TRY(packets(contender, 100'000, count)));
    return {};
}

// In a laboratory of its own each time: every flow has to be a new one.
Result<void> measure_new_flows(Kind kind, Row& row) {
    if (!carries_udp(kind)) return {};
    const Contender contender = TRY(Contender::set_up(kind));
    keep_larger(row.mpps_new, TRY(packets(contender, endless, new_flow_packets)));
    return {};
}

Result<void> measure_streams(const Contender& contender, const Options& options, Row& row) {
    if (!carries_tcp(contender.kind())) return {};
    keep_larger(row.gbit_1, TRY(measure_stream(contender.lab(), contender.target(stream_port), 1, options.seconds)));
    keep_larger(row.gbit_8, TRY(measure_stream(contender.lab(), contender.target(stream_port), 8, options.seconds)));
    return {};
}

Result<void> measure_pages(const Contender& contender, const Options& options, Row& row) {
    if (!carries_tcp(contender.kind())) return {};
    const Endpoint target = contender.target(web_port);
    keep_better(row.keep_alive, TRY(measure_http(contender.lab(), target, Connections::kept, options.seconds)));
    keep_better(row.close, TRY(measure_http(contender.lab(), target, Connections::one_per_request, options.seconds)));
    return {};
}

// A laboratory of its own for each round, so that no flow, neighbour or table of the round before is in the way.
Result<void> measure_round(Kind kind, const Options& options, Row& row) {
    fmt::print(stderr, "  {}\n", row.name);
    const Contender contender = TRY(Contender::set_up(kind));
    if (options.wants("packets")) TRY(measure_packets(contender, options, row));
    if (options.wants("packets")) TRY(measure_new_flows(kind, row));
    if (options.wants("streams")) TRY(measure_streams(contender, options, row));
    if (options.wants("http")) TRY(measure_pages(contender, options, row));
    return {};
}

Result<Report> measure(const Options& options) {
    Report report;
    for (const Kind kind : all_kinds()) report.rows.push_back({.name = std::string(name_of(kind))});
    for (int round = 1; round <= options.rounds; ++round) {
        fmt::print(stderr, "round {} of {}\n", round, options.rounds);
        for (std::size_t i = 0; i < report.rows.size(); ++i) {
            TRY(measure_round(all_kinds()[i], options, report.rows[i]));
        }
    }
    report.targets = targets_of(report.rows);
    return report;
}

}  // namespace

int main(int count, char** words) {
    const auto options = parse({words + 1, words + count});
    if (!options) {
        fmt::print(stderr, "bench_cluster [--json] [--plot FILE] [--rounds N] [--seconds N] [--only packets|streams|http]\n");
        return 2;
    }
    const auto report = measure(*options);
    if (!report) {
        fmt::print(stderr, "bench_cluster: {}\n", report.error().sentence());
        return 1;
    }
    fmt::print("{}\n", options->json ? json(*report) : table(*report));
    std::ofstream(options->plot) << drawing(panels(report->rows));
    fmt::print(stderr, "drawing: {}\n", options->plot);
    return 0;
}
