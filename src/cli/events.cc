#include "cli/events.hh"

#include <fmt/format.h>

#include "api/json.hh"
#include "base/text.hh"
#include "cli/columns.hh"

namespace lvx::cli {

namespace {

std::string row_of(const api::EventSnapshot& event, const Invocation& invocation) {
    return invocation.options.contains("--json") ? api::to_json(event) + "\n" : event_row(event);
}

// What came between and was dropped before it was read.  JSON readers see it in the numbers.
std::string gap_row(std::uint64_t since, const api::EventSnapshot& event, const Invocation& invocation) {
    if (since == 0 || event.sequence <= since + 1 || invocation.options.contains("--json")) return {};
    return fmt::format("({} events were dropped before they could be read)\n", event.sequence - since - 1);
}

}  // namespace

std::string event_row(const api::EventSnapshot& event) {
    return fmt::format("{:>6}  {}  {:<8}{}\n", event.sequence, event.time, event.severity, printable(event.text));
}

int show_events(api::Client& client, const Invocation& invocation, const ChangeSurroundings& surroundings) {
    const bool follows = invocation.options.contains("--follow");
    std::uint64_t since = 0;
    if (const auto given = invocation.values.find("--since"); given != invocation.values.end()) {
        const auto number = parse_integer(given->second);
        if (!number || *number < 0) {
            surroundings.error(fmt::format("lvx events: --since needs a sequence number, not \"{}\"\n", printable(given->second)));
            return exit_usage;
        }
        since = static_cast<std::uint64_t>(*number);
    }
    std::uint64_t wait_s = 0;
    for (;;) {
        const auto page = client.events(since, wait_s);
        if (!page) {
            surroundings.error(fmt::format("lvx: {}\n", page.error().sentence()));
            return exit_refused;
        }
        for (const api::EventSnapshot& event : *page) {
            surroundings.out(gap_row(since, event, invocation) + row_of(event, invocation));
            since = event.sequence;
        }
        if (page->empty() && !follows) return exit_done;
        wait_s = follows ? api::events_wait_limit_s : 0;
    }
}

namespace {

std::string milliseconds_text(std::uint64_t us) { return us == 0 ? "-" : fmt::format("{} ms", static_cast<double>(us) / 1000); }

}  // namespace

std::string bfd_text(const api::BfdSessions& sessions) {
    if (sessions.empty()) return "no BFD sessions\n";
    std::vector<Row> rows;
    for (const api::BfdSnapshot& each : sessions) {
        rows.push_back({printable(each.name), each.neighbour, each.state, duration(each.since_s), each.diagnostic, each.remote_state,
                        milliseconds_text(each.transmit_us), milliseconds_text(each.detect_us), grouped(each.sent), grouped(each.received),
                        grouped(each.downs)});
    }
    return align({{"SESSION"}, {"NEIGHBOUR"}, {"STATE"}, {"SINCE", Align::right}, {"DIAGNOSTIC"}, {"REMOTE"}, {"SENDS EVERY", Align::right},
                  {"DETECTS IN", Align::right}, {"SENT", Align::right}, {"RECEIVED", Align::right}, {"DOWNS", Align::right}},
                 rows);
}

}  // namespace lvx::cli
