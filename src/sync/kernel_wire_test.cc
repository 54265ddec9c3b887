#include "sync/kernel_wire.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "sync/capture_reader.hh"

namespace lvx::sync::kernel {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Capture : public testing::TestWithParam<const char*> {};

TEST_P(Capture, EveryMessageOfTheKernelIsUnderstoodAndWrittenAgainByteByByte) {
    const auto payloads = payloads_of(std::string(LVX_GOLDEN_DIR "/sync/") + GetParam());
    ASSERT_FALSE(payloads.empty());
    for (const Payload& payload : payloads) {
        const Decoded decoded = decode(payload, 0);
        EXPECT_THAT(decoded.faults, IsEmpty());
        EXPECT_EQ(encode(decoded.message), payload);
    }
}

INSTANTIATE_TEST_SUITE_P(Files, Capture, testing::Values("sync-v0.pcap", "sync-v1.pcap", "sync-v1-every.pcap"));

TEST(KernelWire, ACaptureSaysWhatItsDecoderSaid) {
    const auto payloads = payloads_of(LVX_GOLDEN_DIR "/sync/sync-v1.pcap");
    const Decoded first = decode(payloads.front(), 7);
    ASSERT_EQ(first.message.entries.size(), 31u);
    EXPECT_EQ(first.message.entries[0], (Entry{.protocol = 6,
                                               .flags = flag_conntrack,
                                               .state = 1,
                                               .client = {*Address::parse("192.168.88.21"), 60028},
                                               .destination = {*Address::parse("192.168.88.23"), 80},
                                               .server = {*Address::parse("10.0.0.2"), 80},
                                               .timeout_s = 900}));
    const Entry& of_mark = first.message.entries[11];
    EXPECT_EQ(of_mark.protocol, 0);
    EXPECT_EQ(of_mark.destination.address.text(), "0.0.0.1");
    const Entry& sip = first.message.entries[27];
    EXPECT_EQ(sip.engine, "sip");
    EXPECT_EQ(sip.engine_data, "call-77@192.168.88.21");
}

// ---- properties ----

Address any_address(bool v6) {
    std::array<std::uint8_t, 16> bytes = {0x20, 1};
    for (std::size_t i = 2; i < bytes.size(); ++i) bytes[i] = *rc::gen::arbitrary<std::uint8_t>();
    return v6 ? Address::v6(bytes) : Address::v4(*rc::gen::arbitrary<std::uint32_t>());
}

Entry any_entry(std::uint8_t version) {
    const bool v6 = version == 1 && *rc::gen::arbitrary<bool>();
    const bool sequence = *rc::gen::arbitrary<bool>();
    Entry entry{.protocol = *rc::gen::element<std::uint8_t>(6, 17, 132)};
    entry.flags = *rc::gen::element(0u, 2u, 3u, 0x80u, 0x100u) | (sequence ? 0x600u : 0u);
    entry.state = entry.protocol == 17 ? std::uint16_t{0} : *rc::gen::inRange<std::uint16_t>(0, 11);
    for (Endpoint* end : {&entry.client, &entry.destination, &entry.server})
        *end = {any_address(v6), *rc::gen::arbitrary<Port>()};
    if (sequence) entry.sequence = SequenceData{{*rc::gen::arbitrary<std::uint32_t>(), 2, 3}, {4, 5, *rc::gen::arbitrary<std::uint32_t>()}};
    if (version == 0) return entry;
    entry.fwmark = *rc::gen::arbitrary<std::uint32_t>();
    entry.timeout_s = *rc::gen::arbitrary<std::uint32_t>();
    if (*rc::gen::arbitrary<bool>()) {
        entry.engine = "sip";
        entry.engine_data = *rc::gen::nonEmpty(rc::gen::string<std::string>());
        if (entry.engine_data.size() > 255) entry.engine_data.resize(255);
    }
    return entry;
}

RC_GTEST_PROP(KernelWireProperty, WhatIsWrittenIsReadAgain, ()) {
    Message message{.version = static_cast<std::uint8_t>(*rc::gen::inRange(0, 2)), .sync_id = *rc::gen::arbitrary<std::uint8_t>()};
    const int count = *rc::gen::inRange(1, 40);
    for (int i = 0; i < count; ++i) message.entries.push_back(any_entry(message.version));
    const Decoded decoded = decode(encode(message), 0);
    RC_ASSERT(decoded.faults.empty());
    RC_ASSERT(decoded.message == message);
}

RC_GTEST_PROP(KernelWireProperty, AMessageCutAnywhereIsRefusedByItsLength, ()) {
    const auto bytes = encode({.version = 1, .sync_id = 1, .entries = {any_entry(1), any_entry(1)}});
    const auto cut = *rc::gen::inRange<std::size_t>(0, bytes.size());
    const Decoded decoded = decode(std::span(bytes).first(cut), 0);
    RC_ASSERT(decoded.message.entries.empty());
    RC_ASSERT(decoded.faults.size() == 1u);
    RC_ASSERT(decoded.faults[0] == (cut < 4 ? Fault::too_short : Fault::wrong_length));
}

// ---- each fault by its name ----

Entry plain() {
    return {.protocol = 6, .state = 1, .client = {Address::v4(1), 1}, .destination = {Address::v4(2), 2}, .server = {Address::v4(3), 3}};
}

struct Wrong {
    const char* name;
    std::size_t at;        // byte of a message of two entries, the first of 36 bytes at 8
    std::uint8_t value;
    Fault fault;
    std::size_t entries;   // that are left
};

class Malformed : public testing::TestWithParam<Wrong> {};

TEST_P(Malformed, IsNamedAndLosesNoMoreThanItMust) {
    auto bytes = encode({.version = 1, .sync_id = 3, .entries = {plain(), plain()}});
    bytes[GetParam().at] = GetParam().value;
    const Decoded decoded = decode(bytes, 0);
    EXPECT_THAT(decoded.faults, ElementsAre(GetParam().fault));
    EXPECT_EQ(decoded.message.entries.size(), GetParam().entries);
}

INSTANTIATE_TEST_SUITE_P(
    Bytes, Malformed,
    testing::Values(Wrong{"length", 3, 1, Fault::wrong_length, 0}, Wrong{"type", 8, 2, Fault::bad_type, 0},
                    Wrong{"second_type", 44, 0x80, Fault::bad_type, 1}, Wrong{"entry_version", 10, 0x10, Fault::bad_entry_version, 0},
                    Wrong{"entry_size", 11, 35, Fault::bad_entry_size, 0}, Wrong{"v6_size", 8, 1, Fault::bad_entry_size, 0},
                    Wrong{"past_the_end", 47, 37, Fault::cut_short, 1}, Wrong{"count", 4, 3, Fault::cut_short, 2},
                    Wrong{"protocol", 9, 50, Fault::unknown_protocol, 1}, Wrong{"mark_without_template", 9, 0, Fault::unknown_protocol, 1},
                    Wrong{"state", 17, 11, Fault::unknown_state, 1}, Wrong{"one_packet", 14, 0x20, Fault::contradicting_flags, 1},
                    Wrong{"template_of_no_port", 14, 0x18, Fault::contradicting_flags, 1}),
    [](const auto& info) { return info.param.name; });

TEST(KernelWire, OptionsAreReadByTheirRules) {
    const auto with = [](std::vector<std::uint8_t> option) {
        auto bytes = encode({.version = 1, .sync_id = 0, .entries = {plain()}});
        bytes.insert(bytes.end(), option.begin(), option.end());
        bytes[3] = static_cast<std::uint8_t>(bytes.size());
        bytes[11] = static_cast<std::uint8_t>(bytes.size() - 8);
        return decode(bytes, 0).faults;
    };
    EXPECT_THAT(with({2, 1, 'x'}), IsEmpty());
    EXPECT_THAT(with({2, 0}), ElementsAre(Fault::bad_option));
    EXPECT_THAT(with({2, 2, 'x'}), ElementsAre(Fault::bad_option));
    EXPECT_THAT(with({2}), ElementsAre(Fault::bad_option));
    EXPECT_THAT(with({1, 1, 'x'}), ElementsAre(Fault::bad_option)) << "sequence data has 24 bytes";
    EXPECT_THAT(with({2, 1, 'x', 2, 1, 'y'}), ElementsAre(Fault::bad_option)) << "twice";
    EXPECT_THAT(with({9, 1, 'x'}), ElementsAre(Fault::unknown_option));
    EXPECT_THAT(with({0x49, 1, 'x'}), IsEmpty()) << "may be ignored";
    EXPECT_THAT(with({3, 3, 'f', 't', 'p'}), ElementsAre(Fault::unknown_engine));
    EXPECT_THAT(with({3, 17, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17}), ElementsAre(Fault::bad_option));
}

TEST(KernelWire, OnlyMessagesOfItsIdConcernABackupUnlessItTakesAll) {
    const auto bytes = encode({.version = 1, .sync_id = 3, .entries = {plain()}});
    EXPECT_EQ(decode(bytes, 3).message.entries.size(), 1u);
    EXPECT_EQ(decode(bytes, 0).message.entries.size(), 1u);
    EXPECT_THAT(decode(bytes, 4).faults, ElementsAre(Fault::other_id));
}

TEST(KernelWire, AVersionZeroMessageHasEntries) {
    EXPECT_THAT(decode(std::vector<std::uint8_t>{0, 1, 0, 4}, 0).faults, ElementsAre(Fault::no_entries));
    EXPECT_EQ(entry_size(plain(), 0), 24u);
    Entry v6 = plain();
    v6.client.address = v6.destination.address = v6.server.address = *Address::parse("fd00::1");
    EXPECT_EQ(entry_size(v6, 0), 0u) << "it carries no IPv6";
}

TEST(KernelWire, AWriterKeepsToItsLengthAndCountsToTwoHundredAndFiftyFive) {
    Writer small(1, 0, 8 + 36 + 36);
    EXPECT_TRUE(small.add(plain()));
    EXPECT_TRUE(small.add(plain()));
    EXPECT_FALSE(small.add(plain()));
    EXPECT_EQ(small.take().size(), 80u);
    EXPECT_TRUE(small.empty());
    Writer large(1, 0, largest_message);
    int added = 0;
    while (large.add(plain())) ++added;
    EXPECT_EQ(added, 255);
}

}  // namespace
}  // namespace lvx::sync::kernel
