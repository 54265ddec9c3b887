// Resources about what happened, and about BFD sessions.
#include "api/events.hh"
#include "api/route.hh"

namespace lvx::api {

namespace {

Answer get_events(const Call& call) {
    const model::EventRing* const ring = call.director.events();
    if (ring == nullptr) return Refused(Problem{.title = "Not Implemented", .status = 501, .detail = "this director keeps no events", .code = "no_events"});
    const auto since = number(call.query, "since", 0, std::numeric_limits<std::uint64_t>::max());
    if (!since) return Refused(since.error());
    const auto wait = number(call.query, "wait", 0, events_wait_limit_s);
    if (!wait) return Refused(wait.error());
    Response response{.content_type = "application/x-ndjson"};
    for (const model::ToldEvent& told : ring->page(*since, events_page).events) response.body += to_json(event_snapshot(told)) + "\n";
    if (response.body.empty()) response.hold_s = *wait;
    return response;
}

Answer get_bfd(const Call& call) { return json_response(call.director.bfd()); }

constexpr std::array routes{
    Route{"GET", "/v1/events", get_events, {"since", "wait"}},
    Route{"GET", "/v1/bfd", get_bfd},
};

}  // namespace

std::span<const Route> event_routes() { return routes; }

}  // namespace lvx::api
