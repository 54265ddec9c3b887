// The words after lvs_method and lvs_sched.
#pragma once

#include <string>

#include "config/value.hh"
#include "model/model.hh"

namespace lvx::config::keepalived {

struct Forward {
    model::Method method = model::Method::masq;
    model::Tunnel tunnel;
};

// "NAT", "DR", "TUN [type ipip | type gue port N | type gre] [nocsum | csum | remcsum]".
[[nodiscard]] Read<Forward> read_forward(const Statement& statement);

// A name the data plane knows; a warning instead of an error where old files have a word that never was a scheduler.
[[nodiscard]] Read<std::string> read_scheduler(const Word& word);

}  // namespace lvx::config::keepalived
