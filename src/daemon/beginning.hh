// With which configuration a daemon starts: the file, or what was applied above it since the file last changed.  Decided
// before the data plane is opened, so that a bad file is known before packets are touched.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "config/load.hh"
#include "daemon/state_store.hh"
#include "model/record.hh"

namespace lvx::daemon {

// How texts become sites.  `seed` is that of ${_RANDOM}.
struct Readers {
    std::function<config::Outcome(std::uint64_t seed)> file;  // the daemon's own; not called when there is none
    std::function<config::Outcome(const model::ConfigurationText& text, std::uint64_t seed)> text;
    std::function<std::uint64_t()> seed;
};

// A configuration that was understood, and the text it was made of.
struct Configuration {
    config::Outcome outcome;
    model::Record record;  // number 0: not in the history yet
};

struct Beginning {
    bool known = false;                   // there was a state
    model::RunState state;
    Configuration runs;                   // what shall run; empty text: no configuration at all
    model::Site before;                   // what ran before, as far as that is known: for servers that leave
    std::size_t tolerated = 0;            // mistakes of the configuration that a tolerant start took as keepalived does
    std::vector<std::string> notices;     // to be told once there is a log
};

// An error's sentence holds the reader's diagnostics when the file is bad.
[[nodiscard]] Result<Beginning> begin(const StateStore& store, const std::string& file, const Readers& readers, model::WallTime now);

// The file as it is now.
[[nodiscard]] Configuration read_file(const std::string& file, const Readers& readers, const std::string& who, const std::string& how,
                                      model::WallTime now);

}  // namespace lvx::daemon
