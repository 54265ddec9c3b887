#include "figures.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "names.hh"

namespace lvx::bench {
namespace {

struct Column {
    std::string_view key, head, unit;
    std::optional<double> (*value)(const Row& row);
};

template <double HttpFigure::*Member>
std::optional<double> of(const std::optional<HttpFigure>& figure) {
    return figure ? std::optional((*figure).*Member) : std::nullopt;
}

constexpr auto columns = std::to_array<Column>({
    {"mpps_1k_flows", "Mpps 1k", "small packets, 1,000 flows, Mpps", [](const Row& row) { return row.mpps_1k; }},
    {"mpps_100k_flows", "Mpps 100k", "small packets, 100,000 flows, Mpps", [](const Row& row) { return row.mpps_100k; }},
    {"mpps_new_flows", "Mpps new", "every packet a new flow, Mpps", [](const Row& row) { return row.mpps_new; }},
    {"gbit_1_stream", "Gbit/s 1", "iperf3, 1 stream, Gbit/s", [](const Row& row) { return row.gbit_1; }},
    {"gbit_8_streams", "Gbit/s 8", "iperf3, 8 streams, Gbit/s", [](const Row& row) { return row.gbit_8; }},
    {"requests_per_second", "req/s", "HTTP keep-alive, requests/s",
     [](const Row& row) { return of<&HttpFigure::requests_per_second>(row.keep_alive); }},
    {"request_cpu_us", "us/req", "HTTP keep-alive, CPU us/request",
     [](const Row& row) { return of<&HttpFigure::microseconds_per_request>(row.keep_alive); }},
    {"request_p50_ms", "p50 ms", "HTTP keep-alive, p50, ms", [](const Row& row) { return of<&HttpFigure::p50_ms>(row.keep_alive); }},
    {"request_p99_ms", "p99 ms", "HTTP keep-alive, p99, ms", [](const Row& row) { return of<&HttpFigure::p99_ms>(row.keep_alive); }},
    {"connections_per_second", "conn/s", "HTTP close, connections/s",
     [](const Row& row) { return of<&HttpFigure::requests_per_second>(row.close); }},
    {"connection_cpu_us", "us/conn", "HTTP close, CPU us/connection",
     [](const Row& row) { return of<&HttpFigure::microseconds_per_request>(row.close); }},
    {"connection_p99_ms", "p99 ms", "HTTP close, p99, ms", [](const Row& row) { return of<&HttpFigure::p99_ms>(row.close); }},
});

std::string cell(const std::optional<double>& value) {
    if (!value) return "-";
    if (*value >= 1000) return fmt::format("{:.0f}", *value);
    return fmt::format("{:.{}f}", *value, *value >= 100 ? 1 : *value >= 10 ? 2 : 3);
}

const Row* find(const std::vector<Row>& rows, std::string_view name) {
    const auto found = std::ranges::find(rows, name, &Row::name);
    return found == rows.end() ? nullptr : &*found;
}

// left / right of one figure, when both were measured.
std::optional<double> ratio(const std::vector<Row>& rows, std::string_view left, std::string_view right,
                            std::optional<double> (*figure)(const Row& row)) {
    const Row* upper = find(rows, left);
    const Row* lower = find(rows, right);
    if (upper == nullptr || lower == nullptr) return std::nullopt;
    const auto above = figure(*upper), below = figure(*lower);
    if (!above || !below || *below == 0) return std::nullopt;
    return *above / *below;
}

struct Wish {
    std::string_view sentence, of, to;
    double wanted;
    bool at_least;
    std::optional<double> (*figure)(const Row& row);
};

constexpr auto wishes = std::to_array<Wish>({
    {"small packets, 1k flows, lvx at XDP / bare XDP forward", names::lvx_xdp, names::bare, 0.85, true,
     [](const Row& row) { return row.mpps_1k; }},
    {"small packets, 1k flows, lvx at XDP / nftables DNAT", names::lvx_xdp, names::nftables, 2.5, true,
     [](const Row& row) { return row.mpps_1k; }},
    {"every packet a new flow, lvx at XDP / nftables DNAT", names::lvx_xdp, names::nftables, 5, true,
     [](const Row& row) { return row.mpps_new; }},
    {"iperf3, 1 stream, lvx at tc / plain forwarding", names::lvx_tc, names::plain, 0.9, true,
     [](const Row& row) { return row.gbit_1; }},
    {"iperf3, 8 streams, lvx at tc / plain forwarding", names::lvx_tc, names::plain, 0.9, true,
     [](const Row& row) { return row.gbit_8; }},
    {"CPU per HTTP request, lvx at tc / plain forwarding", names::lvx_tc, names::plain, 1.05, false,
     [](const Row& row) { return of<&HttpFigure::microseconds_per_request>(row.keep_alive); }},
    {"CPU per HTTP connection, lvx at tc / plain forwarding", names::lvx_tc, names::plain, 1.05, false,
     [](const Row& row) { return of<&HttpFigure::microseconds_per_request>(row.close); }},
});

}  // namespace

std::vector<Panel> panels(const std::vector<Row>& rows) {
    std::vector<Panel> result;
    for (const Column& column : columns) {
        Panel panel{.title = std::string(column.unit), .bars = {}};
        for (const Row& row : rows) {
            if (const auto value = column.value(row)) panel.bars.push_back({row.name, *value});
        }
        if (!panel.bars.empty()) result.push_back(std::move(panel));
    }
    return result;
}

std::vector<Target> targets_of(const std::vector<Row>& rows) {
    std::vector<Target> targets;
    for (const Wish& wish : wishes) {
        const auto seen = ratio(rows, wish.of, wish.to, wish.figure);
        if (!seen) continue;
        targets.push_back({.sentence = std::string(wish.sentence), .wanted = wish.wanted, .seen = *seen,
                           .at_least = wish.at_least});
    }
    return targets;
}

std::string table(const Report& report) {
    std::string text = fmt::format("{:<18}", "");
    for (const Column& column : columns) text += fmt::format("{:>11}", column.head);
    text += '\n';
    for (const Row& row : report.rows) {
        text += fmt::format("{:<18}", row.name);
        for (const Column& column : columns) text += fmt::format("{:>11}", cell(column.value(row)));
        text += '\n';
    }
    text += "\nThe last three columns are of HTTP with a connection per request, the four before of keep-alive.\n\n";
    for (const Target& target : report.targets) {
        text += fmt::format("{:<7}{:<62}{:>8.2f}   wanted {} {:.2f}\n", target.met() ? "ok" : "MISSED", target.sentence,
                            target.seen, target.at_least ? "at least" : "at most", target.wanted);
    }
    return text;
}

std::string json(const Report& report) {
    std::string rows, targets;
    for (const Row& row : report.rows) {
        rows += fmt::format("{}{{\"name\": \"{}\"", rows.empty() ? "" : ", ", row.name);
        for (const Column& column : columns) {
            if (const auto value = column.value(row)) rows += fmt::format(", \"{}\": {:.4g}", column.key, *value);
        }
        rows += '}';
    }
    for (const Target& target : report.targets) {
        targets += fmt::format("{}{{\"target\": \"{}\", \"wanted\": {}, \"seen\": {:.4g}, \"met\": {}}}",
                               targets.empty() ? "" : ", ", target.sentence, target.wanted, target.seen, target.met());
    }
    return fmt::format("{{\"bench\": \"cluster\", \"rows\": [{}], \"targets\": [{}]}}", rows, targets);
}

}  // namespace lvx::bench
