// One check run to its end in the caller's thread, without a worker: for genhash and for tests.
#pragma once

#include <string>

#include "health/check/probe.hh"
#include "model/watch.hh"

namespace lvx::health {

struct Trust {
    std::string ca;  // file of what tls_verify trusts; "" = the system's
};

using Start = Task<Outcome> (*)(Probe&);

// `check` must outlive the call.  Needs no privilege beyond what its sockets need.
[[nodiscard]] Outcome run_single(const model::Check& check, const Trust& trust, Start start);

}  // namespace lvx::health
