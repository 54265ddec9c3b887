// The answers of the API, as a pure function of a request and a Director: no socket, no time.  The table of resources
// in routes.cc is the whole list.
//
//   GET  /v1/status /v1/services /v1/drops /v1/interfaces /v1/checks /v1/timeouts      one JSON value each (snapshot.hh)
//   GET  /v1/connections[?cursor=N][&limit=N]                               NDJSON; a Link header leads to the next page
//   POST /v1/operations                                                     a list, in order, up to the first refusal
//   POST /v1/reload, POST /v1/stop[?forwarding=keep|stop]
//   GET  /v1/config /v1/config/history /v1/config/text[?number=N] /v1/config/delta[?as=keepalived|ipvsadm] /v1/overrides
//   POST /v1/config/plan /v1/config/apply /v1/config/confirm /v1/config/rollback[?number=N] /v1/servers
//   DELETE /v1/overrides, /v1/overrides/NAME                                docs/api.md has their shapes
//   GET  /v1/events[?since=N][&wait=SECONDS], /v1/bfd                       events.hh
//   GET  /v1/marks                                                          marks.hh
//   GET  /healthz, GET /metrics
//
// Whatever is wrong is a problem of RFC 9457 (answer.hh).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "api/answer.hh"
#include "api/director_view.hh"
#include "api/door.hh"

namespace lvx::api {

struct Request {
    std::string method;
    std::string target;  // path and query as in the request line
    std::string body;
    std::string who = {};  // user at the other end of the socket
};

struct Response {
    std::uint32_t status = 200;
    std::string content_type = {};
    std::string body = {};
    std::string link = {};   // value of "Link" (RFC 8288); empty: no such header
    std::string allow = {};  // value of "Allow", with 405
    std::uint64_t hold_s = 0;  // not 0: nothing to tell yet; ask again when there is news, and send this after so long
};

inline constexpr std::uint64_t connections_page = 4096;        // lines of a page when nobody asks for another number
inline constexpr std::uint64_t connections_page_limit = 65536;

[[nodiscard]] Response answer(const Request& request, Director& director, const ServerCounters& door);

// For what the door itself refuses, before there is a whole request.
[[nodiscard]] Response problem_response(const Problem& problem);

}  // namespace lvx::api
