#include "daemon/beginning.hh"

#include <fmt/format.h>

#include "config/bundle.hh"

namespace lvx::daemon {

namespace {

// The entry that was meant to run when the last daemon ended: the one to go back to where nobody confirmed in time.
std::optional<model::Record> recorded(Beginning& beginning, const StateStore& store, model::WallTime now) {
    model::RunState& state = beginning.state;
    if (state.pending && state.pending->until <= now) {
        beginning.notices.push_back(fmt::format("configuration {} was not confirmed in time: back to {}", state.current, state.pending->back_to));
        state.current = state.pending->back_to;
        state.pending.reset();
    }
    if (state.current == 0) return std::nullopt;
    auto record = store.record(state.current);
    if (record) return std::move(*record);
    beginning.notices.push_back(record.error().sentence());
    return std::nullopt;
}

Configuration read_record(const model::Record& record, const Readers& readers) {
    return {readers.text(record.text, record.random_seed), record};
}

std::string refused_sentence(const std::string& file, const config::Outcome& outcome) {
    return fmt::format("{}\n{} has errors; nothing was applied", outcome.report(), file);
}

// What operators changed in an earlier run, where the configuration wants none of it.
Beginning flushed(Beginning beginning) {
    if (!beginning.runs.outcome.site.globals.lvs_flush || beginning.state.overrides.empty()) return beginning;
    beginning.notices.push_back(fmt::format("lvs_flush: {} changes by operators are forgotten", beginning.state.overrides.size()));
    beginning.state.overrides.clear();
    return beginning;
}

}  // namespace

Configuration read_file(const std::string& file, const Readers& readers, const std::string& who, const std::string& how,
                        model::WallTime now) {
    const std::uint64_t seed = readers.seed();
    Configuration result{readers.file(seed), {.when = now, .who = who, .how = how, .random_seed = seed}};
    result.record.text = config::bundle(result.outcome.sources, file);
    return result;
}

Result<Beginning> begin(const StateStore& store, const std::string& file, const Readers& readers, model::WallTime now) {
    Beginning beginning;
    if (auto state = TRY(store.load())) {
        beginning.known = true;
        beginning.state = std::move(*state);
    }
    const std::optional<model::Record> last = recorded(beginning, store, now);
    if (last) beginning.runs = read_record(*last, readers);
    beginning.before = beginning.runs.outcome.site;
    if (file.empty()) return beginning;

    Configuration fresh = read_file(file, readers, "", "start", now);
    const std::string digest = config::digest(fresh.record.text);
    const bool same_file = last && digest == beginning.state.file_digest;
    if (same_file && beginning.runs.outcome.usable()) {
        if (last->text != fresh.record.text)
            beginning.notices.push_back(fmt::format("configuration {} runs, applied by {} above {}", last->number, last->who, file));
        return flushed(std::move(beginning));
    }
    if (!fresh.outcome.usable()) return refusal(refused_sentence(file, fresh.outcome), 0, "try it with lvx config check " + file);
    if (last && last->text == fresh.record.text) fresh.record = *last;
    else beginning.state.pending.reset();
    beginning.state.file_digest = digest;
    beginning.runs = std::move(fresh);
    return flushed(std::move(beginning));
}

}  // namespace lvx::daemon
