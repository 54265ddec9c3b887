// The name of an interface's driver as ethtool tells it ("virtio_net"), "" when there is none.  By ioctl, because
// /sys may show another network namespace.
#pragma once

#include <string>

namespace lvx::net {

[[nodiscard]] std::string driver_name(const std::string& interface);

}  // namespace lvx::net
