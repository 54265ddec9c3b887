// Makes a device of a laboratory speak tagged frames only, as if an 802.1Q device lay on it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lab/lab.hh"

namespace lvx::cluster {

// For as long as the device lives.  The tag stands in the frame, not beside it, as on a wire.
[[nodiscard]] Result<void> tag_device(const lab::Lab& lab, std::string_view node, const std::string& device,
                                      std::uint16_t vid);

}  // namespace lvx::cluster
