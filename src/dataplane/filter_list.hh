// Whether anybody's filter hangs at an interface's clsact qdisc: the qdisc is only removed when nobody's does.
#pragma once

#include <cstdint>

namespace lvx::dataplane {

// True when the kernel does not say.
[[nodiscard]] bool has_filters(std::uint32_t ifindex);

}  // namespace lvx::dataplane
