#include "daemon/marks_side.hh"

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "layers/layers.hh"
#include "script/program.hh"

namespace lvx::daemon {

namespace {

constexpr std::chrono::seconds fresh{2};        // a look this young answers who asks
constexpr std::size_t told_at_once = 16;        // rules named in the log after one look; `lvx marks` names more

bool has_mark_service(const model::Cluster& cluster) {
    return std::ranges::any_of(cluster.services, [](const model::Service& each) { return each.key.fwmark != 0; });
}

api::MarkSnapshot snapshot_of(const model::MarkMember& member, const model::Cluster& cluster) {
    const Family family = member.address.family();
    const auto service = std::ranges::find_if(cluster.services, [&](const model::Service& each) { return each.key.fwmark == member.mark && each.key.family() == family; });
    return {.mark = member.mark,
            .family = family == Family::v4 ? "inet" : "inet6",
            .protocol = std::string(model::protocol_name(member.protocol)),
            .address = member.address.text(),
            .first_port = model::is_any_port(member) ? Port{0} : member.first_port,
            .last_port = model::is_any_port(member) ? Port{0} : member.last_port,
            .source = member.source,
            .service = service == cluster.services.end() ? "" : service->key.text()};
}

}  // namespace

marks::WatchSettings mark_settings() {
    const char* const path = std::getenv("PATH");
    return {.path = std::string(path == nullptr ? "" : path) + ":" + script::usual_path};
}

bool MarksSide::start() {
    if (watch_) return true;
    auto started = marks::Watch::start(outside_.settings, [this](marks::Sight sight) {
        outside_.post([this, sight = std::move(sight)] { take(sight); });
    });
    if (!started) {
        outside_.emit(model::event(model::EventKind::mark_rules_unreadable, {started.error().sentence()}));
        return false;
    }
    watch_ = std::move(*started);
    return true;
}

void MarksSide::follow_services() {
    const bool wanted = has_mark_service(outside_.cluster());
    if (!wanted && (following_ || !handed_)) {
        handed_ = model::MarkMembers{};
        outside_.observed({});
    }
    if (wanted == following_ || (wanted && !start())) return;
    following_ = wanted;
    watch_->follow(wanted ? marks::Following::following : marks::Following::resting);
    if (!wanted) told_.clear();
}

void MarksSide::look_again() {
    if (following_) watch_->look();
}

void MarksSide::take(marks::Sight sight) {
    looked_at_ = outside_.now();
    asked_ = false;
    if (following_) {
        tell(sight);
        tell_trouble(sight);
        hand_over(sight.view.evaluation.members);
    }
    sight_ = std::move(sight);
    outside_.news();
}

void MarksSide::hand_over(const model::MarkMembers& members) {
    if (handed_ && *handed_ == members) return;
    const model::MarkMembers before = handed_.value_or(model::MarkMembers{});
    handed_ = members;
    const std::size_t added = layers::without(members, before).size(), removed = layers::without(before, members).size();
    if (added != 0 || removed != 0)
        outside_.emit(model::event(model::EventKind::marks_changed, {std::to_string(members.size()), std::to_string(added), std::to_string(removed)}));
    outside_.observed(members);
}

void MarksSide::tell(const marks::Sight& sight) {
    std::set<marks::NotFollowed> now;
    std::size_t told = 0;
    for (const marks::NotFollowed& each : sight.view.evaluation.not_followed) {
        now.insert(each);
        if (told_.contains(each) || told == told_at_once) continue;
        ++told;
        outside_.emit(model::event(model::EventKind::mark_rule_not_followed, {each.rule, each.why}));
    }
    told_ = std::move(now);
}

void MarksSide::tell_trouble(const marks::Sight& sight) {
    std::set<std::string> now;
    if (!sight.no_notices.empty()) now.insert(sight.no_notices + "; looked at on reload only");
    for (const marks::ToolState& each : sight.view.tools)
        if (each.failed) now.insert(each.program + ": " + each.state);
    for (const std::string& each : now)
        if (!troubles_.contains(each)) outside_.emit(model::event(model::EventKind::mark_rules_unreadable, {each}));
    troubles_ = std::move(now);
}

api::MarksSnapshot MarksSide::marks() const {
    const model::Cluster& cluster = outside_.cluster();
    api::MarksSnapshot result{.watched = following_};
    for (const model::MarkMember& each : cluster.marks) result.members.push_back(snapshot_of(each, cluster));
    if (!sight_) return result;
    const marks::Evaluation& found = sight_->view.evaluation;
    for (const model::MarkMember& each : layers::without(found.members, cluster.marks)) result.members.push_back(snapshot_of(each, cluster));
    for (const marks::NotFollowed& each : found.not_followed) result.not_followed.push_back({each.rule, each.why});
    result.not_named = found.not_named;
    result.beyond_limit = found.beyond_limit;
    for (const marks::ToolState& each : sight_->view.tools) result.tools.push_back({each.program, each.state, each.failed});
    result.no_notices = following_ ? sight_->no_notices : "";
    return result;
}

bool MarksSide::looked() {
    if (following_ && sight_ && sight_->no_notices.empty()) return true;
    if (sight_ && outside_.now() - looked_at_ < fresh) return true;
    if (!start()) return true;
    if (!asked_) watch_->look();
    asked_ = true;
    return false;
}

}  // namespace lvx::daemon
