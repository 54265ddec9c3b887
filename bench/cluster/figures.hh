// What the cluster bench measures, as values, and how they are told: a table, one JSON object, a drawing.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace lvx::bench {

struct HttpFigure {
    double requests_per_second = 0;
    double microseconds_per_request = 0;  // of all CPUs, from /proc/stat
    double p50_ms = 0, p99_ms = 0;
    double errors = 0;
};

// Of one way to build a director; nothing where the way cannot do it.
struct Row {
    std::string name;
    std::optional<double> mpps_1k, mpps_100k, mpps_new;  // small UDP packets delivered, millions a second
    std::optional<double> gbit_1, gbit_8;                // iperf3, one and eight streams
    std::optional<HttpFigure> keep_alive, close;         // wrk; `close` opens a connection per request
};

struct Target {
    std::string sentence;
    double wanted = 0, seen = 0;
    bool at_least = true;  // else at most
    [[nodiscard]] bool met() const { return at_least ? seen >= wanted : seen <= wanted; }
};

struct Report {
    std::vector<Row> rows;
    std::vector<Target> targets;
};

[[nodiscard]] std::vector<Target> targets_of(const std::vector<Row>& rows);
[[nodiscard]] std::string table(const Report& report);
[[nodiscard]] std::string json(const Report& report);

struct Bar {
    std::string name;
    double value = 0;
};

// One figure of all rows that have it.
struct Panel {
    std::string title;
    std::vector<Bar> bars;
};

[[nodiscard]] std::vector<Panel> panels(const std::vector<Row>& rows);

}  // namespace lvx::bench
