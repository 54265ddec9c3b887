#include "tools.hh"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <string>

namespace lvx::bench {
namespace {

constexpr int wrk_connections = 32;
constexpr lab::Milliseconds tool_limit{120'000};

// The number that follows `word`, and what stands right behind it.
struct Found {
    double value = 0;
    std::string_view rest;
};

std::optional<Found> number_after(std::string_view text, std::string_view word) {
    const std::size_t place = text.find(word);
    if (place == std::string_view::npos) return std::nullopt;
    std::string_view rest = text.substr(place + word.size());
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
    Found found;
    const auto [end, code] = std::from_chars(rest.data(), rest.data() + rest.size(), found.value);
    if (code != std::errc{}) return std::nullopt;
    found.rest = rest.substr(static_cast<std::size_t>(end - rest.data()));
    return found;
}

// wrk writes "312.00us", "1.25ms", "2.01s".
std::optional<double> milliseconds_after(std::string_view text, std::string_view word) {
    const auto found = number_after(text, word);
    if (!found) return std::nullopt;
    if (found->rest.starts_with("us")) return found->value / 1000;
    if (found->rest.starts_with("ms")) return found->value;
    return found->value * 1000;
}

// Busy time of all CPUs since the machine started, in seconds.
double busy_seconds() {
    std::ifstream file("/proc/stat");
    std::string name;
    // user nice system idle iowait irq softirq steal
    std::array<double, 8> ticks{};
    file >> name;
    for (double& each : ticks) file >> each;
    return (ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6]) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace

std::optional<HttpFigure> read_wrk(std::string_view report) {
    const auto rate = number_after(report, "Requests/sec:");
    const std::size_t place = report.find("Latency Distribution");
    const std::string_view distribution = report.substr(std::min(place, report.size()));
    const auto median = milliseconds_after(distribution, "50%");
    const auto late = milliseconds_after(distribution, "99%");
    if (!rate || !median || !late) return std::nullopt;
    HttpFigure figure{.requests_per_second = rate->value, .p50_ms = *median, .p99_ms = *late};
    for (const std::string_view kind : {"connect", "read", "write", "timeout"}) {
        const std::size_t line = report.find("Socket errors:");
        if (line == std::string_view::npos) break;
        if (const auto count = number_after(report.substr(line), kind)) figure.errors += count->value;
    }
    if (const auto refused = number_after(report, "Non-2xx or 3xx responses:")) figure.errors += refused->value;
    return figure;
}

std::optional<double> read_iperf(std::string_view report) {
    const std::size_t sum = report.find("\"sum_received\"");
    if (sum == std::string_view::npos) return std::nullopt;
    const auto rate = number_after(report.substr(sum), "\"bits_per_second\":");
    return rate ? std::optional(rate->value / 1e9) : std::nullopt;
}

Result<HttpFigure> measure_http(const lab::Lab& lab, const Endpoint& target, Connections connections, int seconds) {
    const std::string words = fmt::format("wrk -t1 -c{} -d{}s --latency {} http://{}/", wrk_connections, seconds,
                                          connections == Connections::kept ? "" : "-H 'Connection: close'", target.text());
    const double before = busy_seconds();
    const lab::Outcome outcome = TRY(lab.run("client", lab::shell(words), tool_limit));
    const double busy = busy_seconds() - before;
    auto figure = read_wrk(outcome.out);
    if (!figure) return refusal("wrk did not report: " + outcome.out + outcome.err, 0);
    figure->microseconds_per_request = busy * 1e6 / (figure->requests_per_second * seconds);
    return *figure;
}

Result<double> measure_stream(const lab::Lab& lab, const Endpoint& target, int streams, int seconds) {
    const std::string words = fmt::format("iperf3 -J -c {} -p {} -P {} -t {}", target.address.text(), target.port, streams, seconds);
    const lab::Outcome outcome = TRY(lab.run("client", lab::shell(words), tool_limit));
    const auto rate = read_iperf(outcome.out);
    if (!rate) return refusal("iperf3 did not report: " + outcome.out + outcome.err, 0);
    return *rate;
}

}  // namespace lvx::bench
