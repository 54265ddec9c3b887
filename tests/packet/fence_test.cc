// The fence around shared addresses: what is not answered once the lease is over.
#include "abi/guard.h"
#include "bpf/table/guard.h"
#include "plan/image.hh"
#include "tests/packet/packet_test.hh"

namespace lvx::test {
namespace {

using FenceTest = PacketTest;

void guard(const Fixture& fixture, std::initializer_list<Address> shared) {
    for (const Address& address : shared) {
        const abi::address bytes = plan::abi_address(address);
        fixture.guarded[abi::guard_place(&bytes, 0)].address = bytes;
    }
}

Bytes arp_request(const Address& target) {
    Bytes frame(60, 0);
    std::fill_n(frame.begin(), 6, std::uint8_t{0xff});
    const std::array<std::uint8_t, 10> head = {8, 6, 0, 1, 8, 0, 6, 4, 0, 1};
    std::ranges::copy(head, frame.begin() + 12);
    std::ranges::copy(std::span(target.mapped()).last(4), frame.begin() + 38);
    return frame;
}

TEST_P(FenceTest, IsFencedForGuardedAddressesWhenTheLeaseHasRunOut) {
    configure(both_services());
    guard(fixture, {addresses(Family::v4).virtual_address, addresses(Family::v6).virtual_address});
    fixture.root().lease_end = fixture.jiffies() + 100000;
    for (const Family family : families) {
        EXPECT_EQ(run(request(family, syn)).verdict, VERDICT_request_opened);
        EXPECT_EQ(run(reply(family, ack, 0)).action == Action::dropped, false);
    }
    EXPECT_EQ(run(arp_request(addresses(Family::v4).virtual_address)).verdict, VERDICT_not_ip);
    fixture.root().lease_end = fixture.jiffies() - 1;
    for (const Family family : families) {
        EXPECT_EQ(run(request(family, ack)).verdict, VERDICT_fenced);
        EXPECT_EQ(run(reply(family, ack, 0)).verdict, VERDICT_fenced);
        Packet ping = request(family, 0);
        ping.transport = Icmp{};
        EXPECT_EQ(run(ping).verdict, VERDICT_fenced) << "the kernel would answer";
        ping.destination_mac = {0, 0, 0x5e, 0, 1, 7};
        EXPECT_EQ(run(ping).verdict, VERDICT_fenced) << "to a virtual router's own MAC";
    }
    EXPECT_EQ(run(arp_request(addresses(Family::v4).virtual_address)).verdict, VERDICT_fenced);
    EXPECT_EQ(run(arp_request(addresses(Family::v4).client)).verdict, VERDICT_not_ip);
}

TEST_P(FenceTest, AnswersForAddressesThatNobodySharesThoughTheLeaseHasRunOut) {
    configure(both_services());
    guard(fixture, {addresses(Family::v6).virtual_address});
    fixture.root().lease_end = abi::LEASE_OVER;
    EXPECT_EQ(run(request(Family::v4, syn)).verdict, VERDICT_request_opened);
    EXPECT_EQ(run(reply(Family::v4, ack, 0)).verdict, VERDICT_reply_sent);
    EXPECT_EQ(run(request(Family::v6, syn)).verdict, VERDICT_fenced);
}

TEST_P(FenceTest, BeginsNothingOnceTheOpeningLeaseIsOverWhileTheLeaseRuns) {
    configure(both_services());
    fixture.root().lease_end = fixture.jiffies() + 100000;
    for (const Family family : families) {
        fixture.root().opening_end = fixture.jiffies() + 100000;
        EXPECT_EQ(run(request(family, syn)).verdict, VERDICT_request_opened);
        fixture.root().opening_end = fixture.jiffies() - 1;
        EXPECT_EQ(run(request(family, ack)).verdict, VERDICT_request_sent) << "what is established goes on";
        EXPECT_EQ(run(reply(family, ack, 0)).action == Action::dropped, false);
        Packet another = request(family, syn);
        another.transport = Tcp{.source_port = 40001, .destination_port = service_port, .flags = syn};
        EXPECT_EQ(run(another).verdict, VERDICT_opening_lapsed);
        EXPECT_EQ(run(datagram(family)).verdict, VERDICT_opening_lapsed);
        another.transport = Tcp{.source_port = 40001, .destination_port = 81, .flags = syn};
        EXPECT_EQ(run(another).verdict, VERDICT_not_ours);
    }
}

TEST_P(FenceTest, BeginsConnectionsThoughTheOpeningLeaseIsOverWhereNobodyTakesOver) {
    configure(both_services());
    fixture.root().opening_end = fixture.jiffies() - 1;
    fixture.root().lease_end = abi::LEASE_NONE;
    EXPECT_EQ(run(request(Family::v4, syn)).verdict, VERDICT_request_opened) << "no virtual router";
    fixture.root().lease_end = abi::LEASE_OVER;
    EXPECT_EQ(run(request(Family::v6, syn)).verdict, VERDICT_request_opened) << "an address that nobody shares";
}

TEST_P(FenceTest, LeavesStrangersToTheKernelButForTheMomentAfterATakeover) {
    configure(both_services());
    for (const Family family : families) {
        fixture.root().settling_end = fixture.jiffies() + 100000;
        EXPECT_EQ(run(request(family, ack)).verdict, VERDICT_unsettled);
        EXPECT_EQ(run(reply(family, syn | ack, 0)).verdict, VERDICT_unsettled);
        EXPECT_EQ(run(reply(family, syn, 0)).verdict, VERDICT_unknown_reply) << "a server's own connection begins";
        EXPECT_EQ(run(request(family, rst | ack)).verdict, VERDICT_unknown_flow) << "nobody would send that again";
        EXPECT_EQ(run(request(family, syn)).verdict, VERDICT_request_opened);
        EXPECT_EQ(run(request(family, ack)).verdict, VERDICT_request_sent);
        fixture.forget_connections();
        fixture.root().settling_end = fixture.jiffies() - 1;
        EXPECT_EQ(run(request(family, ack)).verdict, VERDICT_unknown_flow);
        EXPECT_EQ(run(reply(family, syn | ack, 0)).verdict, VERDICT_unknown_reply);
    }
}

INSTANTIATE_TEST_SUITE_P(BothHooks, FenceTest, testing::Values(Hook::xdp, Hook::tc),
                         [](const auto& hook) { return hook.param == Hook::xdp ? "xdp" : "tc"; });

}  // namespace
}  // namespace lvx::test
