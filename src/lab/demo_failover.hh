// `lvx demo failover`: something happens to the active director of a laboratory that stands, and a client tells what it
// saw: who answered then, after how long, and what became of its open connections; then the director is brought back.
#pragma once

#include "base/result.hh"
#include "lab/demo_options.hh"

namespace lvx::lab::demo {

[[nodiscard]] Result<void> failover(const Options& options);
// Directors go on, run, and have their links: after an end that came too early.  Nothing to mend is no error.
void bring_back(const Options& options);

}  // namespace lvx::lab::demo
