#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/events.hh"
#include "api/json.hh"
#include "api/routes.hh"
#include "api/sample.hh"

namespace lvx::api {
namespace {

using testing::HasSubstr;

Response ask(FakeDirector& director, const std::string& target) {
    return answer({.method = "GET", .target = target}, director, {});
}

void tell(FakeDirector& director, const std::string& session) {
    using namespace std::chrono;
    const auto time = sys_days(2026y / 11 / 22) + 14h + 5min + 9s + 42ms;
    director.events_value.add(model::event(model::EventKind::bfd_up, {session, "10.0.0.2"}), time);
}

TEST(EventRoutes, an_event_is_one_line_with_its_fields) {
    FakeDirector director = sample_director();
    tell(director, "b1");
    const Response response = ask(director, "/v1/events");
    EXPECT_EQ(response.content_type, "application/x-ndjson");
    EXPECT_EQ(response.body,
              R"({"sequence":1,"time":"2026-11-22T14:05:09.042Z","event":"bfd_up","severity":"notice",)"
              R"("text":"BFD_Instance(b1) Entering Up state","fields":{"neighbour":"10.0.0.2","session":"b1"}})"
              "\n");
    const auto read = from_json<EventSnapshot>(response.body);
    ASSERT_TRUE(read) << read.error().sentence();
    EXPECT_EQ(read->fields.at("session"), "b1");
}

TEST(EventRoutes, only_those_after_a_number_are_told) {
    FakeDirector director = sample_director();
    for (const char* name : {"a", "b", "c"}) tell(director, name);
    const std::string body = ask(director, "/v1/events?since=2").body;
    EXPECT_THAT(body, HasSubstr("(c)"));
    EXPECT_THAT(body, testing::Not(HasSubstr("(b)")));
}

TEST(EventRoutes, an_answer_without_lines_waits_when_asked_to) {
    FakeDirector director = sample_director();
    EXPECT_EQ(ask(director, "/v1/events").hold_s, 0U);
    EXPECT_EQ(ask(director, "/v1/events?wait=5").hold_s, 5U);
    tell(director, "a");
    EXPECT_EQ(ask(director, "/v1/events?wait=5").hold_s, 0U);
    EXPECT_EQ(ask(director, "/v1/events?since=1&wait=20").hold_s, 20U);
    EXPECT_EQ(ask(director, "/v1/events?wait=21").status, 400U);
    EXPECT_EQ(ask(director, "/v1/events?since=x").status, 400U);
}

class FixedMarks : public MarksDesk {
 public:
    MarksSnapshot value;
    bool looked_value = true;
    [[nodiscard]] MarksSnapshot marks() const override { return value; }
    [[nodiscard]] bool looked() override { return looked_value; }
    void look_again() override {}
};

TEST(EventRoutes, marks_are_told_when_they_were_looked_at) {
    FakeDirector director = sample_director();
    EXPECT_EQ(ask(director, "/v1/marks").status, 501u);
    FixedMarks desk;
    director.marks_value = &desk;
    desk.value = {.watched = true,
                  .no_notices = "none",
                  .members = {{7, "inet", "tcp", "192.0.2.1", 80, 90, "lvx.conf:12", "fwmark/7"}},
                  .not_followed = {{"iptables mangle PREROUTING rule 3", "depends on source address"}},
                  .not_named = 2,
                  .beyond_limit = 3,
                  .tools = {{"nft", "not installed", false}}};
    const Response told = ask(director, "/v1/marks");
    EXPECT_EQ(told.hold_s, 0u);
    const auto read = from_json<MarksSnapshot>(told.body);
    ASSERT_TRUE(read) << read.error().sentence();
    EXPECT_EQ(*read, desk.value);
    desk.looked_value = false;
    EXPECT_EQ(ask(director, "/v1/marks").hold_s, marks_wait_s);
}

TEST(EventRoutes, bfd_sessions_are_listed) {
    FakeDirector director = sample_director();
    director.bfd_value = {{.name = "b1", .neighbour = "10.0.0.2", .state = "Up", .downs = 3}};
    const auto read = from_json<BfdSessions>(ask(director, "/v1/bfd").body);
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, director.bfd_value);
    const std::string page = ask(director, "/metrics").body;
    EXPECT_THAT(page, HasSubstr("lvx_bfd_up{session=\"b1\",neighbour=\"10.0.0.2\"} 1\n"));
}

TEST(EventRoutes, each_event_has_its_counter) {
    FakeDirector director = sample_director();
    for (int i = 0; i < 10; ++i) tell(director, "a");
    const std::string page = ask(director, "/metrics").body;
    EXPECT_THAT(page, HasSubstr("lvx_events_total{event=\"bfd_up\"} 10\n"));
    EXPECT_THAT(page, HasSubstr("lvx_events_total{event=\"bfd_down\"} 0\n"));
    EXPECT_THAT(page, HasSubstr("lvx_events_dropped_total 2\n"));
}

}  // namespace
}  // namespace lvx::api
