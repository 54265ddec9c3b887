// What a daemon keeps on disk: its run state (one file, replaced as a whole) and the history of applied configurations
// (one file each).
//
//   DIR/state.json          model::RunState
//   DIR/history/000042.json model::Record
//
// A change is prepared (written and synced beside the old state) before the data plane is touched and committed (renamed)
// after it: a full disk refuses a change before it began, and a daemon killed in between has the old state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/result.hh"
#include "model/override.hh"
#include "model/record.hh"

namespace lvx::daemon {

class StateStore {
 public:
    static constexpr std::size_t history_limit = 50;

    // Makes the folder when it is missing (mode 0700: configurations hold passwords).
    [[nodiscard]] static Result<StateStore> open(std::string directory);
    // Keeps everything in memory and for this life only.
    [[nodiscard]] static StateStore in_memory();

    // nullopt: nothing was ever kept here.
    [[nodiscard]] Result<std::optional<model::RunState>> load() const;
    [[nodiscard]] Result<void> prepare(const model::RunState& state);
    // Of what was prepared last.
    [[nodiscard]] Result<void> commit();
    void discard();

    // An entry that no committed state names is overwritten some day.
    [[nodiscard]] Result<void> keep(const model::Record& record);
    [[nodiscard]] Result<model::Record> record(std::uint64_t number) const;
    void forget(std::uint64_t number);

    [[nodiscard]] const std::string& directory() const { return directory_; }  // "" = in memory

 private:
    explicit StateStore(std::string directory) : directory_(std::move(directory)) {}
    [[nodiscard]] std::string state_file() const { return directory_ + "/state.json"; }
    [[nodiscard]] std::string record_file(std::uint64_t number) const;

    std::string directory_;
    std::map<std::uint64_t, model::Record> records_;  // of a store in memory
};

}  // namespace lvx::daemon
