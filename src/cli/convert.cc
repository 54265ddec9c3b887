#include "cli/convert.hh"

#include <fmt/format.h>

#include <expected>

#include "base/text.hh"
#include "config/convert/convert.hh"

namespace lvx::cli {

namespace {

using config::convert::Conversion;
using config::convert::TextFile;

std::string value_of(const Invocation& invocation, std::string_view option, std::string otherwise) {
    const auto found = invocation.values.find(option);
    return found == invocation.values.end() ? otherwise : found->second;
}

// By the name of the file where --from does not say.
std::string_view dialect_of(std::string_view path) {
    const std::string_view name = path.substr(path.rfind('/') + 1);
    if (name == "ha.cf") return "heartbeat";
    return name.ends_with(".cf") ? "ldirectord" : "ipvsadm";
}

// A file that stands beside another one.
std::string beside(const std::string& path, std::string_view name) {
    return path.substr(0, path.rfind('/') + 1) + std::string(name);
}

Result<Conversion> heartbeat(const Invocation& invocation, const ConvertSurroundings& world) {
    const std::string& main = invocation.operands[0];
    const std::string resources = value_of(invocation, "--haresources", beside(main, "haresources"));
    const std::string keys = value_of(invocation, "--authkeys", "");
    config::convert::HeartbeatFiles files{.ha_cf = {main, TRY(world.read(main))},
                                          .haresources = {resources, TRY(world.read(resources))},
                                          .authkeys = {keys, {}},
                                          .node = value_of(invocation, "--node", world.host_name)};
    if (!keys.empty()) files.authkeys.text = TRY(world.read(keys));
    return config::convert::from_heartbeat(files);
}

Result<Conversion> converted(const std::string& dialect, const Invocation& invocation, const ConvertSurroundings& world) {
    if (dialect == "heartbeat") return heartbeat(invocation, world);
    const TextFile file{invocation.operands[0], TRY(world.read(invocation.operands[0]))};
    return dialect == "ldirectord" ? config::convert::from_ldirectord(file) : config::convert::from_ipvsadm(file);
}

}  // namespace

int run_convert(const Invocation& invocation, const ConvertSurroundings& world) {
    const std::string dialect = value_of(invocation, "--from", std::string(dialect_of(invocation.operands[0])));
    if (dialect != "ipvsadm" && dialect != "ldirectord" && dialect != "heartbeat") {
        world.error(fmt::format("lvx config convert: --from is ipvsadm, ldirectord or heartbeat, not \"{}\"\n", printable(dialect)));
        return exit_usage;
    }
    const auto conversion = converted(dialect, invocation, world);
    if (!conversion) {
        world.error(fmt::format("lvx: {}\n", conversion.error().sentence()));
        return exit_refused;
    }
    if (!conversion->diagnostics.all().empty()) {
        world.error(config::print(conversion->diagnostics, conversion->sources, config::Colour::never));
    }
    world.out(conversion->text);
    return conversion->usable() ? exit_done : exit_refused;
}

}  // namespace lvx::cli
