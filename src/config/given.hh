// Every value that the files of a director give, keyword by keyword with its place, and the defaults beside them: what
// "lvx config show" tells of everything that is no service.  Pure, from the tree of statements.
//
// What a block does not say is said by the blocks around it where the language inherits (timing of checks, defaults of
// virtual routers in global_defs), else by the table of keywords.
#pragma once

#include <string>
#include <vector>

#include "config/tree.hh"

namespace lvx::config {

struct Given {
    std::string object;  // "vrrp_instance VI_1", "virtual_server 192.0.2.1 80 / real_server 10.0.0.2 80 / TCP_CHECK"
    std::string name;    // keyword of today; "" in lists
    std::string value;   // its arguments; "on" where it has none
    Place place;         // line 0: nobody says it, the default
    bool operator==(const Given&) const = default;
};

[[nodiscard]] std::vector<Given> given_values(const std::vector<Statement>& statements);

}  // namespace lvx::config
