// A configuration as it was applied: the text of every file that took part, so that it can be had again when the files
// on disk are others by then.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/override.hh"

namespace lvx::model {

struct TextFile {
    std::string name, text;  // name: as the main file's "include" led to it
    bool operator==(const TextFile&) const = default;
};

struct ConfigurationText {
    std::string main;             // name of the file that includes the others
    std::vector<TextFile> files;  // the main file among them
    bool operator==(const ConfigurationText&) const = default;
};

// One entry of the history.
struct Record {
    std::uint64_t number = 0;
    WallTime when{};
    std::string who;              // user who asked for it
    std::string how;              // "start", "reload", "apply", "rollback"
    std::uint64_t random_seed = 0;  // of ${_RANDOM}: the same text means the same again
    ConfigurationText text;
    bool operator==(const Record&) const = default;
};

}  // namespace lvx::model
