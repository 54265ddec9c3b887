#include "cli/change_text.hh"

#include <fmt/format.h>

#include "api/wall_time.hh"
#include "base/text.hh"
#include "cli/columns.hh"

namespace lvx::cli {

namespace {

std::string time_text(const std::optional<model::WallTime>& time) { return time ? api::wall_time_text(*time) : "-"; }

std::string plural(std::uint64_t number, std::string_view what) { return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s"); }

std::string lines_with(std::string_view before, const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& each : lines) text += fmt::format("{}{}\n", before, printable(each));
    return text;
}

}  // namespace

std::string plan_text(const api::PlanOutcome& plan, const std::string& file) {
    std::string text;
    std::size_t what = 0, change = 0;
    for (const api::PlanLine& each : plan.lines) {
        what = std::max(what, each.what.size());
        change = std::max(change, each.change.size());
    }
    for (const api::PlanLine& each : plan.lines) {
        std::string line = fmt::format("{} {:<{}}  {:<{}}  {}", each.sign, each.what, what, each.change, change, each.effect);
        line.erase(line.find_last_not_of(' ') + 1);
        text += printable(line) + "\n";
    }
    text += lines_with("! hidden by override ", plan.shadowed) + lines_with("! ", plan.restart);
    if (text.empty()) return "nothing would change\n";
    return text + fmt::format("{} cut at once, {} drained.   apply: lvx config apply {} [--confirm 5m]\n", plural(plan.cut, "connection"), plan.drained, file);
}

std::string applied_text(const api::ApplyOutcome& outcome) {
    std::string text = fmt::format("configuration {} runs, {}\n", outcome.number, plural(outcome.steps, "change"));
    text += lines_with("hidden by override ", outcome.shadowed) + lines_with("", outcome.restart);
    if (outcome.confirm_until)
        text += fmt::format("it goes back by itself at {} unless you say: lvx config confirm\n", api::wall_time_text(*outcome.confirm_until));
    return text;
}

std::string history_text(const std::vector<api::HistoryEntry>& history) {
    if (history.empty()) return "no configuration was ever applied\n";
    std::vector<Row> rows;
    for (const api::HistoryEntry& each : history)
        rows.push_back({std::to_string(each.number), each.unconfirmed ? "unconfirmed" : each.current ? "runs" : "", api::wall_time_text(each.when), each.how,
                        each.who.empty() ? "-" : printable(each.who), std::to_string(each.files), printable(each.main)});
    return align({{"NUMBER", Align::right}, {""}, {"APPLIED"}, {"HOW"}, {"BY"}, {"FILES", Align::right}, {"FILE"}}, rows);
}

std::string overrides_text(const api::OverridesSnapshot& overrides) {
    if (overrides.overrides.empty() && overrides.leaving.empty()) return "no overrides: what runs is what the configuration says\n";
    std::vector<Row> rows;
    for (const api::OverrideSnapshot& each : overrides.overrides)
        rows.push_back({each.override.name, printable(each.target), printable(each.text) + (each.dormant ? " (its target is not there)" : ""),
                        api::wall_time_text(each.override.since), time_text(each.override.until), each.override.who.empty() ? "-" : printable(each.override.who)});
    for (const api::LeavingSnapshot& each : overrides.leaving)
        rows.push_back({"-", fmt::format("{} of {}", each.server.text(), each.service.text()), fmt::format("leaves, {}", plural(each.connections, "connection")),
                        api::wall_time_text(each.since), time_text(each.until), "configuration"});
    return align({{"NAME"}, {"TARGET"}, {"WHAT"}, {"SINCE"}, {"UNTIL"}, {"BY"}}, rows);
}

std::string configuration_text(const api::ConfigurationView& view) {
    std::string text = view.number == 0 ? "no configuration runs\n" : fmt::format("configuration {} of {}\n", view.number, printable(view.file));
    if (view.confirm_until) text += fmt::format("not confirmed: it goes back by itself at {}\n", api::wall_time_text(*view.confirm_until));
    std::vector<Row> rows;
    for (const api::Setting& each : view.settings) rows.push_back({each.object, each.name, printable(each.value), printable(each.origin)});
    return text + align({{"OBJECT"}, {"SETTING"}, {"VALUE"}, {"FROM"}}, rows);
}

std::string servers_text(const api::ServersOutcome& outcome) {
    std::string text;
    for (const api::ChangedServer& each : outcome.servers)
        text += fmt::format("{} of {}   weight {} -> {}   {}\n", each.server.text(), each.service.text(), each.weight_before, each.weight_after,
                            each.override.empty() ? "as the configuration says" : "override " + each.override);
    return text;
}

}  // namespace lvx::cli
