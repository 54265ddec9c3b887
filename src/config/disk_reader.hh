// The Reader of the real file system: the one place of this room that touches a disk.
#pragma once

#include "config/reader.hh"

namespace lvx::config {

[[nodiscard]] Reader disk_reader();

}  // namespace lvx::config
