// The table against IPVS's, written down a second time as its documentation reads: "from,from>to", others
// stay.
#include "bpf/table/tcp_state.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace lvx::table {
namespace {

const std::vector<std::string> codes = {"NO", "ES", "SS", "SR", "FW", "TW", "CL", "CW", "LA", "LI", "SA"};

struct Row {
    flow_direction direction;
    flow_event event;
    std::map<std::string, std::string> to_from;
};

const std::vector<Row> rows = {
    {FLOW_input, FLOW_syn, {{"SR", "NO FW TW CL CW LA LI SA"}, {"ES", "SS"}}},
    {FLOW_input, FLOW_fin, {{"CL", "NO"}, {"CW", "ES"}, {"TW", "SR FW SA"}}},
    {FLOW_input, FLOW_ack, {{"ES", "NO SR SA"}, {"CL", "LA"}}},
    {FLOW_input, FLOW_rst, {{"CL", "NO ES SS FW TW CW"}, {"SR", "SA"}}},
    {FLOW_output, FLOW_syn, {{"SS", "NO FW TW CL CW LA"}, {"SR", "SA"}}},
    {FLOW_output, FLOW_fin, {{"TW", "NO SR CW SA"}, {"FW", "ES"}}},
    {FLOW_output, FLOW_ack, {{"ES", "NO SR LI SA"}}},
    {FLOW_output, FLOW_rst, {{"CL", "NO ES SR FW CW LA LI SA"}}},
    {FLOW_input_only, FLOW_syn, {{"SR", "NO FW TW CL CW LA LI SA"}, {"ES", "SS"}}},
    {FLOW_input_only, FLOW_fin, {{"CL", "NO"}, {"FW", "ES"}, {"TW", "SR SA"}}},
    {FLOW_input_only, FLOW_ack, {{"ES", "NO SR SA"}, {"CL", "LA"}}},
    {FLOW_input_only, FLOW_rst, {{"CL", "NO ES SS FW TW CW SA"}}},
};

std::string expected(const Row& row, const std::string& from) {
    for (const auto& [to, all_from] : row.to_from)
        if (all_from.find(from) != std::string::npos) return to;
    return from;
}

TEST(TcpState, EveryTransitionIsIpvsOne) {
    for (const Row& row : rows)
        for (__u32 state = 0; state < codes.size(); ++state)
            EXPECT_EQ(codes.at(flow_next(row.direction, row.event, state)), expected(row, codes[state]))
                << "direction " << row.direction << " event " << row.event << " from " << codes[state];
}

TEST(TcpState, ASegmentWithoutAnyKnownFlagCloses) {
    for (__u32 direction = 0; direction < FLOW_DIRECTIONS; ++direction)
        for (__u32 state = 0; state < codes.size(); ++state)
            EXPECT_EQ(flow_next(direction, FLOW_other, state), STATE_close);
}

TEST(TcpState, ADatagramHasOneState) {
    for (__u32 direction = 0; direction < FLOW_DIRECTIONS; ++direction) {
        EXPECT_EQ(flow_next(direction, FLOW_datagram, STATE_none), STATE_udp);
        EXPECT_EQ(flow_next(direction, FLOW_datagram, STATE_udp), STATE_udp);
    }
}

TEST(TcpState, TheFirstOfResetSynFinAckIsTheEvent) {
    EXPECT_EQ(tcp_event(TCP_FLAG_rst | TCP_FLAG_syn | TCP_FLAG_fin | TCP_FLAG_ack), FLOW_rst);
    EXPECT_EQ(tcp_event(TCP_FLAG_syn | TCP_FLAG_fin | TCP_FLAG_ack), FLOW_syn);
    EXPECT_EQ(tcp_event(TCP_FLAG_fin | TCP_FLAG_ack), FLOW_fin);
    EXPECT_EQ(tcp_event(TCP_FLAG_ack | 8), FLOW_ack);
    EXPECT_EQ(tcp_event(8 | 32), FLOW_other);
    EXPECT_EQ(tcp_event(0), FLOW_other);
}

TEST(TcpState, FourStatesCountAsActive) {
    for (__u32 state = 0; state < STATE_COUNT; ++state)
        EXPECT_EQ(state_active(state) == 1, state == STATE_established || state == STATE_syn_sent ||
                                                state == STATE_syn_recv || state == STATE_synack);
}

TEST(TcpState, OnlyAConnectionThatIsOverIsOpenedAnew) {
    for (__u32 state = 0; state < STATE_COUNT; ++state)
        EXPECT_EQ(reschedules_on_syn(state) != 0, state == STATE_time_wait || state == STATE_close);
}

TEST(TcpState, AnIndexOutOfRangeStaysInsideTheTable) {
    EXPECT_LT(flow_next(1000, 1000, 1000), static_cast<__u32>(STATE_COUNT));
}

}  // namespace
}  // namespace lvx::table
