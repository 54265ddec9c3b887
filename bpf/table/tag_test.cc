#include "bpf/table/tag.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>

namespace lvx::table {
namespace {

abi::tag_line line_of(const std::array<__u16, SLOTS_PER_BUCKET>& by_lane) {
    abi::tag_line line{};
    for (__u32 lane = 0; lane < SLOTS_PER_BUCKET; ++lane)
        tag_store(&line, lane, by_lane[lane]);
    return line;
}

__u64 naive(const std::array<__u16, SLOTS_PER_BUCKET>& by_lane, __u16 wanted) {
    __u64 lanes = 0;
    for (__u32 lane = 0; lane < SLOTS_PER_BUCKET; ++lane)
        lanes |= __u64{by_lane[lane] == wanted} << 8 * lane;
    return lanes;
}

RC_GTEST_PROP(Tag, FindsExactlyTheLanesThatANaiveLoopFinds, ()) {
    const auto tag = static_cast<__u16>(*rc::gen::inRange(0, 0x8000) | TAG_USED);
    const auto neighbour = static_cast<__u16>((tag ^ *rc::gen::inRange(0, 4)) | TAG_USED);
    const auto by_lane = *rc::gen::container<std::array<__u16, SLOTS_PER_BUCKET>>(
        rc::gen::element<__u16>(0, tag, neighbour, TAG_USED, 0xffff));
    const abi::tag_line line = line_of(by_lane);
    RC_ASSERT(lanes_tagged(&line, tag) == naive(by_lane, tag));
    RC_ASSERT(lanes_free(&line) == naive(by_lane, 0));
}

TEST(Tag, TheLowestLaneOfEverySetIsFound) {
    for (__u32 bits = 1; bits < 256; ++bits) {
        __u64 lanes = 0;
        for (__u32 lane = 0; lane < SLOTS_PER_BUCKET; ++lane)
            lanes |= __u64{bits >> lane & 1} << 8 * lane;
        EXPECT_EQ(lane_lowest(lanes), static_cast<__u32>(__builtin_ctz(bits)));
    }
}

TEST(Tag, EachLaneHasAPlaceOfItsOwn) {
    for (__u32 lane = 0; lane < SLOTS_PER_BUCKET; ++lane) {
        abi::tag_line line{};
        tag_store(&line, lane, TAG_USED);
        EXPECT_EQ(lanes_tagged(&line, TAG_USED), __u64{1} << 8 * lane);
        EXPECT_EQ(lanes_free(&line), LANES_ALL & ~(__u64{1} << 8 * lane));
    }
}

}  // namespace
}  // namespace lvx::table
