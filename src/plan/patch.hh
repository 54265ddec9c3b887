// A change of some services' servers, written as what of the running image becomes different: a server that dies among
// 10,000 touches its own pool and nothing else.  What packets see after it is what the whole build would show them; ids
// of removed servers of other services, their bits of the filter and the layout of the pool wait for the next whole build.
#pragma once

#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "plan/image.hh"

namespace lvx::plan {

using ServerPlace = std::pair<std::uint32_t, Endpoint>;  // as in Registry

struct Patch {
    struct Words {
        std::uint32_t at = 0;
        std::vector<std::uint32_t> words;
    };
    struct Joined {
        ServerPlace place;
        std::uint32_t id = 0;
    };
    struct ServiceRow {
        std::uint32_t id = 0;
        abi::service row{};
        Area area;
        Standing standing;
    };
    std::vector<ServiceRow> services;
    std::vector<std::pair<std::uint32_t, abi::server>> servers;  // by id; all zero: free again
    std::vector<Words> pool;
    std::vector<CursorChange> cursors;
    std::vector<Joined> joined;      // new to the registry
    std::vector<ServerPlace> left;   // out of it
    std::vector<std::size_t> filter; // bytes that get FILTER_SERVER
};

// `changed`: services of the running image as they shall be, each once.  nullopt: only the whole build can do it, because
// there is no image, a service is new to it, or the pool or the ids are used up.  Errors: as of build().
[[nodiscard]] Result<std::optional<Patch>> patch_of(std::span<const model::Service* const> changed, const Running& running,
                                                    const Limits& limits);

void carry_out(const Patch& patch, Image& image);

}  // namespace lvx::plan
