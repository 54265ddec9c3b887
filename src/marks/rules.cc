#include "marks/rules.hh"

#include <algorithm>

namespace lvx::marks {

namespace {

bool is_empty(const Destination& destination) {
    return destination.addresses.empty() || destination.protocols == no_protocol || destination.ports.empty();
}

bool never_matches(const Step& step) {
    const Match* const match = std::get_if<Match>(&step);
    return match != nullptr && !match->negated && std::ranges::all_of(match->any_of, is_empty);
}

}  // namespace

Rule settled(Rule rule) {
    if (std::ranges::any_of(rule.steps, never_matches)) rule.effect = Effect::none;
    if (rule.effect == Effect::none) rule.refused.clear();
    if (rule.effect == Effect::none || !rule.refused.empty()) rule.steps.clear();
    return rule;
}

}  // namespace lvx::marks
