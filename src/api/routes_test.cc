#include "api/routes.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "api/json.hh"
#include "api/sample.hh"

namespace lvx::api {
namespace {

using ::testing::HasSubstr;

Response ask(FakeDirector& director, std::string method, std::string target, std::string body) {
    return answer({std::move(method), std::move(target), std::move(body)}, director, ServerCounters{});
}

Problem problem_of(const Response& response) {
    EXPECT_EQ(response.content_type, "application/problem+json");
    const auto problem = from_json<Problem>(response.body);
    EXPECT_TRUE(problem) << response.body;
    EXPECT_EQ(problem->status, response.status);
    return problem.value_or(Problem{});
}

TEST(Routes, SnapshotsAreAnsweredAsJson) {
    FakeDirector director = sample_director();
    EXPECT_EQ(from_json<StatusSnapshot>(ask(director, "GET", "/v1/status", "").body), director.status_value);
    EXPECT_EQ(from_json<ServicesSnapshot>(ask(director, "GET", "/v1/services", "").body), director.services_value);
    EXPECT_EQ(from_json<Verdicts>(ask(director, "GET", "/v1/drops", "").body), director.verdicts_value);
    EXPECT_EQ(from_json<Interfaces>(ask(director, "GET", "/v1/interfaces", "").body), director.interfaces_value);
    EXPECT_EQ(from_json<model::Timeouts>(ask(director, "GET", "/v1/timeouts", "").body), director.services_value.timeouts);
    EXPECT_EQ(ask(director, "GET", "/v1/status", "").content_type, "application/json");
}

TEST(Routes, HealthIsOneWord) {
    FakeDirector director;
    EXPECT_EQ(ask(director, "GET", "/healthz", "").body, "ok\n");
}

TEST(Routes, ConnectionsComeInPagesThatLeadOnwards) {
    FakeDirector director = sample_director();
    const Response first = ask(director, "GET", "/v1/connections?limit=2", "");
    EXPECT_EQ(first.content_type, "application/x-ndjson");
    EXPECT_EQ(first.body, to_json(sample_connection(40001)) + "\n" + to_json(sample_connection(40002)) + "\n");
    EXPECT_EQ(first.link, "</v1/connections?cursor=2&limit=2>; rel=\"next\"");
    const Response last = ask(director, "GET", "/v1/connections?cursor=2&limit=2", "");
    EXPECT_EQ(last.body, to_json(sample_connection(40003)) + "\n");
    EXPECT_EQ(last.link, "");
}

TEST(Routes, APageThatEndsWithTheTableLeadsNowhere) {
    FakeDirector director = sample_director();
    EXPECT_EQ(ask(director, "GET", "/v1/connections?limit=3", "").link, "");
}

TEST(Routes, ALimitOfAPageHasABorder) {
    FakeDirector director = sample_director();
    EXPECT_EQ(ask(director, "GET", "/v1/connections?limit=65536", "").status, 200);
    EXPECT_EQ(ask(director, "GET", "/v1/connections?limit=65537", "").status, 400);
    EXPECT_EQ(ask(director, "GET", "/v1/connections?limit=0", "").status, 400);
    EXPECT_EQ(ask(director, "GET", "/v1/connections?limit=", "").status, 400);
    EXPECT_EQ(ask(director, "GET", "/v1/connections?cursor=1x", "").status, 400);
}

TEST(Routes, AParameterNobodyKnowsIsRefused) {
    FakeDirector director = sample_director();
    EXPECT_THAT(problem_of(ask(director, "GET", "/v1/connections?lmit=3", "")).detail, HasSubstr("lmit"));
    EXPECT_EQ(ask(director, "GET", "/v1/status?x", "").status, 400);
    EXPECT_EQ(ask(director, "GET", "/v1/status?", "").status, 200);
}

TEST(Routes, OperationsAreExecutedInOrder) {
    FakeDirector director;
    const Response response = ask(director, "POST", "/v1/operations", R"([{"flush": {}}, {"zero": {}}])");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(from_json<OperationsOutcome>(response.body), OperationsOutcome{2});
    ASSERT_EQ(director.executed.size(), 2);
    EXPECT_TRUE(std::holds_alternative<model::Flush>(director.executed[0]));
    EXPECT_TRUE(std::holds_alternative<model::Zero>(director.executed[1]));
}

TEST(Routes, ARefusedOperationNamesItsErrnoAndPlace) {
    FakeDirector director;
    director.refusal = Execution{1, ESRCH};
    const Problem problem = problem_of(ask(director, "POST", "/v1/operations", R"([{"flush": {}}, {"zero": {}}])"));
    EXPECT_EQ(problem.status, 409);
    EXPECT_EQ(problem.code, "ESRCH");
    EXPECT_EQ(problem.number, ESRCH);
    EXPECT_EQ(problem.index, 1);
    EXPECT_EQ(director.executed.size(), 1);
}

TEST(Routes, OperationsThatAreNotJsonReachNobody) {
    FakeDirector director;
    const Problem problem = problem_of(ask(director, "POST", "/v1/operations", R"([{"flush": {}}, {"burn": {}}])"));
    EXPECT_EQ(problem.status, 400);
    EXPECT_THAT(problem.detail, HasSubstr("[1].burn"));
    EXPECT_TRUE(director.executed.empty());
}

TEST(Routes, AReloadThatIsRefusedBringsTheDiagnostics) {
    FakeDirector director;
    EXPECT_EQ(ask(director, "POST", "/v1/reload", "").status, 200);
    director.reload_value = {false, "lvx.conf:3:1: error"};
    const Response response = ask(director, "POST", "/v1/reload", "");
    EXPECT_EQ(response.status, 422);
    EXPECT_EQ(from_json<ReloadOutcome>(response.body), director.reload_value);
    EXPECT_EQ(director.reloads, 2);
}

TEST(Routes, StopKeepsForwardingUnlessAskedToStopIt) {
    FakeDirector director;
    EXPECT_EQ(ask(director, "POST", "/v1/stop?forwarding=perhaps", "").status, 400);
    EXPECT_EQ(director.stopped, std::nullopt);
    EXPECT_EQ(ask(director, "POST", "/v1/stop", "").status, 202);
    EXPECT_EQ(director.stopped, StopKind::keep_forwarding);
    EXPECT_EQ(ask(director, "POST", "/v1/stop?forwarding=stop", "").status, 202);
    EXPECT_EQ(director.stopped, StopKind::stop_forwarding);
}

TEST(Routes, AGetNeverChangesAnything) {
    FakeDirector director;
    for (const char* target : {"/v1/operations", "/v1/reload", "/v1/stop"}) {
        const Response response = ask(director, "GET", target, "[{\"flush\": {}}]");
        EXPECT_EQ(problem_of(response).code, "no_such_method");
        EXPECT_EQ(response.allow, "POST");
    }
    EXPECT_TRUE(director.executed.empty());
    EXPECT_EQ(director.reloads, 0);
    EXPECT_EQ(director.stopped, std::nullopt);
}

TEST(Routes, AnUnknownResourceIsAProblemThatListsTheOthers) {
    FakeDirector director;
    for (const char* target : {"/", "", "/v1", "/v1/status/", "/v1/statu"}) {
        const Problem problem = problem_of(ask(director, "GET", target, ""));
        EXPECT_EQ(problem.status, 404);
        EXPECT_THAT(problem.hint, HasSubstr("/v1/status"));
    }
}

}  // namespace
}  // namespace lvx::api
