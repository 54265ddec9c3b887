#include "api/sync_client.hh"

#include <cerrno>

namespace lvx::api {

namespace {

std::unexpected<Error> improper(const HttpAnswer& answer) {
    const auto problem = from_json<Problem>(answer.body);
    return refusal(problem ? problem->detail : "the daemon gave no proper answer", problem ? problem->number : EPROTO, problem ? problem->hint : "");
}

}  // namespace

Result<SyncSnapshot> fetch_sync(Client& client) {
    const HttpAnswer answer = TRY(client.request("GET", "/v1/sync", ""));
    if (answer.status == 501) return SyncSnapshot{};  // it has no table to synchronise, so there is nothing to tell
    if (answer.status != 200) return improper(answer);
    auto snapshot = from_json<SyncSnapshot>(answer.body);
    if (!snapshot) return refusal("the daemon gave no proper answer: " + snapshot.error().sentence(), EPROTO);
    return std::move(*snapshot);
}

Result<int> order_sync_daemon(Client& client, DaemonOrder order, const SyncDaemonRequest& request) {
    const HttpAnswer answer =
        TRY(client.request("POST", order == DaemonOrder::start ? "/v1/sync/daemons" : "/v1/sync/daemons/stop", to_json(request)));
    if (answer.status == 200) return 0;
    const auto problem = from_json<Problem>(answer.body);
    if (problem && problem->number != 0) return problem->number;
    return improper(answer);
}

}  // namespace lvx::api
