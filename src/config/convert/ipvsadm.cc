#include <fmt/format.h>

#include <cstring>

#include "config/convert/text.hh"
#include "config/ipvsadm/command.hh"
#include "config/keepalived/print.hh"
#include "model/operation.hh"

namespace lvx::config::convert {

namespace {

void take_line(const FileLine& line, model::Cluster& cluster, Notes& notes) {
    const auto command = ipvsadm::restore_line(line.text, ipvsadm::no_names());
    if (!command) return;
    if (!command->has_value()) {
        return notes.wrong(line.place, "ipvsadm does not understand this line",
                           "write the file with \"ipvsadm -S -n\", which leaves no names in it");
    }
    const auto* operation = std::get_if<model::Operation>(&**command);
    if (operation == nullptr) {
        return notes.no_equivalent(line.place, "this line describes no table", "it is left out");
    }
    auto after = model::apply_as_kernel(cluster, *operation);
    if (!after) return notes.wrong(line.place, fmt::format("the kernel refuses this line: {}", std::strerror(after.error())), {});
    cluster = std::move(*after);
}

}  // namespace

Conversion from_ipvsadm(const TextFile& saved) {
    Conversion result;
    const FileNumber file = result.sources.add(saved.name, saved.text);
    Notes notes(result.diagnostics);
    model::Cluster cluster;
    for (const FileLine& line : lines_of(result.sources, file)) take_line(line, cluster, notes);
    result.diagnostics.sort();
    if (result.usable()) result.text = keepalived::print(cluster);
    return result;
}

}  // namespace lvx::config::convert
