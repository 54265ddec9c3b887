// How long a configuration takes to be read and checked: bench_load [LINES].  Prints one JSON object: the text with its
// checks, its errors and its suggestions, beside the same number of lines that are all right.
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <string>

#include "config/load.hh"

namespace {

using namespace lvx;

// Ten lines to a real server, ten servers to a service.
std::string text_of(int lines, std::string_view keyword) {
    std::string text;
    for (int line = 0; line < lines;) {
        const int service = line / 100;
        text += fmt::format("virtual_server 10.{}.{}.1 80 {{\n    protocol TCP\n    lb_algo wrr\n    lb_kind NAT\n", service / 250, service % 250);
        for (int server = 0; server < 10 && line < lines; ++server, line += 10) {
            text += fmt::format("    real_server 172.16.{}.{} 80 {{\n        weight {}\n        {} 1\n        TCP_CHECK {{\n"
                                "            connect_timeout 3\n            retry 2\n            delay_before_retry 1\n"
                                "            warmup 1\n        }}\n    }}\n",
                                service % 250, server + 1, server + 1, keyword);
        }
        text += "}\n";
    }
    return text;
}

// The best of five, in milliseconds.
double milliseconds_to_load(const std::string& text) {
    const config::Reader reader{.read = [&](std::string_view) { return Result<std::string>(text); },
                                .match = [](std::string_view name) { return std::vector<std::string>{std::string(name)}; }};
    double best = 1e9;
    for (int round = 0; round < 5; ++round) {
        const auto start = std::chrono::steady_clock::now();
        const config::Outcome outcome = config::load(reader, "lvx.conf", {});
        if (outcome.report().empty()) std::abort();
        const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
        best = std::min(best, time.count());
    }
    return best;
}

}  // namespace

int main(int count, char** words) {
    int lines = 10000;
    if (count > 1 && std::atoi(words[1]) > 0) lines = std::atoi(words[1]);
    fmt::print("{{\"lines\": {}, \"good_ms\": {:.2f}, \"with_a_mistake_in_each_server_ms\": {:.2f}, \"ten_times_the_lines_ms\": {:.2f}}}\n", lines,
               milliseconds_to_load(text_of(lines, "uthreshold")), milliseconds_to_load(text_of(lines, "uthreshhold")),
               milliseconds_to_load(text_of(lines * 10, "uthreshold")));
    return 0;
}
