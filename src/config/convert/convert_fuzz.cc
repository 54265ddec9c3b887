// Any bytes as a foreign configuration: never a crash, never a hang, every diagnostic printable.  The first byte chooses
// the dialect; 0x01 separates the files of heartbeat.
#include <cstdint>
#include <string>
#include <vector>

#include "base/ensure.hh"
#include "base/text.hh"
#include "config/convert/convert.hh"

using namespace lvx;
using namespace lvx::config;

static convert::Conversion conversion_of(std::uint8_t dialect, std::string_view text) {
    if (dialect % 3 == 0) return convert::from_ipvsadm({"f", std::string(text)});
    if (dialect % 3 == 1) return convert::from_ldirectord({"f", std::string(text)});
    auto parts = split_at(text, '\x01');
    parts.resize(3);
    return convert::from_heartbeat({.ha_cf = {"a", std::string(parts[0])}, .haresources = {"b", std::string(parts[1])},
                                    .authkeys = {"c", std::string(parts[2])}, .node = "n1"});
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const auto result = conversion_of(data[0], {reinterpret_cast<const char*>(data + 1), size - 1});
    ensure(result.usable() || result.text.empty());
    ensure(!print(result.diagnostics, result.sources, Colour::never).empty());
    return 0;
}
