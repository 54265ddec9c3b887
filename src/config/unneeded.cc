#include "config/unneeded.hh"

#include <fmt/format.h>

#include <algorithm>

namespace lvx::config {
namespace {

// "enable_traps, snmp_socket: lvx has no SNMP agent; hashed: every service is found by hash"
std::string reasons(const std::vector<const Keyword*>& keywords) {
    std::vector<std::pair<std::string_view, std::string>> by_topic;  // in the order found
    for (const Keyword* keyword : keywords) {
        const auto same = [&](const auto& one) { return one.first == keyword->topic; };
        const auto known = std::ranges::find_if(by_topic, same);
        if (known == by_topic.end()) by_topic.emplace_back(keyword->topic, keyword->name);
        else known->second += fmt::format(", {}", keyword->name);
    }
    std::string text;
    for (const auto& [topic, names] : by_topic) text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", names, topic);
    return text;
}

}  // namespace

void Unneeded::add(const Keyword& keyword, const Place& place) {
    Found& found = files_.try_emplace(place.file, Found{.first = place}).first->second;
    found.first = std::min(found.first, place);
    const auto same = [&](const Keyword* one) { return one->name == keyword.name; };
    if (std::ranges::none_of(found.keywords, same)) found.keywords.push_back(&keyword);
}

void Unneeded::report(Diagnostics& diagnostics) const {
    for (const auto& [file, found] : files_) {
        const std::size_t more = found.keywords.size() - 1;
        const std::string_view name = found.keywords.front()->name;
        Diagnostic one{.severity = Severity::warning, .code = Code::not_needed, .place = found.first,
                       .message = fmt::format("\"{}\" has no effect in lvx", name),
                       .note = std::string(found.keywords.front()->topic)};
        if (more > 0) {
            one.message = fmt::format("\"{}\" and {} other keyword{} of this file have no effect in lvx", name, more, more == 1 ? "" : "s");
            one.note = reasons(found.keywords);
        }
        diagnostics.add(std::move(one));
    }
}

}  // namespace lvx::config
