// What every packet test starts from, for both hooks:
//
//   client 192.168.88.21:40000 --- interface 1 (02:..:01) --- 192.168.88.23 director --- 10.0.0.2, .3, .4
//   2001:db8:88::21                                           2001:db8:88::23            2001:db8:10::2, ::3, ::4
//
// Frames come in by ifindex 1, which BPF_PROG_RUN claims for every frame, and leave by it as well.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>

#include <set>
#include <string>

#include "tests/packet/fixture.hh"

namespace lvx::test {

inline constexpr Mac director_mac = {2, 0, 0, 0, 0, 1};
inline constexpr Mac client_mac = {2, 0, 0, 0, 0, 2};
inline constexpr Mac server_mac = {2, 0, 0, 0, 0, 0x0b};
inline constexpr Mac inside_mac = {2, 0, 0, 0, 0, 0x0a};
inline constexpr std::uint32_t nexthop_same = 1, nexthop_other = 2, nexthop_unknown = 3;
inline constexpr std::uint32_t other_ifindex = 77;
inline constexpr Port client_port = 40000, service_port = 80, server_port = 8080;

inline Address address(std::string_view text) { return Address::parse(text).value(); }

enum TcpFlag : std::uint8_t { fin = 1, syn = 2, rst = 4, ack = 16 };

struct Addresses {
    Address client, other_client, virtual_address, second_virtual;
    std::array<Address, 3> servers;
};
Addresses addresses(Family family);

inline constexpr std::array families = {Family::v4, Family::v6};

// TCP and UDP of both families, rr over all three servers, which stand in the list from the last to the first.
model::Cluster both_services();

// Counted over the whole program: which verdicts any test has reached.
std::set<::verdict>& verdicts_seen();
Fixture& shared_fixture();

class PacketTest : public testing::TestWithParam<Hook> {
 protected:
    void SetUp() override;
    void TearDown() override;

    Outcome run(const Bytes& frame, const RunOptions& options);
    Outcome run(const Bytes& frame) { return run(frame, {}); }
    Outcome run(const Packet& packet) { return run(build_frame(packet), {}); }
    void configure(const model::Cluster& cluster);

    // Frames of the conversation above; transport ports are the client's and the service's.
    static Packet request(Family family, std::uint8_t flags);
    static Packet reply(Family family, std::uint8_t flags, std::size_t server);
    static Packet datagram(Family family);
    static Packet datagram_reply(Family family, std::size_t server);
    // What must come out.
    static Packet as_sent_to(Packet packet, const Address& server, Port port);
    static Packet as_sent_back(Packet packet, const Address& virtual_address, Port port);

    static model::Service service(Family family, model::Protocol protocol, const std::string& scheduler, std::size_t servers);
    static model::Cluster cluster(std::vector<model::Service> services) { return {.services = std::move(services)}; }

    Fixture& fixture = shared_fixture();
    std::uint64_t runs_before_ = 0, verdicts_before_ = 0;
};

// The real server a frame was sent to.
Address destination_of(const Bytes& frame);

}  // namespace lvx::test
