// Reads what iptables-save and ip6tables-save print.  Pure.
//
//   *mangle
//   :PREROUTING ACCEPT [0:0]
//   -A PREROUTING -d 192.0.2.1/32 -p tcp -m multiport --dports 80,443 -j MARK --set-xmark 0x7/0xffffffff
//   COMMIT
#pragma once

#include <string_view>

#include "marks/rules.hh"

namespace lvx::marks {

enum class Flavour : std::uint8_t { nf_tables, legacy };

struct Saved {
    Flavour flavour = Flavour::nf_tables;
    Ruleset tables;
};

// `family`: of iptables or ip6tables.  A table without COMMIT, which iptables-nft leaves so when others put chains into it,
// is none.
[[nodiscard]] Saved read_saved(std::string_view text, Family family);

}  // namespace lvx::marks
