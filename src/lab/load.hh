// Pages fetched as fast as a few threads can, and who answered.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/address.hh"
#include "lab/process.hh"

namespace lvx::lab {

struct LoadResult {
    std::map<std::string, std::uint32_t> answers;  // by page
    std::uint32_t failures = 0;
    std::string first_failure;
    Milliseconds duration{0};
};

// Every request is a connection of its own.  Gives up, with fewer answers, when too many fail.
[[nodiscard]] LoadResult fetch_many(int network_namespace, const Endpoint& server, std::uint32_t requests);

}  // namespace lvx::lab
