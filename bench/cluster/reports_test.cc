// What other programs report, read; and our own report, drawn.
#include <gtest/gtest.h>

#include "drawing.hh"
#include "figures.hh"
#include "names.hh"
#include "tools.hh"

namespace lvx::bench {
namespace {

constexpr std::string_view wrk_report =
    "  Thread Stats   Avg      Stdev     Max   +/- Stdev\n"
    "    Latency     1.31ms    1.32ms   6.28ms   82.99%\n"
    "  Latency Distribution\n"
    "     50%  534.00us\n"
    "     99%    1.25s \n"
    "  Socket errors: connect 1, read 2, write 0, timeout 4\n"
    "  Non-2xx or 3xx responses: 8\n"
    "Requests/sec:  24347.36\n";

TEST(Wrk, ReportsRateLatencyAndErrors) {
    const auto figure = read_wrk(wrk_report);
    ASSERT_TRUE(figure);
    EXPECT_DOUBLE_EQ(figure->requests_per_second, 24347.36);
    EXPECT_DOUBLE_EQ(figure->p50_ms, 0.534);
    EXPECT_DOUBLE_EQ(figure->p99_ms, 1250);
    EXPECT_DOUBLE_EQ(figure->errors, 15);
}

TEST(Wrk, WithoutARateIsNoReport) {
    EXPECT_FALSE(read_wrk("unable to connect to 10.0.0.2:80 Connection refused\n"));
    EXPECT_FALSE(read_wrk(""));
}

TEST(Iperf, ReportsWhatArrivedNotWhatWasSent) {
    EXPECT_DOUBLE_EQ(*read_iperf("{\"sum_sent\": {\"bits_per_second\": 5e9}, \"sum_received\": {\"bytes\": 1, \"bits_per_second\": 4e9}}"), 4);
    EXPECT_FALSE(read_iperf("{\"error\": \"unable to connect\"}"));
}

TEST(Targets, AreJudgedByRatiosOfRowsThatWereMeasured) {
    std::vector<Row> rows = {{.name = std::string(names::nftables), .mpps_1k = 1.0}, {.name = std::string(names::lvx_xdp), .mpps_1k = 2.5}};
    auto targets = targets_of(rows);
    ASSERT_EQ(targets.size(), 1u);
    EXPECT_TRUE(targets.front().met());
    rows.back().mpps_1k = 2.49;
    EXPECT_FALSE(targets_of(rows).front().met());
    rows.back().mpps_1k.reset();
    EXPECT_TRUE(targets_of(rows).empty());
}

TEST(Drawing, HasABarForEveryFigureAndNoneForWhatWasNotMeasured) {
    const std::vector<Row> rows = {{.name = "one", .mpps_1k = 1.0}, {.name = "two", .mpps_1k = 2.0, .gbit_1 = 3.0}};
    const std::string text = drawing(panels(rows));
    std::size_t bars = 0;
    for (std::size_t place = 0; (place = text.find("<rect x=", place)) != std::string::npos; ++place) ++bars;
    EXPECT_EQ(bars, 3u);
    EXPECT_TRUE(text.ends_with("</svg>\n"));
}

TEST(Json, LeavesOutWhatWasNotMeasured) {
    const std::string text = json({.rows = {{.name = "one", .gbit_1 = 3.5}}, .targets = {}});
    EXPECT_EQ(text, "{\"bench\": \"cluster\", \"rows\": [{\"name\": \"one\", \"gbit_1_stream\": 3.5}], \"targets\": []}");
}

}  // namespace
}  // namespace lvx::bench
