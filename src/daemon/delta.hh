// What operators changed, in one of the two languages.
#pragma once

#include <string>

#include "api/change_desk.hh"
#include "model/model.hh"

namespace lvx::daemon {

// ipvsadm: commands that lead from `files` to `running`.  keepalived: the services that differ, as they run.
[[nodiscard]] std::string delta_text(const model::Cluster& files, const model::Cluster& running, api::DeltaForm form);

}  // namespace lvx::daemon
