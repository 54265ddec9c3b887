// Values of the API as JSON text and back.  Names are those of the struct's fields; enumerations are their words
// ("tcp", "masq"), addresses their text, durations whole seconds; an absent optional is null.  When reading, a field
// that is missing keeps the struct's default, and one that is unknown or of the wrong kind is refused with its place.
//
// An operation is an object of one member whose name says which: {"delete_service": {"key": {…}}}.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "api/answer.hh"
#include "api/change.hh"
#include "api/director_view.hh"
#include "api/events.hh"
#include "api/marks.hh"
#include "api/snapshot.hh"
#include "api/sync.hh"
#include "api/vrrp.hh"
#include "model/operation.hh"

namespace lvx::api {

// Where and why a text is not the value it should be: {"[2].add_server.server.weight", "not a number from 0 to 4294967295"}.
struct JsonFault {
    std::string place, reason;
    [[nodiscard]] std::string sentence() const;
    bool operator==(const JsonFault&) const = default;
};

using Operations = std::vector<model::Operation>;
using Verdicts = std::vector<VerdictSnapshot>;
using Interfaces = std::vector<InterfaceSnapshot>;
using History = std::vector<HistoryEntry>;

// Values about changes.
template <class T>
concept ChangeWire = std::same_as<T, model::RunState> || std::same_as<T, model::Record> || std::same_as<T, model::ConfigurationText> ||
                     std::same_as<T, OverridesSnapshot> || std::same_as<T, ClearOutcome> || std::same_as<T, PlanOutcome> ||
                     std::same_as<T, ApplyRequest> || std::same_as<T, ApplyOutcome> || std::same_as<T, History> ||
                     std::same_as<T, ServerRequest> || std::same_as<T, ServersOutcome> || std::same_as<T, ConfigurationView>;

template <class T>
concept VrrpWire = std::same_as<T, VrrpSnapshot> || std::same_as<T, VrrpOrder>;

template <class T>
concept SyncWire = std::same_as<T, SyncSnapshot> || std::same_as<T, SyncDaemonRequest>;

template <class T>
concept EventWire = std::same_as<T, EventSnapshot> || std::same_as<T, BfdSessions> || std::same_as<T, MarksSnapshot>;

template <class T>
concept Wire = std::same_as<T, StatusSnapshot> || std::same_as<T, ServicesSnapshot> || std::same_as<T, Verdicts> ||
               std::same_as<T, Interfaces> || std::same_as<T, ChecksSnapshot> || std::same_as<T, ConnectionSnapshot> || std::same_as<T, model::Timeouts> ||
               std::same_as<T, Operations> || std::same_as<T, OperationsOutcome> || std::same_as<T, ReloadOutcome> ||
               std::same_as<T, Problem> || ChangeWire<T> || SyncWire<T> || VrrpWire<T> || EventWire<T>;

// One line, without a final newline.
template <Wire T>
[[nodiscard]] std::string to_json(const T& value);

template <Wire T>
[[nodiscard]] std::expected<T, JsonFault> from_json(std::string_view text);

}  // namespace lvx::api
