// vrrp_instance -> model::VrrpInstance, in three passes: every keyword of the block into a draft; what keywords mean to
// each other (settle); what strict mode changes.  What keepalived changes without asking is changed in the same way, and
// said.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "config/keepalived/fields.hh"

namespace lvx::config::keepalived {

struct InstanceDraft {
    struct AddressAt {
        model::InterfaceAddress address;
        Place place;
    };

    model::VrrpInstance instance;
    const Statement* statement = nullptr;
    Said said;
    std::vector<AddressAt> addresses, excluded;
    std::vector<Place> peer_places;
    std::optional<bool> master, accept, preempt;   // where the block says so
    std::optional<bool> lower_prio_no_advert, higher_prio_send_advert, owner_ignore_adverts;
    bool no_addresses_wanted = false;
    bool left_out = false;                         // cannot run, so that a tolerant start goes on without it

    [[nodiscard]] Place place(std::string_view keyword) const { return said.place(keyword, *statement); }
};

void read_vrrp_instance(const Statement& statement, Reading& reading);

[[nodiscard]] std::vector<std::string_view> instance_keywords(Block block);

// The passes and parts, each in its file.
void settle_instance(InstanceDraft& draft, Reading& reading);      // vrrp_settle.cc
void apply_strict(InstanceDraft& draft, Reading& reading);         // vrrp_strict.cc
void settle_addresses(InstanceDraft& draft, Reading& reading);     // vrrp_addresses.cc
void settle_authentication(InstanceDraft& draft, Reading& reading);                         // vrrp_auth.cc
void read_authentication(InstanceDraft& draft, const Statement& statement, Reading& reading);
void read_hmac(InstanceDraft& draft, const Statement& statement, Reading& reading);
void read_vmac(InstanceDraft& draft, const Statement& statement, Reading& reading);         // vrrp_vmac.cc
void read_ipvlan(InstanceDraft& draft, const Statement& statement, Reading& reading);
void read_peers(InstanceDraft& draft, const Statement& statement, Reading& reading);        // vrrp_unicast.cc
void read_path(InstanceDraft& draft, const Statement& statement, Reading& reading);
void settle_unicast(InstanceDraft& draft, Reading& reading);

[[nodiscard]] std::vector<std::string_view> authentication_keywords(Block block);

}  // namespace lvx::config::keepalived
