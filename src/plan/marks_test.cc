// Who gets a packet that several members and services name, against the rules of IPVS and netfilter written down one
// after the other.
#include "plan/marks.hh"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "plan/image.hh"

namespace lvx::plan {
namespace {

using model::Protocol;

constexpr Limits limits{.services = 64, .servers = 16, .pool_words = 8192};
const Address vip = Address::v4(0xc0000201), other = Address::v4(0xc0000202);

model::Service by_mark(std::uint32_t mark) { return {.key = model::mark_key(mark, Family::v4), .scheduler = "rr"}; }
model::Service by_address(Protocol protocol, const Address& address, Port port) {
    return {.key = {.protocol = protocol, .address = address, .port = port}, .scheduler = "rr"};
}
model::MarkMember member(std::uint32_t mark, Protocol protocol, const Address& address, Port first, Port last) {
    return {.mark = mark, .protocol = protocol, .address = address, .first_port = first, .last_port = last, .source = {}};
}

Image built(const model::Cluster& cluster, const Running& running) {
    auto image = build(cluster, running, limits);
    EXPECT_TRUE(image) << image.error().sentence();
    return image ? *image : Image{};
}

// What the data plane looks up: exact port, then port 0 (bpf/step/open.h); the service whose servers it takes.
std::optional<model::ServiceKey> taker(const Image& image, Protocol protocol, const Address& address, Port port) {
    for (const Port each : {port, Port{0}}) {
        const abi::service_key key = map_key({.protocol = protocol, .address = address, .port = each});
        const auto found = std::ranges::find_if(image.keys, [&](const auto& entry) { return std::memcmp(&entry.first, &key, sizeof key) == 0; });
        if (found == image.keys.end()) continue;
        if (found->second == ID_NOBODY) return std::nullopt;
        const abi::service& row = image.services[found->second];
        if (!(row.flags & abi::SERVICE_PRESENT)) return std::nullopt;
        return key_of(image.services, row.flags & abi::SERVICE_MEMBER ? row.leader : found->second);
    }
    return std::nullopt;
}

// The packet's mark first, then the address's exact port, then its port 0.
std::optional<model::ServiceKey> expected(const model::Cluster& cluster, Protocol protocol, const Address& address, Port port) {
    for (const model::MarkMember& each : cluster.marks) {
        const bool any = model::is_any_port(each);
        if (each.protocol != protocol || each.address != address || (!any && (port < each.first_port || port > each.last_port))) continue;
        const model::ServiceKey key = model::mark_key(each.mark, address.family());
        if (cluster.find(key) != nullptr) return key;
        break;
    }
    for (const Port each : {port, Port{0}}) {
        const model::ServiceKey key{.protocol = protocol, .address = address, .port = each};
        if (cluster.find(key) != nullptr) return key;
    }
    return std::nullopt;
}

rc::Gen<model::Cluster> clusters() {
    return rc::gen::exec([] {
        model::Cluster cluster;
        const auto add = [&](model::Service service) {
            if (cluster.find(service.key) == nullptr) cluster.services.push_back(std::move(service));
        };
        const auto protocol = [] { return *rc::gen::element(Protocol::tcp, Protocol::udp); };
        const auto address = [] { return *rc::gen::element(vip, other); };
        for (int count = *rc::gen::inRange(0, 4); count > 0; --count) add(by_mark(*rc::gen::inRange<std::uint32_t>(1, 4)));
        for (int count = *rc::gen::inRange(0, 5); count > 0; --count) add(by_address(protocol(), address(), *rc::gen::inRange<Port>(0, 5)));
        for (int count = *rc::gen::inRange(0, 6); count > 0; --count) {
            const Port first = *rc::gen::inRange<Port>(0, 5), last = first == 0 ? Port{0} : static_cast<Port>(first + *rc::gen::inRange(0, 3));
            cluster.marks.push_back(member(*rc::gen::inRange<std::uint32_t>(1, 4), protocol(), address(), first, last));
        }
        return cluster;
    });
}

RC_GTEST_PROP(Marks, EveryPacketGoesWhereIpvsWouldBringIt, ()) {
    Image image;
    for (int round = 0; round < 3; ++round) {
        const model::Cluster cluster = *clusters();
        image = built(cluster, {.image = round == 0 ? nullptr : &image, .cursors = std::vector<std::uint64_t>(limits.services)});
        for (const Protocol protocol : {Protocol::tcp, Protocol::udp})
            for (const Address& address : {vip, other})
                for (Port port = 1; port < 9; ++port) {
                    const auto found = taker(image, protocol, address, port), wanted = expected(cluster, protocol, address, port);
                    if (found != wanted) RC_LOG() << (found ? found->text() : "nobody") << " instead of " << (wanted ? wanted->text() : "nobody") << " port " << port << "\n";
                    RC_ASSERT(found == wanted);
                }
    }
}

TEST(Marks, ARemovedMembersRowStaysWhileAConnectionNamesIt) {
    const model::Cluster with{.services = {by_mark(7)}, .marks = {member(7, Protocol::tcp, vip, 80, 80)}};
    const model::Cluster without{.services = {by_mark(7)}};
    const Image first = built(with, {});
    const model::ServiceKey key{.protocol = Protocol::tcp, .address = vip, .port = 80, .fwmark = 7};
    const std::uint32_t id = first.registry.services.at(key);
    Running running{.image = &first, .cursors = std::vector<std::uint64_t>(limits.services)};
    const Image second = built(without, running);
    EXPECT_EQ(second.services[id].family, 4);
    EXPECT_FALSE(second.services[id].flags & abi::SERVICE_PRESENT);
    EXPECT_FALSE(taker(second, Protocol::tcp, vip, 80));
    running.image = &second;
    running.member_in_use = std::vector<bool>(limits.services);
    running.member_in_use[id] = true;
    EXPECT_EQ(built(without, running).services[id].family, 4);
    EXPECT_EQ(built({}, running).services[id].leader, first.registry.services.at(by_mark(7).key));
    running.member_in_use[id] = false;
    EXPECT_EQ(built(without, running).services[id].family, 0);
}

TEST(Marks, AreReadBackFromTables) {
    model::Service six{.key = model::mark_key(0xfffffffe, Family::v6), .scheduler = "wlc"};
    const model::Cluster cluster{.services = {by_mark(7), six},
                                 .marks = {member(7, Protocol::tcp, vip, 80, 82), member(7, Protocol::tcp, vip, 84, 84), member(7, Protocol::udp, vip, 0, 0),
                                           member(0xfffffffe, Protocol::tcp, *Address::parse("2001:db8::1"), 443, 443)}};
    model::Cluster read = cluster_of(built(cluster, {}));
    std::ranges::sort(read.services, {}, &model::Service::key);
    model::Cluster wanted = cluster;
    std::ranges::sort(wanted.services, {}, &model::Service::key);
    EXPECT_EQ(read, wanted);
}

TEST(Marks, AreCalledByTheirNumberAmongAddresses) {
    EXPECT_EQ(address_of(mark_address(model::mark_key(7, Family::v4))).text(), "0.0.0.7");
    EXPECT_EQ(address_of(mark_address(model::mark_key(7, Family::v6))).text(), "0:7::");
}

TEST(Marks, OfMorePortsThanTheyMayHaveAreRefusedByNumber) {
    model::Cluster cluster{.services = {by_mark(7)}, .marks = {member(7, Protocol::tcp, vip, 1, 4096)}};
    EXPECT_TRUE(MarkedPackets::of(cluster));
    cluster.marks.push_back(member(7, Protocol::udp, vip, 0, 0));
    const auto refused = MarkedPackets::of(cluster);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().sentence().find("of 4097 ports, 4096 are the most"), std::string::npos) << refused.error().sentence();
}

}  // namespace
}  // namespace lvx::plan
