#include "api/json.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/sample.hh"

namespace lvx::api {
namespace {

using ::testing::HasSubstr;

template <class T>
void expect_round_trip(const T& value) {
    const std::string text = to_json(value);
    const auto again = from_json<T>(text);
    ASSERT_TRUE(again) << again.error().sentence() << "\n" << text;
    EXPECT_EQ(*again, value) << text;
}

TEST(Json, SnapshotsComeBackAsTheyWere) {
    const FakeDirector director = sample_director();
    expect_round_trip(director.status_value);
    expect_round_trip(director.services_value);
    expect_round_trip(director.verdicts_value);
    expect_round_trip(director.interfaces_value);
    expect_round_trip(director.checks_value);
    expect_round_trip(director.connections_value.front());
    expect_round_trip(director.services_value.timeouts);
}

TEST(Json, AnswersComeBackAsTheyWere) {
    expect_round_trip(OperationsOutcome{7});
    expect_round_trip(ReloadOutcome{false, "lvx.conf:1:1: error[E0112]: \"quoted\"\n\ttab"});
    expect_round_trip(Problem{.title = "T", .status = 409, .detail = "d", .code = "ESRCH", .hint = "h", .number = 3, .index = 0});
    expect_round_trip(Problem{});
}

// Operations have no ==; their text stands for them.
TEST(Json, EveryOperationComesBackAsItWas) {
    const ServiceSnapshot service = sample_services().services.front();
    const model::ServiceKey mark{.protocol = model::Protocol::ip, .fwmark = 4294967295};
    const Operations operations{model::AddService{service.service},
                                model::EditService{service.service},
                                model::DeleteService{mark},
                                model::AddServer{service.service.key, service.servers[0].server},
                                model::EditServer{service.service.key, service.servers[1].server},
                                model::DeleteServer{service.service.key, service.servers[1].server.endpoint},
                                model::Flush{},
                                model::SetTimeouts{{std::chrono::seconds{1}, std::chrono::seconds{0}, std::chrono::seconds{3}}},
                                model::Zero{},
                                model::Zero{mark}};
    const std::string text = to_json(operations);
    const auto again = from_json<Operations>(text);
    ASSERT_TRUE(again) << again.error().sentence();
    ASSERT_EQ(again->size(), operations.size());
    for (std::size_t i = 0; i < operations.size(); ++i) EXPECT_EQ((*again)[i].index(), operations[i].index());
    EXPECT_EQ(to_json(*again), text);
}

TEST(Json, NamesAreThoseOfTheStructs) {
    EXPECT_EQ(to_json(model::Timeouts{}), R"({"tcp":900,"tcp_fin":120,"udp":300})");
    EXPECT_EQ(to_json(sample_connection(40001)),
              R"({"protocol":"tcp","state":"ESTABLISHED","expires_s":899,"client":{"address":"192.168.88.21","port":40001},)"
              R"("virtual_service":{"address":"192.168.88.23","port":80},"server":{"address":"10.0.0.2","port":80}})");
}

TEST(Json, AMissingFieldKeepsItsDefault) {
    const auto timeouts = from_json<model::Timeouts>(R"({"udp": 30})");
    ASSERT_TRUE(timeouts);
    EXPECT_EQ(*timeouts, (model::Timeouts{.udp = std::chrono::seconds{30}}));
}

struct Wrong {
    std::string text, place, reason;
};

class WrongOperations : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrongOperations, AreRefusedWithTheirPlace) {
    const auto read = from_json<Operations>(GetParam().text);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().place, GetParam().place);
    EXPECT_THAT(read.error().reason, HasSubstr(GetParam().reason));
}

INSTANTIATE_TEST_SUITE_P(Json, WrongOperations, ::testing::Values(
    Wrong{"", "", "not JSON"},
    Wrong{"[", "", "not JSON"},
    Wrong{"{}", "", "not a list"},
    Wrong{"[3]", "[0]", "one member"},
    Wrong{R"([{"flush": {}, "zero": {}}])", "[0]", "one member"},
    Wrong{R"([{"flush": {}}, {"burn": {}}])", "[1].burn", "unknown operation"},
    Wrong{R"([{"flush": {"now": true}}])", "[0].flush", "not an empty object"},
    Wrong{R"([{"delete_service": {"kee": {}}}])", "[0].delete_service.kee", "unknown field"},
    Wrong{R"([{"delete_service": {"key": {"port": 65536}}}])", "[0].delete_service.key.port", "from 0 to 65535"},
    Wrong{R"([{"delete_service": {"key": {"port": -1}}}])", "[0].delete_service.key.port", "from 0 to 65535"},
    Wrong{R"([{"delete_service": {"key": {"port": 1.5}}}])", "[0].delete_service.key.port", "from 0 to 65535"},
    Wrong{R"([{"delete_service": {"key": {"protocol": "icmp"}}}])", "[0].delete_service.key.protocol", "tcp, udp, sctp, ip"},
    Wrong{R"([{"delete_service": {"key": {"address": "1.2.3"}}}])", "[0].delete_service.key.address", "not an IP address"},
    Wrong{R"([{"add_service": {"service": {"one_packet": 1}}}])", "[0].add_service.service.one_packet", "true nor false"},
    Wrong{R"([{"add_service": {"service": {"scheduler": null}}}])", "[0].add_service.service.scheduler", "not a string"}));

TEST(Json, TextThatIsNotUtf8IsWrittenReadable) {
    const auto again = from_json<ReloadOutcome>(to_json(ReloadOutcome{false, "caf\xe9 \xc3\xa9 \xf0\x9f\x98\x80 \xed\xa0\x80"}));
    ASSERT_TRUE(again) << again.error().sentence();
    EXPECT_EQ(again->diagnostics, "caf\uFFFD \xc3\xa9 \xf0\x9f\x98\x80 \uFFFD\uFFFD\uFFFD");
}

}  // namespace
}  // namespace lvx::api
