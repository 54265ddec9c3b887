// What can be asked and ordered about changes, as director_view.hh is for the rest.  A Problem is an order that was
// refused and changed nothing.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "api/answer.hh"
#include "api/change.hh"

namespace lvx::api {

enum class DeltaForm : std::uint8_t { keepalived, ipvsadm };

class ChangeDesk {
 public:
    virtual ~ChangeDesk() = default;

    [[nodiscard]] virtual ConfigurationView configuration() const = 0;
    [[nodiscard]] virtual PlanOutcome plan(const model::ConfigurationText& text) const = 0;
    [[nodiscard]] virtual std::expected<ApplyOutcome, Problem> apply(const ApplyRequest& request, const std::string& who) = 0;
    [[nodiscard]] virtual std::expected<ApplyOutcome, Problem> confirm(const std::string& who) = 0;
    // To that entry of the history; none: to the one before the running one, or away from one that waits for its confirmation.
    [[nodiscard]] virtual std::expected<ApplyOutcome, Problem> rollback(const std::optional<std::uint64_t>& number, const std::string& who) = 0;
    [[nodiscard]] virtual std::vector<HistoryEntry> history() const = 0;
    // Of an entry; none: of the running one.
    [[nodiscard]] virtual std::expected<model::ConfigurationText, Problem> text(const std::optional<std::uint64_t>& number) const = 0;

    [[nodiscard]] virtual OverridesSnapshot overrides() const = 0;
    // That one; none: all of them.
    [[nodiscard]] virtual std::expected<ClearOutcome, Problem> clear_overrides(const std::optional<std::string>& name, const std::string& who) = 0;
    // What leads from the files to what runs, but for health.
    [[nodiscard]] virtual std::string delta(DeltaForm form) const = 0;
    [[nodiscard]] virtual std::expected<ServersOutcome, Problem> change_servers(const ServerRequest& request, const std::string& who) = 0;
};

}  // namespace lvx::api
