// Any bytes as a configuration: never a crash, never a hang, every diagnostic printable; and what is usable reads back
// from its own print.  The byte 0x01 separates files, so that includes are reached too.
#include <cstdint>
#include <map>
#include <string>

#include "base/ensure.hh"
#include "base/text.hh"
#include "config/keepalived/print.hh"
#include "config/load.hh"

using namespace lvx;

namespace {

config::Reader reader_of(std::map<std::string, std::string, std::less<>> files) {
    const auto read = [files](std::string_view path) -> Result<std::string> {
        const auto found = files.find(path);
        if (found == files.end()) return refusal("cannot open", 2);
        return found->second;
    };
    const auto match = [files](std::string_view pattern) {
        std::vector<std::string> names;
        for (const auto& [name, text] : files) {
            if (pattern == name || pattern == "*") names.push_back(name);
        }
        return names;
    };
    return {.read = read, .match = match};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    std::map<std::string, std::string, std::less<>> files;
    for (const std::string_view part : split_at(text, '\x01')) files.emplace(std::to_string(files.size()), part);
    const config::Options options{.config_id = "main", .environment = {{"VIP", "192.0.2.1"}}, .random_seed = 7};
    const config::Outcome outcome = config::load(reader_of(files), "0", options);
    ensure(!outcome.report().empty());
    ensure(!config::print(outcome.diagnostics, outcome.sources, config::Colour::always).empty());
    if (!outcome.usable()) return 0;
    const std::string printed = config::keepalived::print(outcome.site);
    config::Outcome again = config::load(reader_of({{"0", printed}}), "0", options);
    ensure(again.usable());
    // The lines that say them are other ones.
    ensure(again.site.cluster.marks.size() == outcome.site.cluster.marks.size());
    for (std::size_t at = 0; at < again.site.cluster.marks.size(); ++at) again.site.cluster.marks[at].source = outcome.site.cluster.marks[at].source;
    ensure(again.site == outcome.site);
    return 0;
}
