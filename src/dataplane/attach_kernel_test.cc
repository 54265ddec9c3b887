#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

#include "base/fd.hh"
#include "dataplane/kernel_fixture.hh"

namespace lvx::dataplane::testing {
namespace {

// All tests of this file share one data plane, because the verifier takes its time; each leaves nothing attached.
class Attach : public KernelTest {
 protected:
    static void TearDownTestSuite() {
        if (dataplane_) dataplane_->stop();
        dataplane_.reset();
    }
    void SetUp() override {
        KernelTest::SetUp();
        if (!dataplane_) dataplane_ = opened();
        ASSERT_TRUE(dataplane_);
    }
    void TearDown() override {
        EXPECT_TRUE(dataplane_->set_interfaces({}).empty());
        run("ip link del left");
    }

    static inline std::unique_ptr<Dataplane> dataplane_;
};

std::vector<Error> attach(Dataplane& dataplane, const std::string& name, net::Hook hook) {
    return dataplane.set_interfaces({choice(name, hook)});
}

// An XDP program that passes everything, as somebody else's.
Fd foreign_program() {
    const bpf_insn pass[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS},
                             {.code = BPF_JMP | BPF_EXIT}};
    return Fd(bpf_prog_load(BPF_PROG_TYPE_XDP, "stranger", "GPL", pass, 2, nullptr));
}

Fd foreign_filter(const std::string& name, bpf_tc_attach_point point) {
    const bpf_insn pass[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = -1},
                             {.code = BPF_JMP | BPF_EXIT}};
    Fd program(bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "stranger", "GPL", pass, 2, nullptr));
    LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = static_cast<int>(if_nametoindex(name.c_str())), .attach_point = point);
    LIBBPF_OPTS(bpf_tc_opts, options, .prog_fd = program.get(), .handle = 1, .priority = 1);
    bpf_tc_hook_create(&hook);
    EXPECT_EQ(bpf_tc_attach(&hook, &options), 0);
    return program;
}

// A frame of an EtherType of nobody's, to all stations.
void send_frame(const std::string& from) {
    const Fd socket(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
    std::array<std::uint8_t, 60> frame = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 2, 0x88, 0xb5};
    const sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = static_cast<int>(if_nametoindex(from.c_str()))};
    ASSERT_EQ(sendto(socket.get(), frame.data(), frame.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to),
              static_cast<ssize_t>(frame.size()));
}

// The data plane counts a frame that comes in by `interface` from its peer; waits for at most a thousand frames.
bool sees_packets(const Dataplane& dataplane, const std::string& interface, const std::string& peer) {
    for (int tries = 0; tries < 1000; ++tries) {
        send_frame(peer);
        if (std::ranges::any_of(dataplane.verdicts(), [&](const auto& verdict) {
                return verdict.packets > 0 && verdict.interface == interface;
            }))
            return true;
    }
    return false;
}

std::uint64_t packets_counted(const Dataplane& dataplane) {
    std::uint64_t packets = 0;
    for (const api::VerdictSnapshot& verdict : dataplane.verdicts()) packets += verdict.packets;
    return packets;
}

TEST_F(Attach, GoesOnTellingWhatAReleasedInterfaceCounted) {
    ASSERT_TRUE(attach(*dataplane_, "left", net::Hook::xdp_native).empty());
    ASSERT_TRUE(sees_packets(*dataplane_, "left", "right"));
    const std::uint64_t before = packets_counted(*dataplane_);
    EXPECT_TRUE(dataplane_->set_interfaces({}).empty());
    EXPECT_GE(packets_counted(*dataplane_), before);
}

TEST_F(Attach, TakesPacketsByNativeXdp) {
    ASSERT_TRUE(attach(*dataplane_, "left", net::Hook::xdp_native).empty());
    EXPECT_NE(output_of("ip link show left").find("xdp "), std::string::npos);
    EXPECT_TRUE(sees_packets(*dataplane_, "left", "right"));
}

TEST_F(Attach, TakesPacketsByGenericXdp) {
    ASSERT_TRUE(attach(*dataplane_, "left", net::Hook::xdp_generic).empty());
    EXPECT_NE(output_of("ip link show left").find("xdpgeneric"), std::string::npos);
    EXPECT_TRUE(sees_packets(*dataplane_, "left", "right"));
}

TEST_F(Attach, TakesPacketsAtTcIngress) {
    ASSERT_TRUE(attach(*dataplane_, "left", net::Hook::tc).empty());
    EXPECT_TRUE(sees_packets(*dataplane_, "left", "right"));
}

TEST_F(Attach, ChangesTheHookOfAnInterface) {
    ASSERT_TRUE(attach(*dataplane_, "left", net::Hook::xdp_native).empty());
    ASSERT_TRUE(attach(*dataplane_, "left", net::Hook::tc).empty());
    EXPECT_EQ(output_of("ip link show left").find("xdp"), std::string::npos);
    EXPECT_NE(output_of("tc filter show dev left ingress").find("lvx_tc"), std::string::npos);
}

TEST_F(Attach, LeavesAnInterfaceThatIsNoLongerNamed) {
    ASSERT_TRUE(dataplane_->set_interfaces({choice("left", net::Hook::tc), choice("right", net::Hook::xdp_native)}).empty());
    ASSERT_TRUE(dataplane_->set_interfaces({choice("right", net::Hook::xdp_native)}).empty());
    EXPECT_EQ(output_of("tc filter show dev left ingress"), "");
    EXPECT_NE(output_of("ip link show right").find("xdp"), std::string::npos);
}

TEST_F(Attach, StaysWhenTheDaemonDiesAndIsAdoptedByTheNext) {
    ASSERT_TRUE(dataplane_->set_interfaces({choice("left", net::Hook::tc), choice("right", net::Hook::xdp_native)}).empty());
    dataplane_.reset();
    EXPECT_NE(output_of("ip link show right").find("xdp"), std::string::npos);
    dataplane_ = opened();
    ASSERT_TRUE(dataplane_->set_interfaces({choice("left", net::Hook::tc), choice("right", net::Hook::xdp_native)}).empty());
    ASSERT_TRUE(dataplane_->set_interfaces({}).empty());
    EXPECT_EQ(output_of("ip link show right").find("xdp"), std::string::npos);
    EXPECT_EQ(output_of("tc qdisc show dev left").find("clsact"), std::string::npos);
}

TEST_F(Attach, NamesTheXdpProgramThatIsInTheWay) {
    const Fd stranger = foreign_program();
    ASSERT_EQ(bpf_xdp_attach(static_cast<int>(if_nametoindex("left")), stranger.get(), XDP_FLAGS_DRV_MODE, nullptr), 0);
    const auto errors = attach(*dataplane_, "left", net::Hook::xdp_native);
    ASSERT_EQ(errors.size(), 1u);
    EXPECT_EQ(errors[0].code, EBUSY);
    EXPECT_NE(errors[0].doing.find("stranger"), std::string::npos) << errors[0].doing;
    EXPECT_NE(errors[0].doing.find("left"), std::string::npos);
}

TEST_F(Attach, SaysWhenAnInterfaceIsGoneAndGoesOnWithTheRest) {
    const net::InterfaceChoice gone{.ifindex = 4000, .name = "gone0", .hook = net::Hook::tc};
    const auto errors = dataplane_->set_interfaces({gone, choice("left", net::Hook::tc)});
    ASSERT_EQ(errors.size(), 1u);
    EXPECT_EQ(errors[0].code, ENODEV);
    EXPECT_NE(errors[0].doing.find("gone0"), std::string::npos);
    EXPECT_NE(output_of("tc filter show dev left ingress").find("lvx_tc"), std::string::npos);
}

TEST_F(Attach, KeepsTheFiltersOfOthers) {
    const Fd stranger = foreign_filter("left", BPF_TC_INGRESS);
    ASSERT_TRUE(attach(*dataplane_, "left", net::Hook::tc).empty());
    ASSERT_TRUE(dataplane_->set_interfaces({}).empty());
    EXPECT_NE(output_of("tc filter show dev left ingress").find("stranger"), std::string::npos);
}

TEST_F(Attach, KeepsItsOwnQdiscWhileOthersUseIt) {
    ASSERT_TRUE(attach(*dataplane_, "left", net::Hook::tc).empty());
    const Fd stranger = foreign_filter("left", BPF_TC_EGRESS);
    ASSERT_TRUE(dataplane_->set_interfaces({}).empty());
    EXPECT_NE(output_of("tc filter show dev left egress").find("stranger"), std::string::npos);
}

TEST_F(Attach, ReattachesAfterAnInterfaceCameBack) {
    ASSERT_TRUE(attach(*dataplane_, "left", net::Hook::xdp_native).empty());
    run("ip link del left");
    make_pair();
    ASSERT_TRUE(attach(*dataplane_, "left", net::Hook::xdp_native).empty());
    EXPECT_NE(output_of("ip link show left").find("xdp"), std::string::npos);
}

}  // namespace
}  // namespace lvx::dataplane::testing
