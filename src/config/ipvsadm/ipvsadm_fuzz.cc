// Any bytes as a save file: never a crash; the table that comes of it is saved, restored and saved to the same lines.
#include <cstdint>
#include <string>

#include "base/ensure.hh"
#include "base/text.hh"
#include "config/ipvsadm/command.hh"
#include "config/ipvsadm/print.hh"

using namespace lvx;
namespace ipvsadm = lvx::config::ipvsadm;

namespace {

model::Cluster restored(std::string_view text) {
    model::Cluster cluster;
    for (const std::string_view line : split_at(text, '\n')) {
        const auto command = ipvsadm::restore_line(line, ipvsadm::no_names());
        if (!command) continue;
        if (!*command) {
            ensure(!command->error().text.empty() && command->error().exit_status != 0);
            continue;
        }
        const auto* operation = std::get_if<model::Operation>(&**command);
        if (operation == nullptr) continue;
        auto after = model::apply_as_kernel(cluster, *operation);
        if (after) cluster = std::move(*after);
        else ensure(!ipvsadm::refusal_text(**command, after.error()).empty());
    }
    return cluster;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const model::Cluster cluster = restored({reinterpret_cast<const char*>(data), size});
    const model::Cluster same = restored(ipvsadm::commands(cluster));
    ensure(same == cluster);
    return 0;
}
