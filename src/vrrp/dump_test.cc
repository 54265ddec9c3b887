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

// The keys that keepalived 2.2.7 wrote for an instance with everything that it writes, in its order.
constexpr const char* keepalived_keys =
    "iname dont_track_primary skip_check_adv_addr strict_mode vmac_ifname ifp_ifname master_priority last_transition garp_delay garp_refresh garp_rep "
    "garp_refresh_rep garp_lower_prio_delay garp_lower_prio_rep lower_prio_no_advert higher_prio_send_advert vrid base_priority effective_priority vipset "
    "promote_secondaries adver_int master_adver_int accept nopreempt preempt_delay state wantstate version smtp_alert notify_deleted script_master script "
    "vips evips vroutes vrules track_ifp track_script track_process auth_type auth_data "
    "advert_rcvd advert_sent become_master release_master packet_len_err advert_interval_err ip_ttl_err invalid_type_rcvd addr_list_err invalid_authtype "
    "authtype_mismatch auth_failure pri_zero_rcvd pri_zero_sent";

TEST(Dump, HasEveryKeyOfKeepalivedInItsOrderAndItsTypes) {
    model::Vrrp full = configuration();
    full.instances[0].notify.master = model::Command{.words = {"/usr/bin/true", "a"}};
    full.instances[0].notify.any = model::Command{.words = {"/usr/bin/true", "b"}};
    full.scripts = {{.name = "chk", .command = {.words = {"/bin/true"}}}};
    full.instances[0].tracks = {.interfaces = {{.name = "v1", .weight = 5}}, .scripts = {{.name = "chk", .weight = 5}}};
    const std::string text = json_dump(full, status(), now, 1);
    std::string keys;
    for (std::size_t at = text.find("\"iname"); at != std::string::npos;) {
        const std::size_t end = text.find('"', at + 1);
        if (text[end + 1] == ':' && text[end + 2] != '{') keys += (keys.empty() ? "" : " ") + text.substr(at + 1, end - at - 1);
        at = text.find_first_of("\"", end + 1);
        while (at != std::string::npos && text[at - 1] != ',' && text[at - 1] != '{') at = text.find('"', text.find('"', at + 1) + 1);
    }
    EXPECT_EQ(keys, keepalived_keys);
    for (const char* part : {"\"garp_delay\":5,", "\"adver_int\":1,", "\"dont_track_primary\":0,", "\"lower_prio_no_advert\":0,", "\"script_master\":\"'/usr/bin/true' 'a'\"",
                             "\"track_script\":[\"'/bin/true'\"]", "\"track_ifp\":[\"v1\"]", "\"promote_secondaries\":false"})
        EXPECT_THAT(text, HasSubstr(part));
}

TEST(Dump, TellsScriptsAndWhatIsWanted) {
    model::Vrrp full = configuration();
    full.scripts = {{.name = "chk", .command = {.words = {"/bin/true"}}}};
    Status known = status();
    known.observed[{TrackKind::script, "chk"}] = 1;
    const std::string text = data_dump(full, known, now);
    for (const char* part : {" VRRP Instance = VI", "   Wantstate = MASTER\n", "   Gratuitous ARP delay = 5\n", "   Virtual Router ID = 51\n", "   Advert interval = 1 sec\n",
                             "   Virtual IP (1):\n     192.0.2.100/24 dev eth0 scope global\n", " VRRP Script = chk\n", "   Status = GOOD\n"})
        EXPECT_THAT(text, HasSubstr(part));
}

}  // namespace
}  // namespace lvx::vrrp
