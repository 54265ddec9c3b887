#include "api/events.hh"

#include <fmt/format.h>

#include <array>

#include "api/wall_time.hh"
#include "base/text.hh"

namespace lvx::api {

namespace {

std::string precise_time(std::chrono::system_clock::time_point time) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(time - seconds);
    std::string text = wall_time_text(seconds);
    text.insert(text.size() - 1, fmt::format(".{:03}", rest.count()));
    return text;
}

std::string_view severity_word(model::Severity severity) {
    constexpr std::array<std::string_view, 4> words{"error", "warning", "notice", "info"};
    return words[static_cast<std::size_t>(severity)];
}

}  // namespace

EventSnapshot event_snapshot(const model::ToldEvent& told) {
    const model::EventForm& form = model::form_of(told.event.kind);
    EventSnapshot snapshot{.sequence = told.sequence, .time = precise_time(told.time), .event = std::string(form.name),
                           .severity = std::string(severity_word(form.severity)), .text = model::text_of(told.event)};
    const auto names = split_words(form.fields);
    for (std::size_t i = 0; i < names.size(); ++i) snapshot.fields.emplace(names[i], told.event.values[i]);
    return snapshot;
}

}  // namespace lvx::api
