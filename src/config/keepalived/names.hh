// Names that one block uses and another defines, anywhere in the files: order in the text does not matter.
#pragma once

#include <string_view>

#include "config/keepalived/reading.hh"

namespace lvx::config::keepalived {

// The block with this keyword of today ("vrrp_script") and this name; where there is none, that is reported with the
// nearest name there is.
const Statement* expect_object(const Word& name, std::string_view keyword, Reading& reading);
// The same where lvx's own keyword names it: what keepalived would do with the name nobody can say.
const Statement* expect_object_for_ours(const Word& name, std::string_view keyword, Reading& reading);

// Reports a second block of a kind with the name of an earlier one; false then.
[[nodiscard]] bool first_of_name(const Statement& block, Reading& reading);

}  // namespace lvx::config::keepalived
