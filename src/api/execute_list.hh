// Operations in order up to the first refusal, whatever way the Director refuses.
#pragma once

#include <span>

#include "api/director_view.hh"

namespace lvx::api {

// A list refused as a whole is tried by halves, so that the operations before the one that does not fit hold: at most
// two attempts for each power of two in the list's length.
[[nodiscard]] Execution execute_list(Director& director, std::span<const model::Operation> operations);

}  // namespace lvx::api
