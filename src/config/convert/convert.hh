// Configurations of other directors as keepalived.conf: save files of ipvsadm, ldirectord.cf, and heartbeat's ha.cf with
// haresources and authkeys.  Pure: text in, text and diagnostics out.  What has no equivalent is told by a warning with
// its place and what to do; what cannot be understood is an error, and there is no text then.
#pragma once

#include <string>

#include "config/diagnostic.hh"
#include "config/source.hh"

namespace lvx::config::convert {

struct TextFile {
    std::string name, text;
};

struct Conversion {
    std::string text;  // keepalived.conf; empty unless usable()
    Diagnostics diagnostics;
    Sources sources;

    [[nodiscard]] bool usable() const { return diagnostics.errors() == 0; }
};

// What "ipvsadm -S -n" wrote.  Names of hosts and services are not resolved: they are errors.
[[nodiscard]] Conversion from_ipvsadm(const TextFile& saved);
[[nodiscard]] Conversion from_ldirectord(const TextFile& file);

struct HeartbeatFiles {
    TextFile ha_cf, haresources;
    TextFile authkeys;  // text "" = none
    std::string node;   // whose configuration is wanted: a name of a "node" line
};
[[nodiscard]] Conversion from_heartbeat(const HeartbeatFiles& files);

}  // namespace lvx::config::convert
