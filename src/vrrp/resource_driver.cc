#include "vrrp/resource_driver.hh"

#include <algorithm>
#include <utility>

namespace lvx::vrrp {

namespace {

constexpr Microseconds between_scripts{100'000};  // starting a process, beside the script's own time

std::string text_of(const model::Command& command) {
    std::string text;
    for (const std::string& word : command.words) text += (text.empty() ? "" : " ") + word;
    return text;
}

bool is_positive(const ResourceStep& step, const script::Outcome& outcome) {
    return step.action == ResourceAction::status ? says_running(outcome.output) : outcome.succeeded();
}

}  // namespace

void ResourceDesk::configure(const std::vector<model::VrrpInstance>& instances) {
    for (auto& [name, slot] : slots_)
        if (std::ranges::find(instances, name, &model::VrrpInstance::name) == instances.end()) slot.machine.want(Wanted::stopped);
    for (const model::VrrpInstance& instance : instances) {
        if (instance.resources.scripts.empty() && !slots_.contains(instance.name)) continue;
        Slot& slot = slots_[instance.name];
        slot.settings = instance.resources;
        slot.machine.configure(instance.resources.scripts);
        slot.check_at.reset();
    }
    for (auto& [name, slot] : slots_) advance(name);
}

void ResourceDesk::want(const std::string& instance, Wanted wanted) {
    const auto found = slots_.find(instance);
    if (found == slots_.end()) return;
    found->second.machine.want(wanted);
    found->second.told.clear();
    advance(instance);
}

bool ResourceDesk::has_any(const std::string& instance) const {
    const auto found = slots_.find(instance);
    return found != slots_.end() && !found->second.settings.scripts.empty();
}

bool ResourceDesk::is_settled(const std::string& instance) const {
    const auto found = slots_.find(instance);
    return found == slots_.end() || (!found->second.busy && found->second.machine.is_settled());
}

bool ResourceDesk::is_settled() const {
    return std::ranges::all_of(slots_, [&](const auto& each) { return is_settled(each.first); });
}

Microseconds ResourceDesk::patience(const std::string& instance) const {
    const auto found = slots_.find(instance);
    if (found == slots_.end()) return Microseconds(0);
    return (found->second.settings.timeout + between_scripts) * static_cast<std::int64_t>(found->second.settings.scripts.size());
}

void ResourceDesk::advance(const std::string& instance) {
    Slot& slot = slots_.at(instance);
    if (slot.busy || runner_ == nullptr) return;
    const std::optional<ResourceStep> step = slot.machine.next();
    if (!step) return;
    slot.busy = true;
    run(instance, *step, [this, instance, step = *step](const script::Outcome& outcome) { finish(instance, step, outcome); });
}

void ResourceDesk::run(const std::string& instance, const ResourceStep& step, script::Done done) {
    script::Job job{.timeout = std::chrono::duration_cast<std::chrono::milliseconds>(slots_.at(instance).settings.timeout),
                    .output = script::Output::captured, .lane = "resources of " + instance};
    job.command = step.command;
    job.command.words.emplace_back(word_of(step.action));
    if (job.command.user.empty()) job.command.user = "root";
    runner_->run(std::move(job), std::move(done));
}

void ResourceDesk::finish(const std::string& instance, const ResourceStep& step, const script::Outcome& outcome) {
    Slot& slot = slots_.at(instance);
    slot.busy = false;
    const bool positive = is_positive(step, outcome);
    if (!positive && step.action != ResourceAction::status) report(step, outcome.sentence() + (outcome.output.empty() ? "" : ": " + outcome.output));
    slot.machine.done(step, positive);
    advance(instance);
}

void ResourceDesk::report(const ResourceStep& step, const std::string& reason) {
    tell_(model::event(model::EventKind::resource_failed, {text_of(step.command), std::string(word_of(step.action)), reason}));
}

void ResourceDesk::check(Instant now) {
    for (auto& [name, slot] : slots_) {
        const bool watches = slot.settings.interval.count() != 0 && slot.machine.wanted() == Wanted::running && !slot.busy && slot.machine.is_settled();
        if (!watches) {
            slot.check_at.reset();
            continue;
        }
        if (!slot.check_at) slot.check_at = now + slot.settings.interval;
        if (now < *slot.check_at) continue;
        slot.check_at = now + slot.settings.interval;
        for (const ResourceStep& step : slot.machine.checks())
            run(name, step, [this, instance = name, step](const script::Outcome& outcome) {
                Slot& asked = slots_.at(instance);
                if (!asked.machine.lost(step, says_running(outcome.output))) asked.told.erase(step.command.words);
                else if (asked.told.insert(step.command.words).second) report(step, "it runs no more");
            });
    }
}

std::optional<Instant> ResourceDesk::wake() const {
    std::optional<Instant> earliest;
    for (const auto& [name, slot] : slots_)
        if (slot.check_at && (!earliest || *slot.check_at < *earliest)) earliest = slot.check_at;
    return earliest;
}

}  // namespace lvx::vrrp
