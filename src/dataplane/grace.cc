#include "dataplane/grace.hh"

#include <bpf/bpf.h>

#include "base/ensure.hh"

namespace lvx::dataplane {

Result<Grace> Grace::make() {
    Grace grace;
    grace.inner_ = Fd(bpf_map_create(BPF_MAP_TYPE_ARRAY, "lvx_inner", 4, 4, 1, nullptr));
    if (!grace.inner_.valid()) return refusal("cannot make the map that waits for packets", errno);
    LIBBPF_OPTS(bpf_map_create_opts, options, .inner_map_fd = static_cast<__u32>(grace.inner_.get()));
    grace.outer_ = Fd(bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "lvx_grace", 4, 4, 1, &options));
    if (!grace.outer_.valid()) return refusal("cannot make the map that waits for packets", errno);
    return grace;
}

void Grace::wait() const {
    const __u32 first = 0;
    const int inner = inner_.get();
    ensure(bpf_map_update_elem(outer_.get(), &first, &inner, BPF_ANY) == 0);
}

}  // namespace lvx::dataplane
