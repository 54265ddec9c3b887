// By which hook an interface is best served, and why.  Native XDP is about twice as fast as anything else on a NIC, but
// it switches off super-frames, so that bulk TCP between guests and containers of one machine halves; generic XDP pays
// for an skb and a copy besides.  tc ingress keeps super-frames and costs what plain routing costs.
#pragma once

#include <string>

#include "net/world.hh"

namespace lvx::net {

struct HookChoice {
    Hook hook = Hook::tc;
    std::string reason;
    bool operator==(const HookChoice&) const = default;
};

[[nodiscard]] HookChoice choose_hook(const World& world, const Link& link);

// By the driver's name as ethtool tells it.  A table, because the kernel tells features only from 6.3 on.
[[nodiscard]] bool has_native_xdp(std::string_view driver);

}  // namespace lvx::net
