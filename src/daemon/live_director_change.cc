// Configurations: what a new one would do, applying it, going back.
#include <fmt/format.h>

#include <algorithm>

#include "api/marks.hh"
#include "config/bundle.hh"
#include "daemon/live_director.hh"
#include "daemon/plan_lines.hh"
#include "daemon/reload_files.hh"
#include "daemon/settings_view.hh"

namespace lvx::daemon {

namespace {

std::unexpected<api::Problem> refused(std::uint32_t status, std::string title, std::string detail, std::string code, std::string hint) {
    return std::unexpected(api::Problem{.title = std::move(title), .status = status, .detail = std::move(detail), .code = std::move(code),
                                        .hint = std::move(hint)});
}

std::string first_error(const config::Outcome& outcome) {
    for (const config::Diagnostic& each : outcome.diagnostics.all())
        if (each.severity == config::Severity::error) return fmt::format("{}: {}", outcome.sources.text(each.place), each.message);
    return "it has errors";
}

std::string report_of(const config::Outcome& outcome) { return outcome.diagnostics.all().empty() ? "" : outcome.report(); }

model::RecordHead head_of(const model::Record& record) {
    return {.number = record.number, .when = record.when, .who = record.who, .how = record.how, .main = record.text.main, .files = record.text.files.size()};
}

constexpr std::uint64_t longest_confirmation_s = 30 * 86400;

}  // namespace

// Puts a record into the history, under the next number, and its head into the state; what is too old goes.
Result<std::uint64_t> LiveDirector::keep(model::Record& record, model::RunState& state) {
    record.number = state.history.empty() ? 1 : state.history.back().number + 1;
    TRY(outside_.store.keep(record));
    state.history.push_back(head_of(record));
    state.current = record.number;
    while (state.history.size() > StateStore::history_limit) {
        const auto oldest = std::ranges::find_if(state.history, [&](const model::RecordHead& each) {
            return !state.pending || each.number != state.pending->back_to;
        });
        outside_.store.forget(oldest->number);
        state.history.erase(oldest);
    }
    return record.number;
}

// All or nothing: text, overrides, disk and packets change together or not at all.
Result<api::ApplyOutcome> LiveDirector::switch_to(Configuration next, std::optional<model::Pending> pending,
                                                    const std::string& file_digest) {
    const model::Site& after = next.outcome.site;
    model::RunState state = layers::reconfigured(site(), after, state_, cluster_, view_, outside_.wall());
    state.pending = pending;
    if (!file_digest.empty()) state.file_digest = file_digest;
    if (next.record.number == 0) (void)TRY(keep(next.record, state));
    else state.current = next.record.number;
    const health::View view = layers::placed(health::expected_view(after.pools, view_), view_);
    const model::Cluster cluster = effective(after, state, view);
    api::ApplyOutcome outcome{.applied = true,
                              .diagnostics = report_of(next.outcome),
                              .number = next.record.number,
                              .shadowed = shadowed_by(after),
                              .restart = restart_for(after)};
    if (pending) outcome.confirm_until = pending->until;
    outcome.steps = TRY(commit(std::move(state), cluster));
    runs_ = std::move(next);
    tolerated_ = 0;
    view_ = view;
    configuration_state_ = "loaded";
    layers_changed();
    outside_.site_changed(site());
    outside_.changed();
    for (const std::string& each : outcome.shadowed) outside_.log.notice("the new configuration stays hidden by override " + each, {});
    for (const std::string& each : outcome.restart) outside_.log.warning(each, {});
    outside_.emit(model::event(model::EventKind::configuration_applied, {runs_.record.text.main, std::to_string(outcome.steps)}));
    return outcome;
}

void LiveDirector::refuse(const Configuration& next) {
    log_report(next.outcome);
    outside_.emit(model::event(model::EventKind::configuration_refused, {next.record.text.main, first_error(next.outcome)}));
}

std::vector<std::string> LiveDirector::shadowed_by(const model::Site& after) const {
    std::vector<std::string> lines;
    const std::vector<std::string> names = layers::shadowing(site(), after, state_);
    for (const model::Override& each : state_.overrides)
        if (std::ranges::find(names, each.name) != names.end())
            lines.push_back(fmt::format("{}: {}: {}", each.name, layers::target_text(each), layers::text(each)));
    return lines;
}

std::vector<std::string> LiveDirector::restart_for(const model::Site& after) const {
    return restart_lines(site().director, after.director);
}

Configuration LiveDirector::read_again() {
    const Result<ReloadFile> reading = ReloadFile::make(site().globals.reload_file);
    if (!reading) outside_.log.warning(reading.error().sentence(), {});
    return read_file(identity_.file, outside_.readers, asker_, "reload", outside_.wall());
}

api::ReloadOutcome LiveDirector::reload() {
    if (outside_.marks != nullptr) outside_.marks->look_again();
    if (identity_.file.empty())
        return {.applied = false, .diagnostics = "lvxd was started without a file (-f FILE): there is nothing to reload\n"};
    Configuration next = read_again();
    if (!next.outcome.usable()) {
        refuse(next);
        configuration_state_ = first_error(next.outcome);
        return {.applied = false, .diagnostics = next.outcome.report()};
    }
    log_report(next.outcome);
    const std::string report = report_of(next.outcome);
    if (next.record.text == runs_.record.text && !state_.pending && configuration_state_ == "loaded") {
        outside_.log.info("reloaded; nothing changed", {{"file", identity_.file}});
        return {.applied = true, .diagnostics = report};
    }
    const std::string digest = config::digest(next.record.text);
    if (next.record.text == runs_.record.text) next.record = runs_.record;
    const auto outcome = switch_to(std::move(next), std::nullopt, digest);
    if (!outcome) {
        configuration_state_ = outcome.error().sentence();
        outside_.log.error("reload refused: " + configuration_state_, {{"hint", outcome.error().hint}});
        return {.applied = false, .diagnostics = outcome.error().sentence() + "\n"};
    }
    std::string text = report;
    for (const std::string& each : outcome->shadowed) text += "hidden by override " + each + "\n";
    for (const std::string& each : outcome->restart) text += each + "\n";
    return {.applied = true, .diagnostics = text};
}

api::PlanOutcome LiveDirector::plan(const model::ConfigurationText& text) const {
    const config::Outcome outcome = outside_.readers.text(text, outside_.readers.seed());
    api::PlanOutcome result{.usable = outcome.usable(), .diagnostics = report_of(outcome), .generation = generation_};
    if (!result.usable) return result;
    const model::RunState state = layers::reconfigured(site(), outcome.site, state_, cluster_, view_, outside_.wall());
    const model::Cluster cluster = effective(outcome.site, state, layers::placed(health::expected_view(outcome.site.pools, view_), view_));
    result.lines = plan_lines({site(), state_, cluster_}, {outcome.site, state, cluster},
                              [this](const layers::ServerName& name) { return connections_of(name.service, name.server); });
    for (const api::PlanLine& each : result.lines) {
        result.cut += each.cut;
        if (each.sign == "-") result.drained += each.connections - each.cut;
    }
    result.shadowed = shadowed_by(outcome.site);
    result.restart = restart_for(outcome.site);
    return result;
}

std::expected<api::ApplyOutcome, api::Problem> LiveDirector::apply(const api::ApplyRequest& request, const std::string& who) {
    if (request.generation && *request.generation != generation_)
        return refused(412, "Precondition Failed", fmt::format("something changed since: the generation is {}", generation_), "generation",
                       "look at the plan again");
    if (request.confirm_s > longest_confirmation_s)
        return refused(400, "Bad Request", "nobody waits so long for a confirmation", "bad_request", "at most 30 days");
    const model::WallTime now = outside_.wall();
    const std::uint64_t seed = outside_.readers.seed();
    Configuration next{outside_.readers.text(request.text, seed), {.when = now, .who = who, .how = "apply", .random_seed = seed, .text = request.text}};
    if (!next.outcome.usable()) {
        refuse(next);
        return api::ApplyOutcome{.diagnostics = next.outcome.report()};
    }
    std::optional<model::Pending> pending;
    if (request.confirm_s != 0) {
        const std::uint64_t back_to = state_.pending ? state_.pending->back_to : state_.current;
        if (back_to == 0) return refused(409, "Conflict", "no configuration runs to which one could go back", "nothing_to_go_back_to", "apply it without confirm");
        pending = {.back_to = back_to, .until = now + std::chrono::seconds(request.confirm_s)};
    }
    const std::string digest = next.record.text.main == identity_.file ? config::digest(next.record.text) : "";
    if (next.record.text == runs_.record.text) next.record = runs_.record;
    auto outcome = switch_to(std::move(next), pending, digest);
    if (outcome) return std::move(*outcome);
    outside_.log.error("configuration refused: " + outcome.error().sentence(), {{"hint", outcome.error().hint}});
    return api::ApplyOutcome{.diagnostics = outcome.error().sentence() + "\n" + (outcome.error().hint.empty() ? "" : outcome.error().hint + "\n")};
}

std::expected<api::ApplyOutcome, api::Problem> LiveDirector::confirm(const std::string& who) {
    if (!state_.pending) return refused(409, "Conflict", "no configuration waits for a confirmation", "nothing_to_confirm", "");
    model::RunState next = state_;
    next.pending.reset();
    if (const auto kept = commit(std::move(next), cluster_); !kept)
        return refused(507, "Not changed", kept.error().sentence(), "not_changed", kept.error().hint);
    layers_changed();
    outside_.emit(model::event(model::EventKind::operator_change, {fmt::format("configuration {} confirmed by {}", state_.current, who)}));
    return api::ApplyOutcome{.applied = true, .number = state_.current};
}

std::expected<api::ApplyOutcome, api::Problem> LiveDirector::rollback(const std::optional<std::uint64_t>& number, const std::string& who) {
    std::uint64_t wanted = number.value_or(0);
    if (!number && state_.pending) wanted = state_.pending->back_to;
    if (!number && !state_.pending)
        for (const model::RecordHead& each : state_.history)
            if (each.number < state_.current) wanted = each.number;
    const auto listed = std::ranges::find(state_.history, wanted, &model::RecordHead::number);
    if (listed == state_.history.end())
        return refused(404, "Not Found", number ? fmt::format("there is no configuration {} in the history", wanted) : "there is no configuration before this one",
                       "no_such_configuration", "lvx config history lists them");
    const auto record = outside_.store.record(wanted);
    if (!record) return refused(500, "Internal Server Error", record.error().sentence(), "unreadable", record.error().hint);
    Configuration next{outside_.readers.text(record->text, record->random_seed), *record};
    if (!next.outcome.usable()) {
        refuse(next);
        return api::ApplyOutcome{.diagnostics = next.outcome.report()};
    }
    outside_.emit(model::event(model::EventKind::operator_change, {fmt::format("back to configuration {}, by {}", wanted, who)}));
    // The file stays the one that was read: a restart goes on with what runs, not with what was taken back.
    auto outcome = switch_to(std::move(next), std::nullopt, "");
    if (outcome) return std::move(*outcome);
    return refused(507, "Not changed", outcome.error().sentence(), "not_changed", outcome.error().hint);
}

// Nobody confirmed in time.
void LiveDirector::confirm_or_go_back() {
    const std::uint64_t number = state_.current;
    outside_.log.warning(fmt::format("configuration {} was not confirmed in time", number), {});
    if (const auto outcome = rollback(std::nullopt, "time"); !outcome || !outcome->applied) {
        outside_.log.error(fmt::format("cannot go back to configuration {}", state_.pending->back_to), {{"reason", outcome ? outcome->diagnostics : outcome.error().detail}});
        state_.pending.reset();  // once said is enough
    }
}

std::vector<api::HistoryEntry> LiveDirector::history() const {
    std::vector<api::HistoryEntry> result;
    for (const model::RecordHead& each : state_.history)
        result.push_back({.number = each.number, .when = each.when, .who = each.who, .how = each.how, .main = each.main, .files = each.files,
                          .current = each.number == state_.current, .unconfirmed = each.number == state_.current && state_.pending.has_value()});
    return result;
}

std::expected<model::ConfigurationText, api::Problem> LiveDirector::text(const std::optional<std::uint64_t>& number) const {
    if (!number) return runs_.record.text;
    const bool listed = std::ranges::find(state_.history, *number, &model::RecordHead::number) != state_.history.end();
    if (!listed) return refused(404, "Not Found", fmt::format("there is no configuration {} in the history", *number), "no_such_configuration",
                                "lvx config history lists them");
    auto record = outside_.store.record(*number);
    if (!record) return refused(500, "Internal Server Error", record.error().sentence(), "unreadable", record.error().hint);
    return std::move(record->text);
}

api::ConfigurationView LiveDirector::configuration() const {
    api::ConfigurationView view{.file = runs_.record.text.main, .number = state_.current};
    if (state_.pending) view.confirm_until = state_.pending->until;
    view.settings = settings_view(runs_.outcome, state_, view_, cluster_);
    return view;
}

}  // namespace lvx::daemon
