#include <fmt/format.h>

#include "config/keepalived/print_parts.hh"

namespace lvx::config::keepalived {
namespace {

using namespace model;

std::string weight_words(std::int32_t weight, bool reverse) {
    return fmt::format("weight {}{}", weight, reverse ? " reverse" : "");
}

void print_list(std::string_view block, const std::vector<Track>& tracks, Page& page) {
    if (tracks.empty()) return;
    page.open(block);
    for (const Track& one : tracks) page.line(fmt::format("{} {}", word_text(one.name), weight_words(one.weight, one.reverse)));
    page.close();
}

void print_script(const VrrpScript& script, Page& page) {
    page.gap();
    page.open(fmt::format("vrrp_script {}", word_text(script.name)));
    page.line(fmt::format("script {}", command_text({.words = script.command.words})));
    if (!script.command.user.empty()) {
        page.line(fmt::format("user {}{}{}", script.command.user, script.command.group.empty() ? "" : " ", script.command.group));
    }
    page.time("interval", script.interval, VrrpScript{}.interval);
    page.time("timeout", script.timeout, {});
    if (script.weight != 0 || script.reverse) page.line(weight_words(script.weight, script.reverse));
    page.number("rise", script.rise, 1);
    page.number("fall", script.fall, 1);
    page.line_if(script.init_fail, "init_fail");
    page.close();
}

void print_file(const TrackFile& file, Page& page) {
    page.gap();
    page.open(fmt::format("track_file {}", word_text(file.name)));
    page.text("file", file.path);
    if (file.weight != 1 || file.reverse) page.line(weight_words(file.weight, file.reverse));
    if (file.initial) page.line(fmt::format("init_file {}{}", *file.initial, file.overwrite ? " overwrite" : ""));
    page.close();
}

void print_process(const TrackProcess& process, Page& page) {
    page.gap();
    page.open(fmt::format("vrrp_track_process {}", word_text(process.name)));
    std::string words;
    for (const std::string& word : process.words) words += " " + escaped_text(word);
    page.line("process" + words);
    using enum TrackProcess::Parameters;
    if (process.parameters == initial || process.parameters == partial) {
        page.line(process.parameters == initial ? "param_match initial" : "param_match partial");
    }
    if (process.parameters == exact && process.words.size() < 2) page.line("param_match");
    if (process.weight != 0 || process.reverse) page.line(weight_words(process.weight, process.reverse));
    page.number("quorum", process.quorum, 1);
    if (process.quorum_max) page.number("quorum_max", *process.quorum_max, 0);
    if (process.terminate_delay == process.fork_delay) {
        page.time("delay", process.fork_delay, {});
    } else {
        page.time("terminate_delay", process.terminate_delay, {});
        page.time("fork_delay", process.fork_delay, {});
    }
    page.flag("full_command", process.full_command, process.parameters != ignored);
    page.close();
}

// Times of BFD are in milliseconds.
void milliseconds(std::string_view name, std::chrono::microseconds value, std::chrono::microseconds usual, Page& page) {
    page.time(name, value * 1000, usual * 1000);
}

void print_bfd(const BfdInstance& bfd, Page& page) {
    page.gap();
    page.open(fmt::format("bfd_instance {}", word_text(bfd.name)));
    page.address("neighbor_ip", bfd.neighbour);
    page.address("source_ip", bfd.source);
    const BfdInstance usual;
    milliseconds("min_rx", bfd.min_rx, usual.min_rx, page);
    milliseconds("min_tx", bfd.min_tx, usual.min_tx, page);
    milliseconds("idle_tx", bfd.idle_tx, usual.idle_tx, page);
    page.number("multiplier", bfd.multiplier, usual.multiplier);
    page.flag("passive", bfd.passive, false);
    if (bfd.ttl) page.number(bfd.neighbour.is_v4() ? "ttl" : "hoplimit", *bfd.ttl, 0);
    page.number("max_hops", bfd.max_hops, 0);
    page.flag("multihop", bfd.multihop, false);
    if (bfd.weight != 0 || bfd.reverse) page.line(weight_words(bfd.weight, bfd.reverse));
    page.line_if(bfd.for_vrrp && !bfd.for_checks, "vrrp");
    page.line_if(bfd.for_checks && !bfd.for_vrrp, "checker");
    page.close();
}

}  // namespace

void print_tracks(const Tracks& tracks, Page& page) {
    print_list("track_interface", tracks.interfaces, page);
    print_list("track_script", tracks.scripts, page);
    print_list("track_file", tracks.files, page);
    print_list("track_process", tracks.processes, page);
    print_list("track_bfd", tracks.bfds, page);
    print_list("track_service", tracks.services, page);
}

void print_notify(const VrrpNotify& notify, Page& page) {
    page.command("notify_master", notify.master);
    page.command("notify_backup", notify.backup);
    page.command("notify_fault", notify.fault);
    page.command("notify_stop", notify.stop);
    page.command("notify_deleted", notify.deleted);
    page.command("notify", notify.any);
    page.command("notify_master_rx_lower_pri", notify.master_rx_lower_priority);
    page.flag("smtp_alert", notify.smtp_alert, false);
    page.flag("notify_priority_changes", notify.priority_changes, false);
}

void print_trackers(const Vrrp& vrrp, Page& page) {
    for (const VrrpScript& one : vrrp.scripts) print_script(one, page);
    for (const TrackFile& one : vrrp.files) print_file(one, page);
    for (const TrackProcess& one : vrrp.processes) print_process(one, page);
    for (const BfdInstance& one : vrrp.bfds) print_bfd(one, page);
}

}  // namespace lvx::config::keepalived
