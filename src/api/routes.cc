#include "api/routes.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <expected>
#include <map>

#include "api/execute_list.hh"
#include "api/metrics.hh"
#include "api/route.hh"

namespace lvx::api {

Refused bad_request(std::string detail, std::string hint) {
    return Refused(Problem{.title = "Bad Request", .status = 400, .detail = std::move(detail), .code = "bad_request", .hint = std::move(hint)});
}

std::expected<std::uint64_t, Problem> number(const Query& query, std::string_view name, std::uint64_t absent, std::uint64_t limit) {
    const auto found = query.find(name);
    if (found == query.end()) return absent;
    const std::string_view text = found->second;
    std::uint64_t value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc() || end != text.data() + text.size() || value > limit) {
        return bad_request(fmt::format("{} is not a number from 0 to {}", name, limit), "");
    }
    return value;
}

namespace {

// ---- the resources ----

Answer get_status(const Call& call) { return json_response(call.director.status()); }
Answer get_services(const Call& call) { return json_response(call.director.services()); }
Answer get_drops(const Call& call) { return json_response(call.director.verdicts()); }
Answer get_interfaces(const Call& call) { return json_response(call.director.interfaces()); }
Answer get_checks(const Call& call) { return json_response(call.director.checks()); }
Answer get_timeouts(const Call& call) { return json_response(call.director.services().timeouts); }
Answer get_health(const Call&) { return Response{.content_type = "text/plain; charset=utf-8", .body = "ok\n"}; }

Answer get_metrics(const Call& call) {
    const MetricsInput input{call.director.status(), call.director.services(), call.director.verdicts(), call.director.interfaces(), call.door, call.director.checks(), call.director.events(), call.director.bfd(),
                             call.director.sync() ? call.director.sync()->sync() : SyncSnapshot{},
                             call.director.vrrp() ? call.director.vrrp()->vrrp() : VrrpSnapshot{}, call.director.work()};
    return Response{.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = metrics(input)};
}

Answer get_connections(const Call& call) {
    const auto cursor = number(call.query, "cursor", 0, std::numeric_limits<std::uint64_t>::max());
    if (!cursor) return Refused(cursor.error());
    const auto limit = number(call.query, "limit", connections_page, connections_page_limit);
    if (!limit) return Refused(limit.error());
    if (*limit == 0) return bad_request("limit is 0", "leave it out to get pages of the usual size");
    Response response{.content_type = "application/x-ndjson"};
    std::uint64_t lines = 0;
    const std::uint64_t next = call.director.connections(*cursor, [&](const ConnectionSnapshot& connection) {
        response.body += to_json(connection) + "\n";
        return ++lines < *limit ? Visit::next : Visit::stop;
    });
    if (next != end_of_table) response.link = fmt::format("</v1/connections?cursor={}&limit={}>; rel=\"next\"", next, *limit);
    return response;
}

// The errno's own symbol and text; what it means for an operation is the tool's to say (ipvsadm words it its way).
Problem refusal_problem(const Execution& execution) {
    const char* symbol = strerrorname_np(execution.refusal);
    return {.title = "Operation refused",
            .status = 409,
            .detail = fmt::format("operation {}: {}", execution.executed,
                              execution.sentence.empty() ? strerrordesc_np(execution.refusal) : execution.sentence),
            .code = symbol == nullptr ? fmt::format("E{}", execution.refusal) : symbol,
            .hint = "those before it hold, those after it were not looked at",
            .number = execution.refusal,
            .index = execution.executed};
}

Answer post_operations(const Call& call) {
    const auto operations = from_json<Operations>(call.body);
    if (!operations) return bad_request(operations.error().sentence(), "send a list of operations: [{\"flush\": {}}]");
    call.director.asked_by(call.who);
    const Execution execution = execute_list(call.director, *operations);
    if (execution.refusal != 0) return Refused(refusal_problem(execution));
    return json_response(OperationsOutcome{execution.executed});
}

Answer post_reload(const Call& call) {
    call.director.asked_by(call.who);
    const ReloadOutcome outcome = call.director.reload();
    Response response = json_response(outcome);
    if (!outcome.applied) response.status = 422;
    return response;
}

Answer post_stop(const Call& call) {
    const auto found = call.query.find("forwarding");
    const std::string_view word = found == call.query.end() ? "keep" : found->second;
    if (word != "keep" && word != "stop") return bad_request("forwarding is neither keep nor stop", "");
    call.director.stop(word == "keep" ? StopKind::keep_forwarding : StopKind::stop_forwarding);
    return Response{.status = 202, .content_type = "application/json", .body = "{}\n"};
}

constexpr std::array plain_routes{
    Route{"GET", "/v1/status", get_status},
    Route{"GET", "/v1/services", get_services},
    Route{"GET", "/v1/connections", get_connections, {"cursor", "limit"}},
    Route{"GET", "/v1/drops", get_drops},
    Route{"GET", "/v1/interfaces", get_interfaces},
    Route{"GET", "/v1/checks", get_checks},
    Route{"GET", "/v1/timeouts", get_timeouts},
    Route{"POST", "/v1/operations", post_operations},
    Route{"POST", "/v1/reload", post_reload},
    Route{"POST", "/v1/stop", post_stop, {"forwarding"}},
    Route{"GET", "/healthz", get_health},
    Route{"GET", "/metrics", get_metrics},
};

// ---- from the request line to a route ----

// Values are digits and words, so a percent sign never has to be decoded: it is simply not a valid value.
std::expected<Query, Problem> parse_query(std::string_view text, const Route& route) {
    Query query;
    while (!text.empty()) {
        const std::string_view pair = text.substr(0, text.find('&'));
        text.remove_prefix(std::min(text.size(), pair.size() + 1));
        const std::size_t equals = pair.find('=');
        const std::string_view name = pair.substr(0, equals);
        if (name.empty() || std::ranges::find(route.parameters, name) == route.parameters.end()) {
            return bad_request(fmt::format("{} has no parameter \"{}\"", route.path, name), "");
        }
        query[name] = equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1);
    }
    return query;
}

constexpr std::array<std::span<const Route> (*)(), 6> tables{[] { return std::span<const Route>(plain_routes); }, change_routes, sync_routes, vrrp_routes, event_routes, mark_routes};

bool leads_to(const Route& route, std::string_view path) {
    if (!route.path.ends_with('/')) return route.path == path;
    return path.size() > route.path.size() && path.starts_with(route.path);
}

Response not_found(std::string_view path) {
    std::string known;
    for (const auto table : tables)
        for (const Route& route : table())
            if (known.find(route.path) == known.npos) known += (known.empty() ? "" : ", ") + std::string(route.path);
    return problem_response({.title = "Not Found", .status = 404, .detail = fmt::format("there is no {}", path),
                             .code = "no_such_resource", .hint = "there are " + known});
}

Response not_allowed(std::string_view path, std::string_view methods, std::string_view method) {
    Response response = problem_response({.title = "Method Not Allowed", .status = 405,
                                          .detail = fmt::format("{} knows no {}", path, method),
                                          .code = "no_such_method", .hint = fmt::format("use {}", methods)});
    response.allow = methods;
    return response;
}

Response answer_with(const Route& route, const Request& request, std::string_view path, Director& director, const ServerCounters& door) {
    const std::string_view target = request.target;
    const auto query = parse_query(path.size() < target.size() ? target.substr(path.size() + 1) : std::string_view{}, route);
    if (!query) return problem_response(query.error());
    const std::string_view rest = route.path.ends_with('/') ? path.substr(route.path.size()) : std::string_view{};
    auto result = route.answer({*query, request.body, director, door, request.who, rest});
    return result ? std::move(*result) : problem_response(result.error());
}

}  // namespace

Response problem_response(const Problem& problem) {
    return {.status = problem.status, .content_type = "application/problem+json", .body = to_json(problem) + "\n"};
}

Response answer(const Request& request, Director& director, const ServerCounters& door) {
    const std::string_view path = std::string_view(request.target).substr(0, request.target.find('?'));
    std::string methods;
    for (const auto table : tables) {
        for (const Route& route : table()) {
            if (!leads_to(route, path)) continue;
            if (route.method == request.method) return answer_with(route, request, path, director, door);
            methods += (methods.empty() ? "" : ", ") + std::string(route.method);
        }
    }
    return methods.empty() ? not_found(path) : not_allowed(path, methods, request.method);
}

}  // namespace lvx::api
