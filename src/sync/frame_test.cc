#include "sync/frame.hh"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace lvx::sync {
namespace {

SyncedConnection any_connection() {
    const bool v6 = *rc::gen::arbitrary<bool>();
    const auto address = [&] {
        std::array<std::uint8_t, 16> bytes = {0xfd, 0};
        bytes[15] = *rc::gen::arbitrary<std::uint8_t>();
        return v6 ? Address::v6(bytes) : Address::v4(*rc::gen::arbitrary<std::uint32_t>());
    };
    SyncedConnection connection{.key = {.protocol = *rc::gen::element<std::uint8_t>(0, 6, 17, 132),
                                        .client = {address(), *rc::gen::arbitrary<Port>()},
                                        .destination = {address(), *rc::gen::arbitrary<Port>()}},
                                .server = {address(), *rc::gen::arbitrary<Port>()},
                                .service = {.protocol = model::Protocol::udp, .address = address(), .port = *rc::gen::arbitrary<Port>(),
                                            .fwmark = *rc::gen::arbitrary<std::uint32_t>()},
                                .server_port = *rc::gen::arbitrary<Port>(),
                                .state = *rc::gen::inRange<std::uint8_t>(0, STATE_COUNT),
                                .method = *rc::gen::element(model::Method::masq, model::Method::route),
                                .flags = *rc::gen::arbitrary<std::uint32_t>(),
                                .fwmark = *rc::gen::arbitrary<std::uint32_t>(),
                                .remaining = Milliseconds(*rc::gen::inRange(0, 1 << 30)),
                                .age = Milliseconds(*rc::gen::inRange(0, 1 << 30)),
                                .timeout = std::chrono::seconds(*rc::gen::inRange(0, 100000)),
                                .client_station = {2, 1, 2, 3, 4, *rc::gen::arbitrary<std::uint8_t>()}};
    connection.is_template = connection.state == STATE_template;
    if (*rc::gen::arbitrary<bool>()) {
        connection.helper = "sip";
        connection.helper_data = std::string(*rc::gen::inRange<std::size_t>(0, 255), 'x');
    }
    return connection;
}

RC_GTEST_PROP(FrameProperty, WhatIsWrittenIsReadAgain, ()) {
    Changes changes{.sequence = *rc::gen::arbitrary<std::uint64_t>(), .sent_us = *rc::gen::arbitrary<std::uint64_t>(), .records = {}};
    const int count = *rc::gen::inRange(0, 20);
    for (int i = 0; i < count; ++i) {
        const int kind = *rc::gen::inRange(0, 4);
        const auto slot = *rc::gen::arbitrary<std::uint32_t>();
        if (kind == 0) changes.records.emplace_back(Told{.slot = slot, .connection = any_connection()});
        else if (kind == 1) changes.records.emplace_back(Ended{.slot = slot});
        else if (kind == 2) changes.records.emplace_back(RegionDigest{.region = slot, .connections = 3, .sum = 77});
        else changes.records.emplace_back(CopyComplete{});
    }
    FrameWriter writer;
    writer.begin_changes(changes.sequence, changes.sent_us);
    for (const Record& record : changes.records) {
        const std::size_t before = writer.open_bytes();
        writer.add(record);
        RC_ASSERT(writer.open_bytes() - before <= longest_record);
    }
    writer.end_changes();
    const auto bytes = writer.take();
    const auto parsed = parse(bytes);
    RC_ASSERT(parsed.has_value());
    RC_ASSERT(parsed->taken == bytes.size());
    RC_ASSERT(std::get<Changes>(*parsed->frame) == changes);
    // Any beginning of it is a frame that has not come whole.
    const auto cut = *rc::gen::inRange<std::size_t>(0, bytes.size());
    const auto part = parse(std::span(bytes).first(cut));
    RC_ASSERT(part.has_value());
    RC_ASSERT(!part->frame.has_value());
}

TEST(Frame, SmallOnesAreReadAgain) {
    FrameWriter writer;
    const Hello hello{.node = 1, .boot = 2, .slots = 3};
    const Heard heard{.sequence = 1, .sent_us = 2, .kept_out = 3, .drifted = 4};
    const Look look{.region = 5, .kind = LookKind::tell_anew};
    writer.put(hello);
    writer.put(heard);
    writer.put(look);
    writer.put(Farewell::duplicate);
    std::vector<std::uint8_t> bytes = writer.take();
    const Frame expected[] = {hello, heard, look, Farewell::duplicate};
    std::span<const std::uint8_t> rest = bytes;
    for (const Frame& frame : expected) {
        const auto parsed = parse(rest);
        ASSERT_TRUE(parsed && parsed->frame);
        EXPECT_EQ(*parsed->frame, frame);
        rest = rest.subspan(parsed->taken);
    }
    EXPECT_TRUE(rest.empty());
}

std::optional<StreamFault> fault_of(std::vector<std::uint8_t> bytes) {
    const auto parsed = parse(bytes);
    return parsed ? std::nullopt : std::optional(parsed.error());
}

TEST(Frame, WhatIsWrongHasAName) {
    EXPECT_EQ(fault_of({0, 1, 0, 1, 3}), StreamFault::too_long) << "one byte above the limit";
    EXPECT_EQ(fault_of({0, 1, 0, 0, 3}), std::nullopt) << "the longest there is, not come yet";
    EXPECT_EQ(fault_of({0, 0, 0, 0, 3}), StreamFault::cut_short);
    EXPECT_EQ(fault_of({0, 0, 0, 1, 99}), StreamFault::unknown_frame);
    EXPECT_EQ(fault_of({0, 0, 0, 2, 5, 9}), StreamFault::bad_value) << "an unknown farewell";
    EXPECT_EQ(fault_of({0, 0, 0, 3, 5, 0, 0}), StreamFault::cut_short) << "more than belongs there";
    EXPECT_EQ(fault_of({'S', 'S', 'H', '-', '2', '.'}), StreamFault::too_long);
    FrameWriter writer;
    writer.put(Hello{.node = 1});
    auto bytes = writer.take();
    bytes[5] ^= 1;
    EXPECT_EQ(fault_of(bytes), StreamFault::not_lvx);
    bytes[5] ^= 1;
    bytes[14] ^= 1;
    EXPECT_EQ(fault_of(bytes), StreamFault::other_version);
}

}  // namespace
}  // namespace lvx::sync
