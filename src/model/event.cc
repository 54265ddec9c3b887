#include "model/event.hh"

#include <algorithm>
#include <array>

#include "base/ensure.hh"
#include "base/text.hh"

namespace lvx::model {

namespace {

constexpr std::array forms{
#define X(name, severity, fields, phrase) EventForm{#name, Severity::severity, fields, phrase},
#include "model/events.def"
#undef X
};

// The value of a field that a phrase names.
std::string_view value_of(const Event& event, std::string_view field) {
    const auto names = split_words(form_of(event.kind).fields);
    const auto found = std::ranges::find(names, field);
    ensure(found != names.end());
    return event.values[static_cast<std::size_t>(found - names.begin())];
}

}  // namespace

std::span<const EventForm> event_forms() { return forms; }

const EventForm& form_of(EventKind kind) { return forms[static_cast<std::size_t>(kind)]; }

std::optional<EventKind> event_kind(std::string_view name) {
    const auto found = std::ranges::find(forms, name, &EventForm::name);
    if (found == forms.end()) return std::nullopt;
    return static_cast<EventKind>(found - forms.begin());
}

Event event(EventKind kind, std::vector<std::string> values) {
    ensure(values.size() == split_words(form_of(kind).fields).size());
    return {kind, std::move(values)};
}

std::string text_of(const Event& event) {
    std::string text;
    std::string_view rest = form_of(event.kind).phrase;
    for (std::size_t open = rest.find('{'); open != rest.npos; open = rest.find('{')) {
        const std::size_t close = rest.find('}', open);
        text += rest.substr(0, open);
        text += value_of(event, rest.substr(open + 1, close - open - 1));
        rest.remove_prefix(close + 1);
    }
    return printable(text + std::string(rest));
}

}  // namespace lvx::model
