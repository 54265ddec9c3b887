// A Director of fixed snapshots for tests: says what it was given and remembers what was asked of it.
#pragma once

#include <algorithm>
#include <cerrno>
#include <optional>
#include <vector>

#include "api/director_view.hh"
#include "api/marks.hh"

namespace lvx::api {

class FakeDirector : public Director {
 public:
    StatusSnapshot status_value;
    ServicesSnapshot services_value;
    std::vector<VerdictSnapshot> verdicts_value;
    std::vector<InterfaceSnapshot> interfaces_value;
    ChecksSnapshot checks_value;
    model::EventRing events_value{8};
    BfdSessions bfd_value;
    MarksDesk* marks_value = nullptr;
    std::vector<ConnectionSnapshot> connections_value;  // slot numbers count from 1
    ReloadOutcome reload_value{true, ""};
    std::optional<Execution> refusal;  // of the next list

    std::vector<model::Operation> executed;
    std::optional<StopKind> stopped;
    int reloads = 0;

    [[nodiscard]] StatusSnapshot status() const override { return status_value; }
    [[nodiscard]] ServicesSnapshot services() const override { return services_value; }
    [[nodiscard]] std::vector<VerdictSnapshot> verdicts() const override { return verdicts_value; }
    [[nodiscard]] std::vector<InterfaceSnapshot> interfaces() const override { return interfaces_value; }
    [[nodiscard]] ChecksSnapshot checks() const override { return checks_value; }

    [[nodiscard]] const model::EventRing* events() const override { return &events_value; }
    [[nodiscard]] BfdSessions bfd() const override { return bfd_value; }
    [[nodiscard]] MarksDesk* marks() override { return marks_value; }

    [[nodiscard]] std::uint64_t connections(std::uint64_t from, const ConnectionVisitor& visitor) const override {
        for (std::uint64_t slot = from; slot < connections_value.size(); ++slot) {
            if (visitor(connections_value[slot]) == Visit::stop && slot + 1 < connections_value.size()) return slot + 1;
        }
        return end_of_table;
    }

    [[nodiscard]] Execution execute(std::span<const model::Operation> operations) override {
        const Execution result = refusal.value_or(Execution{operations.size(), 0});
        for (const model::Operation& operation : operations.first(result.executed)) executed.push_back(operation);
        return result;
    }

    [[nodiscard]] ReloadOutcome reload() override {
        ++reloads;
        return reload_value;
    }

    void stop(StopKind kind) override { stopped = kind; }
};

}  // namespace lvx::api
