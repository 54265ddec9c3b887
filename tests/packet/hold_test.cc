// Strict mode: SYN-ACKs that are given to the daemon instead of leaving (abi/held.h).
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cstring>
#include <memory>

#include "abi/held.h"
#include "tests/packet/packet_test.hh"

namespace lvx::test {
namespace {

// What the daemon would find.
std::vector<abi::held_answer> held(Fixture& fixture) {
    std::vector<abi::held_answer> answers;
    const auto take = [](void* context, void* record, std::size_t) {
        static_cast<std::vector<abi::held_answer>*>(context)->push_back(*static_cast<const abi::held_answer*>(record));
        return 0;
    };
    const int map = bpf_map__fd(bpf_object__find_map_by_name(fixture.object(), "held_answers"));
    const std::unique_ptr<ring_buffer, void (*)(ring_buffer*)> ring(ring_buffer__new(map, take, &answers, nullptr), ring_buffer__free);
    ring_buffer__consume(ring.get());
    return answers;
}

Bytes frame_of(const abi::held_answer& answer) { return Bytes(answer.frame, answer.frame + answer.length); }

class HoldTest : public PacketTest {
 protected:
    void SetUp() override {
        PacketTest::SetUp();
        configure(cluster({service(Family::v4, model::Protocol::tcp, "rr", 1), service(Family::v6, model::Protocol::tcp, "rr", 1)}));
        (void)held(fixture);
    }
    void TearDown() override {
        fixture.root().hold_answers = HOLD_NOTHING;
        (void)held(fixture);
        PacketTest::TearDown();
    }
};

TEST_P(HoldTest, AnAnswerToAHandshakeIsHeldAsItWouldLeave) {
    fixture.root().hold_answers = HOLD_ALWAYS;
    for (const Family family : families) {
        const Packet answer = reply(family, syn | ack, 0);
        ASSERT_EQ(run(request(family, syn)).verdict, VERDICT_request_opened);
        const Outcome outcome = run(answer);
        EXPECT_EQ(outcome.verdict, VERDICT_answer_held);
        EXPECT_EQ(outcome.action, Action::dropped);
        const auto answers = held(fixture);
        ASSERT_EQ(answers.size(), 1u);
        EXPECT_EQ(frame_of(answers[0]), build_frame(as_sent_back(answer, addresses(family).virtual_address, service_port)));
        EXPECT_EQ(answers[0].family, family == Family::v6 ? 6 : 4);
        EXPECT_EQ(answers[0].partial, GetParam() == Hook::tc);
        EXPECT_EQ(answers[0].vlan, 0);
        EXPECT_EQ(fixture.connections[answers[0].slot].control, answers[0].control);
    }
}

TEST_P(HoldTest, EverythingElseLeaves) {
    fixture.root().hold_answers = HOLD_ALWAYS;
    ASSERT_EQ(run(request(Family::v4, syn)).verdict, VERDICT_request_opened);
    EXPECT_EQ(run(request(Family::v4, ack)).verdict, VERDICT_request_sent);
    EXPECT_EQ(run(reply(Family::v4, ack, 0)).verdict, VERDICT_reply_sent);
    EXPECT_TRUE(held(fixture).empty());
}

TEST_P(HoldTest, TheWordRunsOutByItself) {
    ASSERT_EQ(run(request(Family::v4, syn)).verdict, VERDICT_request_opened);
    fixture.root().hold_answers = fixture.tick() + 1000;
    EXPECT_EQ(run(reply(Family::v4, syn | ack, 0)).verdict, VERDICT_answer_held);
    fixture.root().hold_answers = fixture.tick();
    EXPECT_EQ(run(reply(Family::v4, syn | ack, 0)).verdict, VERDICT_reply_sent);
}

TEST_P(HoldTest, AFullQueueIsNamed) {
    fixture.root().hold_answers = HOLD_ALWAYS;
    ASSERT_EQ(run(request(Family::v4, syn)).verdict, VERDICT_request_opened);
    int many = 0;
    while (run(reply(Family::v4, syn | ack, 0)).verdict == VERDICT_answer_held) ASSERT_LT(++many, 10'000);
    EXPECT_GT(many, 1000);
    EXPECT_EQ(run(reply(Family::v4, syn | ack, 0)).verdict, VERDICT_hold_full);
    EXPECT_EQ(held(fixture).size(), static_cast<std::size_t>(many));
}

INSTANTIATE_TEST_SUITE_P(BothHooks, HoldTest, testing::Values(Hook::xdp, Hook::tc),
                         [](const auto& hook) { return hook.param == Hook::xdp ? "xdp" : "tc"; });

}  // namespace
}  // namespace lvx::test
