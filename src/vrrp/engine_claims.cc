// A part of engine.hh: others who answer for addresses of which this director is master.
#include <fmt/format.h>

#include <algorithm>

#include "vrrp/engine.hh"

namespace lvx::vrrp {

namespace {

bool holds(const Router& router, const Address& address) {
    const auto is_it = [&](const model::InterfaceAddress& each) { return each.address == address; };
    return router.state == State::master && (std::ranges::any_of(router.configuration.addresses, is_it) || std::ranges::any_of(router.configuration.excluded, is_it));
}

std::string mac_text(const Mac& mac) { return fmt::format("{:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]); }

}  // namespace

void Engine::watch_claims() {
    if (!ear_) return;
    if (const Result<void> watched = ear_->watch(virtual_addresses_); !watched) tell_event(model::EventKind::vrrp_trouble, {watched.error().sentence()});
}

std::vector<Claim> Engine::take_claims() const {
    std::vector<Claim> claims;
    if (ear_) ear_->receive([&](const Claim& claim) { claims.push_back(claim); });
    return claims;
}

// Read before adverts were heard, judged after: a new master advertises before it announces, so its announcements are no
// claim against one that has just given way.
void Engine::judge_claims(const std::vector<Claim>& claims, Instant now) {
    for (const Claim& claim : claims) {
        const auto is_own = [&](const auto& each) { return each.second.mac == claim.sender; };
        if (std::ranges::any_of(view_.links, is_own)) continue;
        for (Index i = 0; i < grounds_.size(); ++i) {
            if (!holds(routers_.routers()[i], claim.address)) continue;
            ++routers_.at(i).counters.address_conflicts;
            tell_seldom(model::EventKind::vrrp_address_conflict, name(i), claim.address, {name(i), mac_text(claim.sender), claim.address.text()}, now);
        }
    }
}

}  // namespace lvx::vrrp
