// The pure half of trackers_driver.hh.
#include <algorithm>
#include <charconv>
#include <span>

#include "vrrp/trackers_driver.hh"

namespace lvx::vrrp {

namespace {

constexpr std::size_t comm_bytes = 15;  // what the kernel keeps of a name
constexpr std::int64_t number_limit = 1'000'000;

std::string_view last_part(std::string_view path) { return path.substr(path.rfind('/') == path.npos ? 0 : path.rfind('/') + 1); }

bool matches_name(const model::TrackProcess& wanted, const ProcessSeen& process) {
    if (wanted.full_command) return !process.words.empty() && process.words.front() == wanted.words.front();
    return process.name == last_part(wanted.words.front()).substr(0, comm_bytes);
}

bool matches_parameters(const model::TrackProcess& wanted, const ProcessSeen& process) {
    using enum model::TrackProcess::Parameters;
    const auto words = std::span(wanted.words).subspan(1);
    const auto seen = std::span(process.words).subspan(std::min<std::size_t>(process.words.size(), 1));
    if (wanted.parameters == ignored) return true;
    if (seen.size() < words.size()) return false;
    if (wanted.parameters == exact) return std::ranges::equal(words, seen);
    // Initial: these parameters, then any; partial: the last of them may be only begun.
    for (std::size_t i = 0; i < words.size(); ++i) {
        const bool may_go_on = wanted.parameters == partial && i + 1 == words.size();
        if (may_go_on ? !seen[i].starts_with(words[i]) : seen[i] != words[i]) return false;
    }
    return true;
}

}  // namespace

std::size_t count_matching(const model::TrackProcess& wanted, const std::vector<ProcessSeen>& processes) {
    return static_cast<std::size_t>(std::ranges::count_if(
        processes, [&](const ProcessSeen& process) { return matches_name(wanted, process) && matches_parameters(wanted, process); }));
}

bool has_quorum(const model::TrackProcess& wanted, std::size_t count) {
    return count >= wanted.quorum && (!wanted.quorum_max || count <= *wanted.quorum_max);
}

std::int64_t number_in(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(" \t\n");
    if (begin == text.npos) return 0;
    text.remove_prefix(begin);
    if (text.starts_with('+')) text.remove_prefix(1);
    std::int64_t value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc() || end == text.data()) return 0;
    return std::clamp(value, -number_limit, number_limit);
}

}  // namespace lvx::vrrp
