// A site, or a cluster alone, as keepalived.conf: what load() reads back to an equal value.  Defaults are not written, old
// spellings and preprocessing are gone: this is what the files come to.
#pragma once

#include <string>

#include "model/site.hh"

namespace lvx::config::keepalived {

// Services and servers in the order in which they were added.
[[nodiscard]] std::string print(const model::Site& site);
[[nodiscard]] std::string print(const model::Cluster& cluster);

}  // namespace lvx::config::keepalived
