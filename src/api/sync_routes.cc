// Resources about synchronisation between directors.
#include <cerrno>

#include "api/route.hh"
#include "api/sync.hh"

namespace lvx::api {

namespace {

Refused no_sync() {
    return Refused(Problem{.title = "Not Implemented", .status = 501, .detail = "this director synchronises with nobody", .code = "no_sync", .number = EOPNOTSUPP});
}

Answer get_sync(const Call& call) {
    const SyncDesk* desk = call.director.sync();
    if (desk == nullptr) return no_sync();
    return json_response(desk->sync());
}

using Order = std::expected<void, Problem> (SyncDesk::*)(const SyncDaemonRequest&);

template <Order order>
Answer order_daemon(const Call& call) {
    SyncDesk* desk = call.director.sync();
    if (desk == nullptr) return no_sync();
    const auto request = from_json<SyncDaemonRequest>(call.body);
    if (!request) return bad_request(request.error().sentence(), "");
    if (request->role != "master" && request->role != "backup") return bad_request("role is neither master nor backup", "");
    call.director.asked_by(call.who);
    if (auto done = (desk->*order)(*request); !done) return Refused(done.error());
    return json_response(desk->sync());
}

constexpr std::array routes{
    Route{"GET", "/v1/sync", get_sync},
    Route{"POST", "/v1/sync/daemons", order_daemon<&SyncDesk::start_daemon>},
    Route{"POST", "/v1/sync/daemons/stop", order_daemon<&SyncDesk::stop_daemon>},
};

}  // namespace

std::span<const Route> sync_routes() { return routes; }

}  // namespace lvx::api
