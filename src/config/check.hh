// Every statement against the keyword table: known here, right number and kind of arguments, a block where one belongs.
// What works, what comes later and what has no meaning is answered here; what statements mean to each other is not.
#pragma once

#include <vector>

#include "config/diagnostic.hh"
#include "config/tree.hh"

namespace lvx::config {

void check(const std::vector<Statement>& statements, Diagnostics& diagnostics);

}  // namespace lvx::config
