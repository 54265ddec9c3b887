#include "dataplane/hooks.hh"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/if_link.h>
#include <net/if.h>

#include <cerrno>

#include "dataplane/attachments.hh"
#include "dataplane/filter_list.hh"
#include "dataplane/refusal.hh"

namespace lvx::dataplane {
namespace {

std::uint32_t attached_program(std::uint32_t ifindex) {
    LIBBPF_OPTS(bpf_xdp_query_opts, query);
    if (bpf_xdp_query(static_cast<int>(ifindex), 0, &query) != 0) return 0;
    for (const __u32 id : {query.prog_id, query.drv_prog_id, query.skb_prog_id, query.hw_prog_id})
        if (id != 0) return id;
    return 0;
}

Error gone(const std::string& name) {
    return {.doing = fmt::format("cannot attach to {}: the interface is gone", name), .code = ENODEV};
}

Error explain_xdp(int code, std::uint32_t ifindex, const std::string& name, net::Hook hook) {
    if (code == ENODEV || code == EINVAL)
        if (char buffer[IF_NAMESIZE]; !if_indextoname(ifindex, buffer)) return gone(name);
    if (code == EBUSY || code == EEXIST)
        if (const std::uint32_t id = attached_program(ifindex))
            return {.doing = fmt::format("cannot attach XDP to {}: {} is attached there", name, program_name(id)),
                    .code = EBUSY,
                    .hint = fmt::format("detach it (ip link set dev {} xdp off), or use tc: --interface {}=tc", name, name)};
    if (hook == net::Hook::xdp_native)
        return {.doing = fmt::format("cannot attach native XDP to {}: its driver refuses", name), .code = code,
                .hint = fmt::format("use tc: --interface {}=tc; or lower its MTU, or switch LRO off (ethtool -K {} lro off)", name, name)};
    return {.doing = fmt::format("cannot attach generic XDP to {}", name), .code = code,
            .hint = fmt::format("use tc: --interface {}=tc", name)};
}

bpf_tc_hook ingress(std::uint32_t ifindex) {
    LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = static_cast<int>(ifindex), .attach_point = BPF_TC_INGRESS);
    return hook;
}

}  // namespace

Result<Fd> attach_xdp(std::uint32_t ifindex, const std::string& name, net::Hook hook, const Fd& program) {
    const __u32 mode = hook == net::Hook::xdp_native ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE;
    LIBBPF_OPTS(bpf_link_create_opts, options, .flags = mode);
    const int fd = bpf_link_create(program.get(), static_cast<int>(ifindex), BPF_XDP, &options);
    if (fd < 0) return std::unexpected(explain_xdp(-fd, ifindex, name, hook));
    return Fd(fd);
}

Result<bool> attach_filter(std::uint32_t ifindex, const std::string& name, const Fd& program) {
    bpf_tc_hook hook = ingress(ifindex);
    const int made = bpf_tc_hook_create(&hook);
    if (made == -ENODEV || made == -EINVAL)
        if (char buffer[IF_NAMESIZE]; !if_indextoname(ifindex, buffer)) return std::unexpected(gone(name));
    if (made != 0 && made != -EEXIST)
        return refusal(fmt::format("cannot make the clsact qdisc of {}", name), -made,
                       "tc ingress needs CONFIG_NET_CLS_ACT and CONFIG_NET_SCH_INGRESS");
    LIBBPF_OPTS(bpf_tc_opts, options, .prog_fd = program.get(), .flags = BPF_TC_F_REPLACE, .handle = filter_handle,
                .priority = filter_priority);
    if (const int error = bpf_tc_attach(&hook, &options))
        return refusal(fmt::format("cannot attach a tc filter to {}", name), -error, "tc filters need CONFIG_NET_CLS_BPF");
    return made == 0;
}

void detach_filter(std::uint32_t ifindex, bool qdisc_made) {
    bpf_tc_hook hook = ingress(ifindex);
    LIBBPF_OPTS(bpf_tc_opts, options, .handle = filter_handle, .priority = filter_priority);
    bpf_tc_detach(&hook, &options);
    if (!qdisc_made || has_filters(ifindex)) return;
    hook.attach_point = static_cast<bpf_tc_attach_point>(BPF_TC_INGRESS | BPF_TC_EGRESS);
    bpf_tc_hook_destroy(&hook);
}

bool still_attached(std::uint32_t ifindex, const Fd& link) {
    if (!link.valid()) {
        const bpf_tc_hook hook = ingress(ifindex);
        LIBBPF_OPTS(bpf_tc_opts, options, .handle = filter_handle, .priority = filter_priority);
        return bpf_tc_query(&hook, &options) == 0;
    }
    bpf_link_info info = {};
    __u32 length = sizeof info;
    return bpf_obj_get_info_by_fd(link.get(), &info, &length) == 0 && info.xdp.ifindex == ifindex;
}

}  // namespace lvx::dataplane
