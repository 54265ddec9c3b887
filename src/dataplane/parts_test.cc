// The parts that need no kernel: time, refusals, the table of interfaces.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cerrno>
#include <map>

#include "dataplane/hertz.hh"
#include "dataplane/interface_table.hh"
#include "dataplane/memory_dataplane.hh"
#include "dataplane/refusal.hh"

namespace lvx::dataplane {
namespace {

TEST(Hertz, AreFoundInTheRoundedLengthOfAJiffy) {
    for (const std::int64_t hertz : {24, 100, 128, 250, 256, 300, 1000, 1024, 1200})
        EXPECT_EQ(hertz_of(std::chrono::nanoseconds{1'000'000'000 / hertz}), hertz);
}

TEST(Hertz, AreKnownOfThisKernel) { EXPECT_TRUE(kernel_hertz()); }

TEST(Hertz, MakesTicksOfAboutASecond) {
    EXPECT_EQ(tick_shift(100), 7u);    // 1.28 s
    EXPECT_EQ(tick_shift(250), 8u);    // 1.02 s
    EXPECT_EQ(tick_shift(300), 8u);    // 0.85 s
    EXPECT_EQ(tick_shift(1000), 10u);  // 1.02 s
    for (std::uint32_t hertz = 24; hertz < 2000; ++hertz) {
        EXPECT_LT(1u << tick_shift(hertz), hertz * 4 / 3 + 1) << hertz;
        EXPECT_GT((1u << tick_shift(hertz)) * 3 / 2 + 1, hertz) << hertz;
    }
}

TEST(VerifierLog, SaysTheDecisiveLine) {
    EXPECT_EQ(decisive_line("0: R1=ctx()\n1: r0 = *(u8*)(r2 +14)\nR2 offset is outside of the packet\nprocessed 2 insns (limit 1000000)\n"),
              "R2 offset is outside of the packet");
    EXPECT_EQ(decisive_line("BPF program is too large. Processed 1000001 insn\nverification time 3 usec\nstack depth 40\n"),
              "BPF program is too large. Processed 1000001 insn");
    EXPECT_EQ(decisive_line("last line without end"), "last line without end");
    EXPECT_EQ(decisive_line(""), "");
}

TEST(Refusal, NamesPrivilegeForEperm) {
    const Error error = explain({.code = EPERM}, "");
    EXPECT_EQ(error.code, EPERM);
    EXPECT_NE(error.hint.find("root"), std::string::npos);
}

TEST(Refusal, SaysHowManyMebibytesDidNotFit) {
    const Error error = explain({.code = ENOMEM, .table_bytes = 300u << 20}, "");
    EXPECT_NE(error.doing.find("300 MiB"), std::string::npos);
}

TEST(InterfaceTable, ForgetsAndFindsFreeSlots) {
    std::vector<abi::interface> table(INTERFACE_INDEX_SIZE);
    for (std::uint32_t i = 1; i < INTERFACE_LIMIT; ++i) {
        const std::uint32_t slot = *free_slot(table);
        EXPECT_EQ(slot, i);
        ASSERT_TRUE(describe(table, {.ifindex = 100 + i, .slot = slot}));
    }
    EXPECT_EQ(free_slot(table).error().code, ENOSPC);
    forget(table, 107);
    EXPECT_EQ(free_slot(table), 7u);
}

TEST(InterfaceTable, TakesAsManyWithOneHashAsPacketsProbe) {
    std::vector<abi::interface> table(INTERFACE_INDEX_SIZE);
    for (std::uint32_t i = 0; i < INTERFACE_PROBES; ++i)
        ASSERT_TRUE(describe(table, {.ifindex = 5 + i * INTERFACE_INDEX_SIZE, .slot = i + 1}));
    EXPECT_EQ(describe(table, {.ifindex = 5 + INTERFACE_PROBES * INTERFACE_INDEX_SIZE}).error().code, ENOSPC);
    EXPECT_TRUE(describe(table, {.ifindex = 5, .mtu = 9000}));
    EXPECT_EQ(described(table).size(), std::size_t{INTERFACE_PROBES});
}

// What the data plane does to find a row.
const abi::interface* find(const std::vector<abi::interface>& table, std::uint32_t ifindex) {
    for (std::uint32_t probe = 0; probe < INTERFACE_PROBES; ++probe)
        if (const auto& row = table[(ifindex + probe) & (INTERFACE_INDEX_SIZE - 1)]; row.ifindex == ifindex) return &row;
    return nullptr;
}

RC_GTEST_PROP(InterfaceTable, IsAMapThroughAnyHistory, ()) {
    std::vector<abi::interface> table(INTERFACE_INDEX_SIZE);
    std::map<std::uint32_t, std::uint32_t> twin;
    for (int steps = *rc::gen::inRange(0, 40); steps > 0; --steps) {
        const std::uint32_t ifindex = 1 + *rc::gen::inRange(0u, 4u) + INTERFACE_INDEX_SIZE * *rc::gen::inRange(0u, 4u);
        const std::uint32_t mtu = *rc::gen::inRange(68u, 9000u);
        if (*rc::gen::arbitrary<bool>()) {
            forget(table, ifindex);
            twin.erase(ifindex);
        } else if (describe(table, {.ifindex = ifindex, .mtu = mtu})) {
            twin[ifindex] = mtu;
        }
        RC_ASSERT(described(table).size() == twin.size());
        for (const auto& [known, value] : twin) RC_ASSERT(find(table, known) && find(table, known)->mtu == value);
    }
}

TEST(MemoryDataplane, KeepsWhatItIsToldAndRefusesWhatTheTestWants) {
    MemoryDataplane::State state;
    MemoryDataplane dataplane(state);
    const model::Cluster cluster{.services = {{.key = {.port = 80}, .scheduler = "rr"}}};
    state.next_refusal = Error{.doing = "cannot", .code = ENOSPC};
    EXPECT_EQ(dataplane.apply(cluster).error().code, ENOSPC);
    EXPECT_TRUE(dataplane.apply(cluster));
    EXPECT_EQ(state.applied, cluster);
    state.interface_refusals["eth1"] = Error{.doing = "busy", .code = EBUSY};
    EXPECT_EQ(dataplane.set_interfaces({{.name = "eth0"}, {.name = "eth1"}}).size(), 1u);
    EXPECT_EQ(state.interfaces.size(), 1u);
}

}  // namespace
}  // namespace lvx::dataplane
