// One row of the API's table of resources, and what its answers are written with.  Rows stand in routes.cc and in the
// *_routes.cc of each subject; routes.cc looks a request up in all of them.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "api/json.hh"
#include "api/routes.hh"

namespace lvx::api {

using Query = std::map<std::string_view, std::string_view>;

struct Call {
    const Query& query;
    const std::string& body;
    Director& director;
    const ServerCounters& door;
    const std::string& who;      // user at the other end of the socket
    std::string_view rest = {};  // of the path, behind a row that ends in '/'
};

using Refused = std::unexpected<Problem>;
using Answer = std::expected<Response, Problem>;

struct Route {
    std::string_view method, path;  // a path that ends in '/' takes every path below it
    Answer (*answer)(const Call&);
    std::array<std::string_view, 2> parameters = {};
};

[[nodiscard]] std::span<const Route> change_routes();
[[nodiscard]] std::span<const Route> event_routes();
[[nodiscard]] std::span<const Route> mark_routes();
[[nodiscard]] std::span<const Route> sync_routes();
[[nodiscard]] std::span<const Route> vrrp_routes();

[[nodiscard]] Refused bad_request(std::string detail, std::string hint);
// A number of the query; `absent` when it is not there.
[[nodiscard]] std::expected<std::uint64_t, Problem> number(const Query& query, std::string_view name, std::uint64_t absent,
                                                           std::uint64_t limit);

template <class T>
Response json_response(const T& value) { return {.content_type = "application/json", .body = to_json(value) + "\n"}; }

}  // namespace lvx::api
