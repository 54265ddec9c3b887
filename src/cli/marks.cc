#include "cli/marks.hh"

#include <fmt/format.h>

#include "base/text.hh"
#include "cli/columns.hh"

namespace lvx::cli {

namespace {

std::string ports_text(const api::MarkSnapshot& member) {
    if (member.last_port == 0) return "any";
    return member.first_port == member.last_port ? std::to_string(member.first_port) : fmt::format("{}-{}", member.first_port, member.last_port);
}

std::string members_text(const api::MarksSnapshot& marks) {
    if (marks.members.empty()) return "no packets are known to carry a firewall mark\n";
    std::vector<Row> rows;
    for (const api::MarkSnapshot& each : marks.members)
        rows.push_back({each.mark == 0 ? "none" : std::to_string(each.mark), each.family, each.protocol, each.address, ports_text(each),
                        each.mark == 0 ? "" : each.service.empty() ? "no service" : each.service, printable(each.source)});
    return align({{"MARK", Align::right}, {"FAMILY"}, {"PROTOCOL"}, {"ADDRESS"}, {"PORTS"}, {"SERVICE"}, {"SOURCE"}}, rows);
}

}  // namespace

std::string marks_text(const api::MarksSnapshot& marks) {
    std::string text = members_text(marks);
    if (marks.beyond_limit != 0) text += fmt::format("\n{} more have no room\n", marks.beyond_limit);
    if (!marks.not_followed.empty()) text += "\nnot followed:\n";
    for (const api::UnfollowedSnapshot& each : marks.not_followed) text += fmt::format("  rule {}: {}\n", printable(each.rule), printable(each.reason));
    if (marks.not_named != 0) text += fmt::format("  and {} more\n", marks.not_named);
    text += "\nrules of netfilter:\n";
    for (const api::MarkToolSnapshot& each : marks.tools) text += fmt::format("  {}: {}\n", each.program, printable(each.state));
    if (!marks.watched) text += "  looked at now; there is no service of a mark, so nobody follows them\n";
    if (!marks.no_notices.empty()) text += fmt::format("  looked at on reload only: {}\n", printable(marks.no_notices));
    return text;
}

}  // namespace lvx::cli
