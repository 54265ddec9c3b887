// Somebody else's XDP program sits on the director's interface: it is named, left alone, and the operator told.
//
//   client ── eth0 [foreign XDP program] director
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <gmock/gmock.h>
#include <linux/bpf.h>
#include <linux/if_link.h>

#include <array>

#include "lab/namespace.hh"
#include "net/links_driver.hh"
#include "support/cluster.hh"

namespace lvx::cluster {
namespace {

using testing::HasSubstr;

// "return XDP_PASS" by the name of `name`.
Fd passing_program(const char* name) {
    const std::array<bpf_insn, 2> code = {{{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .src_reg = 0, .off = 0, .imm = XDP_PASS},
                                           {.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0}}};
    return Fd(bpf_prog_load(BPF_PROG_TYPE_XDP, name, "GPL", code.data(), code.size(), nullptr));
}

TEST(ForeignXdp, IsNamedAndLeftAlone) {
    lab::Lab lab = must(lab::Lab::build(lab::Lab::unique_name("foreign"), lab::classic::topology(lab::Offload::off)));
    const Fd program = passing_program("watchdog");
    ASSERT_TRUE(program.valid());
    std::uint32_t id = 0;
    const auto attached_id = [&]() -> Result<void> {
        const std::uint32_t ifindex = TRY(net::index_of("eth0"));
        if (const int code = bpf_xdp_query_id(static_cast<int>(ifindex), 0, &id); code != 0) return refusal("cannot ask", -code);
        return {};
    };
    must(lab::inside(lab.namespace_of("director"), [&]() -> Result<void> {
        const std::uint32_t ifindex = TRY(net::index_of("eth0"));
        const int code = bpf_xdp_attach(static_cast<int>(ifindex), program.get(), XDP_FLAGS_DRV_MODE, nullptr);
        if (code != 0) return refusal("cannot attach", -code);
        return attached_id();
    }));
    const std::uint32_t before = id;
    ASSERT_NE(before, 0u);

    auto director = lab::Director::start(lab, {.hook = "xdp", .configuration = configuration({{}})});
    const std::string told = director ? director->log() : director.error().sentence();
    EXPECT_THAT(told, HasSubstr("watchdog"));
    EXPECT_THAT(told, HasSubstr("eth0"));
    must(lab::inside(lab.namespace_of("director"), attached_id));
    EXPECT_EQ(id, before);
}

}  // namespace
}  // namespace lvx::cluster
