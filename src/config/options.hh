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
};

}  // namespace lvx::config
