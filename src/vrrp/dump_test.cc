#include "vrrp/dump.hh"

#include <gmock/gmock.h>

namespace lvx::vrrp {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

model::Vrrp configuration() {
    model::VrrpInstance instance{.name = "VI \"1\"", .interface = "eth0", .vrid = 51, .priority = 150};
    instance.addresses = {{.address = *Address::parse("192.0.2.100"), .prefix_length = 24}};
    return {.instances = {instance}};
}

Status status() {
    InstanceStatus instance{.name = "VI \"1\"", .state = State::master, .since = Instant(90s), .priority = 120};
    instance.counters.adverts_sent = 7;
    instance.counters.refused[static_cast<std::size_t>(Refusal::wrong_ttl)] = 2;
    instance.counters.refused[static_cast<std::size_t>(Refusal::ttl_out_of_range)] = 3;
    return {.instances = {instance}};
}

const Moment now{std::chrono::system_clock::time_point(1000s), Instant(100s)};

TEST(Dump, TellsStateAndCountersUnderKeepalivedsKeys) {
    const std::string text = json_dump(configuration(), status(), now, 1);
    for (const char* part : {"\"iname\":\"VI \\\"1\\\"\"", "\"vrid\":51", "\"base_priority\":150", "\"effective_priority\":120", "\"state\":2",
                             "\"last_transition\":990.000000", "\"vips\":[\"192.0.2.100/24 dev eth0 scope global\"]", "\"advert_sent\":7", "\"ip_ttl_err\":5"})
        EXPECT_THAT(text, HasSubstr(part));
    EXPECT_EQ(text.front(), '[');
    EXPECT_THAT(json_dump(configuration(), status(), now, 2), testing::StartsWith("{\"vrrp\":["));
}

TEST(Dump, WritesCountersAsAPage) {
    const std::string text = stats_dump(status());
    EXPECT_THAT(text, HasSubstr("VRRP Instance: VI \"1\""));
    EXPECT_THAT(text, HasSubstr("    TTL: 5\n"));
    EXPECT_THAT(data_dump(configuration(), status(), now), HasSubstr("   State = MASTER\n"));
}

}  // namespace
}  // namespace lvx::vrrp
