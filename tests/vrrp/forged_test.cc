// Adverts that nobody should believe, sent by somebody on the segment: each is named, counted, and changes nothing.
#include <gmock/gmock.h>

#include "segment.hh"
#include "tap.hh"

namespace lvx::vrrp {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

struct Forgery {
    const char* source = "10.9.0.9";
    std::uint8_t ttl = 255, priority = 254, vrid = 51, version = 3;
    const char* address = "10.9.0.100";
    bool broken_sum = false;
    std::uint16_t interval_cs = 5;
};

std::vector<std::uint8_t> frame(const Forgery& forgery) {
    const Route route{*Address::parse(forgery.source), group_v4};
    const Advert advert{.version = forgery.version, .vrid = forgery.vrid, .priority = forgery.priority, .interval = forgery.interval_cs, .addresses = {*Address::parse(forgery.address)}};
    std::vector<std::uint8_t> vrrp = encode(advert, route, ChecksumForm::with_pseudo_header);
    if (forgery.broken_sum) vrrp[7] ^= 1;
    std::vector<std::uint8_t> bytes = {0x01, 0x00, 0x5e, 0x00, 0x00, 0x12, 0x02, 0, 0, 0, 0, 9, 0x08, 0x00,
                                       0x45, 0xc0, 0, static_cast<std::uint8_t>(20 + vrrp.size()), 0, 1, 0, 0, forgery.ttl, ip_protocol, 0, 0};
    for (const Address& each : {route.source, route.destination}) bytes.insert(bytes.end(), each.mapped().end() - 4, each.mapped().end());
    std::uint32_t sum = 0;
    for (std::size_t i = 14; i < 34; i += 2) sum += static_cast<std::uint32_t>(bytes[i] << 8 | bytes[i + 1]);
    sum = (sum & 0xffff) + (sum >> 16);
    const auto folded = static_cast<std::uint16_t>(~(sum + (sum >> 16)));
    bytes[24] = static_cast<std::uint8_t>(folded >> 8);
    bytes[25] = static_cast<std::uint8_t>(folded);
    bytes.insert(bytes.end(), vrrp.begin(), vrrp.end());
    bytes.resize(std::max<std::size_t>(bytes.size(), 60));
    return bytes;
}

model::VrrpInstance instance(std::uint8_t priority) {
    return {.name = "VI", .interface = "eth0", .vrid = 51, .priority = priority, .version = 3, .wants_master = priority == 255, .advert_interval = 50ms,
            .addresses = {{.address = *Address::parse("10.9.0.100"), .prefix_length = 24}}};
}

lab::Lab segment() {
    lab::Lab lab = must(lab::Lab::build(lab::Lab::unique_name("vrrpfo"), segment_topology()));
    // Else the kernel itself drops what claims to come from this machine.
    (void)must(lab.run("left", lab::shell("echo 1 > /proc/sys/net/ipv4/conf/eth0/accept_local"), patience));
    return lab;
}

TEST(Forged, AdvertsAreNamedAndCountedAndChangeNothing) {
    const lab::Lab lab = segment();
    const Tap client(lab, "client", "eth0");
    Router1 left(lab, "left", {.instances = {instance(200)}});
    ASSERT_TRUE(left.await("VI", State::master));
    const std::vector<std::pair<Refusal, Forgery>> forgeries = {
        {Refusal::wrong_ttl, {.ttl = 254}},
        {Refusal::wrong_checksum, {.broken_sum = true}},
        {Refusal::wrong_version, {.version = 2}},
        {Refusal::own_packet, {.source = "10.9.0.1"}},
    };
    for (const auto& [refusal, forgery] : forgeries) {
        client.forge(frame(forgery));
        const auto count = [&] { return left.instance("VI")->counters.refused[static_cast<std::size_t>(refusal)]; };
        EXPECT_TRUE(lab::wait_until(patience, [&] { return count() == 1; })) << name_of(refusal);
        if (refusal != Refusal::own_packet) { EXPECT_THAT(left.log(), HasSubstr(std::string(sentence_of(refusal)))); }
    }
    EXPECT_EQ(left.instance("VI")->state, State::master) << "though each claimed priority 254";
    EXPECT_EQ(left.instance("VI")->counters.adverts_received, 0u);
}

TEST(Forged, AnotherOwnerAndAVridClashAreNamedAndCounted) {
    const lab::Lab lab = segment();
    const Tap client(lab, "client", "eth0");
    Router1 left(lab, "left", {.instances = {instance(255)}});
    ASSERT_TRUE(left.await("VI", State::master));
    client.forge(frame({.source = "10.9.0.0", .priority = 255, .address = "10.9.0.200"}));
    EXPECT_TRUE(lab::wait_until(patience, [&] { return left.instance("VI")->counters.refused[static_cast<std::size_t>(Refusal::foreign_owner)] == 1; }));
    EXPECT_EQ(left.instance("VI")->counters.other_addresses, 1u);
    EXPECT_THAT(left.log(), HasSubstr(std::string(sentence_of(Refusal::foreign_owner))));
    EXPECT_THAT(left.log(), HasSubstr("ip address associated with VRID 51 not present in MASTER advert from 10.9.0.0"));
    EXPECT_EQ(left.instance("VI")->state, State::master) << "its address is the higher one";
    client.forge(frame({.priority = 255, .interval_cs = 1000}));  // long believed, since nothing follows
    EXPECT_TRUE(left.await("VI", State::backup)) << "the other one's is";
    EXPECT_EQ(left.instance("VI")->priority, 254) << "it goes on as an ordinary router";
}

}  // namespace
}  // namespace lvx::vrrp
