#include "support/tagged_wire.hh"

#include <bpf/libbpf.h>

#include <cerrno>
#include <memory>

#include "lab/namespace.hh"
#include "net/links_driver.hh"
#include "net/offload_driver.hh"
#include "vlan_tag.skel.h"

namespace lvx::cluster {
namespace {

struct Destroy {
    void operator()(vlan_tag_bpf* skeleton) const { vlan_tag_bpf::destroy(skeleton); }
};

Result<void> attach(std::uint32_t ifindex, bpf_tc_attach_point point, int program) {
    LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = static_cast<int>(ifindex), .attach_point = point);
    libbpf_set_print(nullptr);  // that a clsact qdisc is already there is no news
    const int made = bpf_tc_hook_create(&hook);
    if (made != 0 && made != -EEXIST) return refusal("cannot make a tc hook", -made);
    LIBBPF_OPTS(bpf_tc_opts, options, .prog_fd = program);
    if (const int code = bpf_tc_attach(&hook, &options); code != 0) return refusal("cannot attach a tc program", -code);
    return {};
}

}  // namespace

Result<void> tag_device(const lab::Lab& lab, std::string_view node, const std::string& device, std::uint16_t vid) {
    const std::unique_ptr<vlan_tag_bpf, Destroy> skeleton(vlan_tag_bpf::open());
    if (!skeleton) return refusal("cannot open the tagging programs", errno);
    skeleton->rodata->vid = vid;
    if (const int code = vlan_tag_bpf::load(skeleton.get()); code != 0) {
        return refusal("cannot load the tagging programs", -code);
    }
    return lab::inside(lab.namespace_of(node), [&]() -> Result<void> {
        const std::uint32_t ifindex = TRY(net::index_of(device));
        TRY(net::set_feature(device, net::Feature::transmit_vlan, net::Switch::off));
        TRY(attach(ifindex, BPF_TC_EGRESS, bpf_program__fd(skeleton->progs.tag)));
        return attach(ifindex, BPF_TC_INGRESS, bpf_program__fd(skeleton->progs.untag));
    });
}

}  // namespace lvx::cluster
