// The VRRP thread's status as the API tells it: one pure function.
#pragma once

#include "api/vrrp.hh"
#include "vrrp/status.hh"

namespace lvx::daemon {

[[nodiscard]] api::VrrpSnapshot snapshot_of(const vrrp::Status& status, vrrp::Instant now);

}  // namespace lvx::daemon
