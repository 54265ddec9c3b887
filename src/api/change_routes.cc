// Resources about changes: plans, applied configurations, their history, overrides, servers.
#include <fmt/format.h>

#include "api/change_desk.hh"
#include "api/route.hh"

namespace lvx::api {

namespace {

Refused no_desk() {
    return Refused(Problem{.title = "Not Implemented", .status = 501, .detail = "this director keeps no configuration", .code = "no_changes"});
}

template <class T>
Answer answered(const std::expected<T, Problem>& outcome) {
    if (!outcome) return Refused(outcome.error());
    return json_response(*outcome);
}

// A refused configuration is an answer of its own kind: its diagnostics are the body.
Answer answered(const std::expected<ApplyOutcome, Problem>& outcome) {
    if (!outcome) return Refused(outcome.error());
    Response response = json_response(*outcome);
    if (!outcome->applied) response.status = 422;
    return response;
}

// The handler's own work, with the desk at hand.
template <Answer (*work)(const Call&, ChangeDesk&)>
Answer at_desk(const Call& call) {
    ChangeDesk* desk = call.director.changes();
    return desk == nullptr ? no_desk() : work(call, *desk);
}

std::expected<std::optional<std::uint64_t>, Problem> optional_number(const Call& call) {
    if (!call.query.contains("number")) return std::nullopt;
    const auto value = number(call.query, "number", 0, std::numeric_limits<std::uint64_t>::max());
    if (!value) return Refused(value.error());
    return *value;
}

Answer get_configuration(const Call&, ChangeDesk& desk) { return json_response(desk.configuration()); }
Answer get_history(const Call&, ChangeDesk& desk) { return json_response(desk.history()); }
Answer get_overrides(const Call&, ChangeDesk& desk) { return json_response(desk.overrides()); }

Answer get_text(const Call& call, ChangeDesk& desk) {
    const auto wanted = optional_number(call);
    if (!wanted) return Refused(wanted.error());
    return answered(desk.text(*wanted));
}

Answer get_delta(const Call& call, ChangeDesk& desk) {
    const auto found = call.query.find("as");
    const std::string_view word = found == call.query.end() ? "keepalived" : found->second;
    if (word != "keepalived" && word != "ipvsadm") return bad_request("as is neither keepalived nor ipvsadm", "");
    return Response{.content_type = "text/plain; charset=utf-8",
                    .body = desk.delta(word == "ipvsadm" ? DeltaForm::ipvsadm : DeltaForm::keepalived)};
}

Answer post_plan(const Call& call, ChangeDesk& desk) {
    const auto text = from_json<model::ConfigurationText>(call.body);
    if (!text) return bad_request(text.error().sentence(), "send {\"main\": …, \"files\": [{\"name\": …, \"text\": …}]}");
    const PlanOutcome outcome = desk.plan(*text);
    Response response = json_response(outcome);
    if (!outcome.usable) response.status = 422;
    return response;
}

Answer post_apply(const Call& call, ChangeDesk& desk) {
    const auto request = from_json<ApplyRequest>(call.body);
    if (!request) return bad_request(request.error().sentence(), "send {\"text\": …, \"confirm_s\": 300}");
    return answered(desk.apply(*request, call.who));
}

Answer post_confirm(const Call& call, ChangeDesk& desk) { return answered(desk.confirm(call.who)); }

Answer post_rollback(const Call& call, ChangeDesk& desk) {
    const auto wanted = optional_number(call);
    if (!wanted) return Refused(wanted.error());
    return answered(desk.rollback(*wanted, call.who));
}

Answer post_servers(const Call& call, ChangeDesk& desk) {
    const auto request = from_json<ServerRequest>(call.body);
    if (!request) return bad_request(request.error().sentence(), "send {\"action\": \"drain\", \"server\": {\"address\": …, \"port\": 80}}");
    return answered(desk.change_servers(*request, call.who));
}

Answer delete_overrides(const Call& call, ChangeDesk& desk) { return answered(desk.clear_overrides(std::nullopt, call.who)); }

Answer delete_override(const Call& call, ChangeDesk& desk) { return answered(desk.clear_overrides(std::string(call.rest), call.who)); }

constexpr std::array routes{
    Route{"GET", "/v1/config", at_desk<get_configuration>},
    Route{"GET", "/v1/config/history", at_desk<get_history>},
    Route{"GET", "/v1/config/text", at_desk<get_text>, {"number"}},
    Route{"GET", "/v1/config/delta", at_desk<get_delta>, {"as"}},
    Route{"POST", "/v1/config/plan", at_desk<post_plan>},
    Route{"POST", "/v1/config/apply", at_desk<post_apply>},
    Route{"POST", "/v1/config/confirm", at_desk<post_confirm>},
    Route{"POST", "/v1/config/rollback", at_desk<post_rollback>, {"number"}},
    Route{"GET", "/v1/overrides", at_desk<get_overrides>},
    Route{"DELETE", "/v1/overrides", at_desk<delete_overrides>},
    Route{"DELETE", "/v1/overrides/", at_desk<delete_override>},
    Route{"POST", "/v1/servers", at_desk<post_servers>},
};

}  // namespace

std::span<const Route> change_routes() { return routes; }

}  // namespace lvx::api
