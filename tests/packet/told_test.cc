// Packets of clients counted for the kernel's sync protocol: which of them mark their connection's slot.
#include "tests/packet/packet_test.hh"

namespace lvx::test {
namespace {

class ToldTest : public PacketTest {
 protected:
    void SetUp() override {
        PacketTest::SetUp();
        configure(both_services());
        forget_marks();
        fixture.root().change_feed = 1;
    }
    void TearDown() override {
        fixture.root().change_feed = fixture.root().told_packets = 0;
        forget_marks();
        PacketTest::TearDown();
    }
    void count(std::uint32_t period, std::uint32_t threshold) { fixture.root().told_packets = period << 16 | threshold; }
    void forget_marks() {
        std::ranges::fill(fixture.change_marks.rows, abi::mark_line{});
        std::ranges::fill(fixture.change_lines.rows, abi::mark_line{});
    }
    bool counted() {
        for (const abi::mark_line& line : fixture.change_marks.rows)
            for (const std::uint8_t mark : line.marks)
                if (mark == abi::MARK_counted) return true;
        return false;
    }
    // Which of a client's packets marked its connection.
    std::vector<int> marked_by(Family family, int packets) {
        std::vector<int> result;
        for (int packet = 1; packet <= packets; ++packet) {
            forget_marks();
            run(request(family, packet == 1 ? syn : ack));
            if (counted()) result.push_back(packet);
        }
        return result;
    }
};

TEST_P(ToldTest, MarksAtTheThresholdOfEachPeriodFromTheFirstPacketOn) {
    count(5, 3);
    for (const Family family : families) EXPECT_EQ(marked_by(family, 14), (std::vector<int>{3, 8, 13}));
}

TEST_P(ToldTest, WithoutAPeriodMarksOnceAndNeverAgainThoughTheCountIsFull) {
    count(0, 3);
    EXPECT_EQ(marked_by(Family::v4, 9), std::vector<int>{3});
    for (abi::connection& slot : fixture.connections.rows) slot.packets = 0xffff;
    forget_marks();
    run(request(Family::v4, ack));
    EXPECT_FALSE(counted());
}

TEST_P(ToldTest, ANewConnectionOfTheSameSlotIsCountedFromOneOn) {
    count(50, 3);
    EXPECT_EQ(marked_by(Family::v4, 2), std::vector<int>{});
    fixture.forget_connections();
    EXPECT_EQ(marked_by(Family::v4, 4), std::vector<int>{3});
}

TEST_P(ToldTest, CountsNoRepliesAndNothingAtAllUnlessAsked) {
    count(2, 0);
    EXPECT_EQ(marked_by(Family::v4, 1), std::vector<int>{});
    forget_marks();
    run(reply(Family::v4, ack, 0));
    EXPECT_FALSE(counted());
    fixture.forget_connections();
    count(0, 0);
    EXPECT_EQ(marked_by(Family::v4, 9), std::vector<int>{});
    EXPECT_EQ(fixture.live().at(0).packets, 0);
}

INSTANTIATE_TEST_SUITE_P(BothHooks, ToldTest, testing::Values(Hook::xdp, Hook::tc),
                         [](const auto& hook) { return hook.param == Hook::xdp ? "xdp" : "tc"; });

}  // namespace
}  // namespace lvx::test
