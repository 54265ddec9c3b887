#include "cli/vrrp.hh"

#include <fmt/format.h>

#include <iterator>

namespace lvx::cli {

namespace {

std::string milliseconds(std::uint64_t microseconds) {
    return microseconds % 1000 == 0 ? fmt::format("{} ms", microseconds / 1000) : fmt::format("{}.{:03} ms", microseconds / 1000, microseconds % 1000);
}

std::string since(std::uint64_t ms) {
    const std::uint64_t seconds = ms / 1000;
    if (seconds < 60) return fmt::format("{}.{} s", seconds, ms % 1000 / 100);
    if (seconds < 3600) return fmt::format("{} min {} s", seconds / 60, seconds % 60);
    return fmt::format("{} h {} min", seconds / 3600, seconds % 3600 / 60);
}

std::string paths_text(const api::VrrpInstanceSnapshot& instance) {
    std::string text;
    for (const api::VrrpPathSnapshot& path : instance.paths)
        text += fmt::format("{}{}{}", text.empty() ? "" : ", ", path.name, instance.state == "BACKUP" && !path.heard ? " (silent)" : "");
    return text;
}

void write_instance(std::string& text, const api::VrrpInstanceSnapshot& instance) {
    const auto out = std::back_inserter(text);
    fmt::format_to(out, "{}  {}  for {}: {}\n", instance.name, instance.state, since(instance.since_ms), instance.why);
    fmt::format_to(out, "    VRID {} version {} on {}{}, from {}\n", instance.vrid, instance.version, paths_text(instance),
                   instance.group.empty() ? "" : ", sync group " + instance.group, instance.source);
    fmt::format_to(out, "    priority {}{}{}{}{}\n", instance.priority,
                   instance.priority == instance.base_priority ? "" : fmt::format(" (configured {})", instance.base_priority),
                   instance.preempt ? "" : ", nopreempt", instance.standby ? ", on standby" : "", instance.yielded ? ", gave way when asked" : "");
    if (!instance.master.empty()) fmt::format_to(out, "    master {}, priority {}\n", instance.master, instance.master_priority);
    fmt::format_to(out, "    advertisement every {}, master down after {}, skew {}\n", milliseconds(instance.master_interval_us),
                   milliseconds(instance.master_down_us), milliseconds(instance.skew_us));
    fmt::format_to(out, "    addresses held {}\n", instance.addresses_held);
    for (const std::string& fault : instance.faults) fmt::format_to(out, "    fault: {}\n", fault);
    for (const api::VrrpCount& count : instance.counts)
        if (count.count != 0) fmt::format_to(out, "    {:>10}  {}\n", count.count, count.sentence);
}

}  // namespace

std::string vrrp_text(const api::VrrpSnapshot& snapshot) {
    if (!snapshot.configured) return "no vrrp_instance is configured\n";
    std::string text;
    const auto out = std::back_inserter(text);
    if (snapshot.standby) text += "on standby: takes over only when nobody else is there\n";
    fmt::format_to(out, "lease {}, longest gap between advertisements {}, {}\n",
                   snapshot.lease_us == 0 ? "none: another director answers" : milliseconds(snapshot.lease_us), milliseconds(snapshot.longest_gap_us),
                   snapshot.realtime ? "realtime" : "not realtime (no privilege)");
    fmt::format_to(out, "announcements sent {}, addresses put back {}, advertisements not sent {}, of unknown VRIDs {}, displaced while it did not run {}\n",
                   snapshot.announcements, snapshot.addresses_restored, snapshot.send_failures, snapshot.unknown_vrid, snapshot.late);
    for (const api::VrrpInstanceSnapshot& instance : snapshot.instances) write_instance(text, instance);
    if (!snapshot.tracked.empty()) text += "tracked\n";
    for (const api::VrrpTrackedSnapshot& tracked : snapshot.tracked)
        fmt::format_to(out, "    {:<10} {:<24} {}\n", tracked.kind, tracked.name,
                       tracked.kind == "file" ? std::to_string(tracked.value) : tracked.value != 0 ? "good" : "bad");
    return text;
}

}  // namespace lvx::cli
