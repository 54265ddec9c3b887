// "garp_extra_if [all] SECONDS": announcements on interfaces of virtual addresses other than the virtual router's own.
#pragma once

#include "config/keepalived/reading.hh"

namespace lvx::config::keepalived {

void read_garp_extra(model::GarpTimes& garp, const Statement& statement, Reading& reading);

}  // namespace lvx::config::keepalived
