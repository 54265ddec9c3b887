// What the loader has to know of the world beside the text: all of it is given, nothing is looked up.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace lvx::config {

struct Options {
    std::string config_id;  // of "@id" lines; usually the host name up to its first dot
    std::map<std::string, std::string> environment;  // of ${_ENV NAME}
    std::uint64_t random_seed = 0;                   // of ${_RANDOM}
    // A start that must succeed: where keepalived changes the configuration and goes on, so does lvx, with a warning
    // instead of an error.  Never for a check or a reload.
    bool tolerant = false;
    bool keepalived_order = false;  // also say which names keepalived would not find, being defined too late
    bool strict_includes = false;  // every include has to find something, as "includea" says for one
};

}  // namespace lvx::config
