// One rule of nft as steps, or why it is not followed.
#pragma once

#include <string>

#include "marks/nft_values.hh"

namespace lvx::marks {

// `statements`: the list under "expr".
[[nodiscard]] Rule nft_rule(std::string name, const Json& statements, const NamedSets& sets);

}  // namespace lvx::marks
