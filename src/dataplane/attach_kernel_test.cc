#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>

#include <algorithm>

#include "base/fd.hh"
#include "dataplane/kernel_fixture.hh"

namespace lvx::dataplane::testing {
namespace {

using Attach = KernelTest;

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

// Waits, for at most two seconds, until the data plane has seen a packet.
bool sees_packets(const Dataplane& dataplane, const std::string& interface, const std::string& from) {
    for (int tries = 0; tries < 200; ++tries) {
        run("ip -6 neigh flush dev " + from + "; ping -6 -c 1 -W 0.01 ff02::1%" + from + " >/dev/null 2>&1 || true");
        if (std::ranges::any_of(dataplane.verdicts(), [&](const auto& verdict) {
                return verdict.packets > 0 && (verdict.interface == interface || verdict.interface == "none");
            }))
            return true;
    }
    return false;
}

TEST_F(Attach, TakesPacketsByNativeXdp) {
    const auto dataplane = opened();
    ASSERT_TRUE(attach(*dataplane, "left", net::Hook::xdp_native).empty());
    EXPECT_NE(output_of("ip link show left").find("xdp "), std::string::npos);
    EXPECT_TRUE(sees_packets(*dataplane, "left", "right"));
}

TEST_F(Attach, TakesPacketsByGenericXdp) {
    const auto dataplane = opened();
    ASSERT_TRUE(attach(*dataplane, "left", net::Hook::xdp_generic).empty());
    EXPECT_NE(output_of("ip link show left").find("xdpgeneric"), std::string::npos);
    EXPECT_TRUE(sees_packets(*dataplane, "left", "right"));
}

TEST_F(Attach, TakesPacketsAtTcIngress) {
    const auto dataplane = opened();
    ASSERT_TRUE(attach(*dataplane, "left", net::Hook::tc).empty());
    EXPECT_TRUE(sees_packets(*dataplane, "left", "right"));
}

TEST_F(Attach, ChangesTheHookOfAnInterface) {
    const auto dataplane = opened();
    ASSERT_TRUE(attach(*dataplane, "left", net::Hook::xdp_native).empty());
    ASSERT_TRUE(attach(*dataplane, "left", net::Hook::tc).empty());
    EXPECT_EQ(output_of("ip link show left").find("xdp"), std::string::npos);
    EXPECT_NE(output_of("tc filter show dev left ingress").find("lvx_tc"), std::string::npos);
}

TEST_F(Attach, LeavesAnInterfaceThatIsNoLongerNamed) {
    const auto dataplane = opened();
    ASSERT_TRUE(dataplane->set_interfaces({choice("left", net::Hook::tc), choice("right", net::Hook::xdp_native)}).empty());
    ASSERT_TRUE(dataplane->set_interfaces({choice("right", net::Hook::xdp_native)}).empty());
    EXPECT_EQ(output_of("tc filter show dev left ingress"), "");
    EXPECT_NE(output_of("ip link show right").find("xdp"), std::string::npos);
}

TEST_F(Attach, StaysWhenTheDaemonDiesAndIsAdoptedByTheNext) {
    { ASSERT_TRUE(opened()->set_interfaces({choice("left", net::Hook::tc), choice("right", net::Hook::xdp_native)}).empty()); }
    EXPECT_NE(output_of("ip link show right").find("xdp"), std::string::npos);
    const auto second = opened();
    ASSERT_TRUE(second->set_interfaces({choice("left", net::Hook::tc), choice("right", net::Hook::xdp_native)}).empty());
    ASSERT_TRUE(second->set_interfaces({}).empty());
    EXPECT_EQ(output_of("ip link show right").find("xdp"), std::string::npos);
    EXPECT_EQ(output_of("tc qdisc show dev left").find("clsact"), std::string::npos);
}

TEST_F(Attach, NamesTheXdpProgramThatIsInTheWay) {
    const Fd stranger = foreign_program();
    ASSERT_EQ(bpf_xdp_attach(static_cast<int>(if_nametoindex("left")), stranger.get(), XDP_FLAGS_DRV_MODE, nullptr), 0);
    const auto dataplane = opened();
    const auto errors = attach(*dataplane, "left", net::Hook::xdp_native);
    ASSERT_EQ(errors.size(), 1u);
    EXPECT_EQ(errors[0].code, EBUSY);
    EXPECT_NE(errors[0].doing.find("stranger"), std::string::npos) << errors[0].doing;
    EXPECT_NE(errors[0].doing.find("left"), std::string::npos);
}

TEST_F(Attach, SaysWhenAnInterfaceIsGoneAndGoesOnWithTheRest) {
    const auto dataplane = opened();
    const net::InterfaceChoice gone{.ifindex = 4000, .name = "gone0", .hook = net::Hook::tc};
    const auto errors = dataplane->set_interfaces({gone, choice("left", net::Hook::tc)});
    ASSERT_EQ(errors.size(), 1u);
    EXPECT_EQ(errors[0].code, ENODEV);
    EXPECT_NE(errors[0].doing.find("gone0"), std::string::npos);
    EXPECT_NE(output_of("tc filter show dev left ingress").find("lvx_tc"), std::string::npos);
}

TEST_F(Attach, KeepsTheFiltersOfOthers) {
    const Fd stranger = foreign_filter("left", BPF_TC_INGRESS);
    const auto dataplane = opened();
    ASSERT_TRUE(attach(*dataplane, "left", net::Hook::tc).empty());
    dataplane->stop();
    EXPECT_NE(output_of("tc filter show dev left ingress").find("stranger"), std::string::npos);
}

TEST_F(Attach, KeepsItsOwnQdiscWhileOthersUseIt) {
    const auto dataplane = opened();
    ASSERT_TRUE(attach(*dataplane, "left", net::Hook::tc).empty());
    const Fd stranger = foreign_filter("left", BPF_TC_EGRESS);
    dataplane->stop();
    EXPECT_NE(output_of("tc filter show dev left egress").find("stranger"), std::string::npos);
}

TEST_F(Attach, ReattachesAfterAnInterfaceCameBack) {
    const auto dataplane = opened();
    ASSERT_TRUE(attach(*dataplane, "left", net::Hook::xdp_native).empty());
    run("ip link del left && ip link add left type veth peer name right && ip link set left up && ip link set right up");
    ASSERT_TRUE(attach(*dataplane, "left", net::Hook::xdp_native).empty());
    EXPECT_NE(output_of("ip link show left").find("xdp"), std::string::npos);
}

}  // namespace
}  // namespace lvx::dataplane::testing
