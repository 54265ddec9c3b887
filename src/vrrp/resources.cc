#include "vrrp/resources.hh"

#include <algorithm>
#include <array>
#include <ranges>

namespace lvx::vrrp {

std::string_view word_of(ResourceAction action) {
    static constexpr std::array<std::string_view, 3> words = {"status", "start", "stop"};
    return words[static_cast<std::size_t>(action)];
}

bool says_running(std::string_view output) {
    const auto has = [&](std::string_view word) { return output.contains(word); };
    if (has("not running") || has("Not running") || has("not Running")) return false;
    return has("running") || has("Running") || has("OK");
}

void ResourceMachine::configure(const std::vector<model::Command>& scripts) {
    std::vector<Item> next;
    for (const model::Command& command : scripts) {
        const Item* old = find(command);
        next.push_back(old == nullptr ? Item{.command = command} : Item{.command = command, .state = old->state, .failed = old->failed});
    }
    for (const Item& old : items_) {
        const bool stays = std::ranges::find(scripts, old.command) != scripts.end();
        if (!stays && old.state == State::running) next.push_back({.command = old.command, .state = old.state, .leaving = true});
    }
    items_ = std::move(next);
}

ResourceMachine::Item* ResourceMachine::find(const model::Command& command) {
    const auto found = std::ranges::find(items_, command, &Item::command);
    return found == items_.end() ? nullptr : &*found;
}

std::optional<ResourceStep> ResourceMachine::next() const {
    for (const Item& item : std::views::reverse(items_)) {
        if (wanted_ == Wanted::running && !item.leaving) continue;
        if (item.state == State::unknown) return ResourceStep{item.command, ResourceAction::status};
        if (item.state == State::running) return ResourceStep{item.command, ResourceAction::stop};
    }
    if (wanted_ == Wanted::stopped) return std::nullopt;
    for (const Item& item : items_) {
        if (item.leaving || item.state == State::running) continue;
        return ResourceStep{item.command, item.state == State::unknown ? ResourceAction::status : ResourceAction::start};
    }
    return std::nullopt;
}

void ResourceMachine::done(const ResourceStep& step, bool positive) {
    Item* item = find(step.command);
    if (item == nullptr) return;
    // One that failed counts as what was wanted of it: the next ones have their turn, and it is stopped again in any case.
    const bool runs = step.action == ResourceAction::start || (step.action == ResourceAction::status && positive);
    item->state = runs ? State::running : State::stopped;
    item->failed = step.action == ResourceAction::start && !positive;
    if (item->leaving && !runs) std::erase_if(items_, [&](const Item& one) { return &one == item; });
}

bool ResourceMachine::lost(const ResourceStep& step, bool running) {
    const Item* item = find(step.command);
    return item != nullptr && item->state == State::running && !running;
}

std::vector<ResourceStep> ResourceMachine::checks() const {
    std::vector<ResourceStep> result;
    for (const Item& item : items_)
        if (item.state == State::running && !item.failed) result.push_back({item.command, ResourceAction::status});
    return result;
}

}  // namespace lvx::vrrp
