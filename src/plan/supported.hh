// What this data plane can do with a cluster: the last word before it is built, whoever let it through.
#pragma once

#include "base/result.hh"
#include "model/model.hh"

namespace lvx::plan {

// EOPNOTSUPP: known, but not done here yet; EINVAL, EEXIST: contradicts itself.  The sentence names the service.
[[nodiscard]] Result<void> check_supported(const model::Service& service);

}  // namespace lvx::plan
