// What a director tells about itself: an event of events.def and the values of its fields.
//
// How to emit: a room is given a model::EmitEvent (its loop's; it may be called from that loop only) and says
//     emit(event(EventKind::server_removed, {"[10.0.0.2]:tcp:80", "[10.0.0.1]:tcp:80", "connection refused"}));
// The daemon writes it to the log, keeps it in the ring of `lvx events` and counts it.  Do not log it a second time.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lvx::model {

enum class EventKind : std::uint8_t {
#define X(name, severity, fields, phrase) name,
#include "model/events.def"
#undef X
};

enum class Severity : std::uint8_t { error, warning, notice, info };  // log::Level's first four, same values

struct EventForm {
    std::string_view name;
    Severity severity;
    std::string_view fields;  // with blanks between
    std::string_view phrase;
};

[[nodiscard]] std::span<const EventForm> event_forms();  // by EventKind
[[nodiscard]] const EventForm& form_of(EventKind kind);
[[nodiscard]] std::optional<EventKind> event_kind(std::string_view name);

struct Event {
    EventKind kind;
    std::vector<std::string> values;  // one per field, in the form's order
    bool operator==(const Event&) const = default;
};

// ensure()s that there is one value for each field.
[[nodiscard]] Event event(EventKind kind, std::vector<std::string> values);

// The phrase with its fields filled in; control characters of values are replaced.
[[nodiscard]] std::string text_of(const Event& event);

using EmitEvent = std::function<void(const Event&)>;

}  // namespace lvx::model
