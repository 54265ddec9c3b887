#include <fmt/format.h>

#include <algorithm>

#include "config/keepalived/vrrp_instance.hh"

namespace lvx::config::keepalived {
namespace {

using AddressAt = InstanceDraft::AddressAt;

constexpr std::size_t most_addresses = 255;  // the count of an advertisement is one byte
constexpr std::size_t usual_mtu = 1500;      // the real one is not known offline; keepalived's default too

// How many addresses an advertisement holds: IP header, VRRP header, old authentication or HMAC trailer.
std::size_t room(const model::VrrpInstance& it) {
    constexpr std::size_t vrrp = 8, password = 8, header = 24, trailer = 28;
    const bool v4 = it.family == Family::v4;
    std::size_t bytes = (v4 ? 20 : 40) + vrrp;
    if (it.version == 2) bytes += password;
    if (it.auth == model::VrrpAuth::header) bytes += header;
    if (!it.hmac.keys.empty()) bytes += trailer;
    return std::min(most_addresses, (usual_mtu - bytes) / (v4 ? 4 : 16));
}

// The family is that of the first address of any kind.
Family family_of(const InstanceDraft& draft) {
    if (!draft.addresses.empty()) return draft.addresses.front().address.address.family();
    if (!draft.instance.peers.empty()) return draft.instance.peers.front().address.family();
    if (draft.instance.source) return draft.instance.source->family();
    if (draft.instance.group) return draft.instance.group->family();
    return Family::v4;
}

void drop_other_family(InstanceDraft& draft, Reading& reading) {
    const Family family = draft.instance.family;
    for (const auto& [address, place] : draft.addresses) {
        if (address.address.family() == family) continue;
        reading.report({.code = Code::mixed_families, .place = place,
                        .message = fmt::format("{} is not of the family of the first virtual address", address.address.text()),
                        .note = "keepalived would leave it out",
                        .help = "virtual_ipaddress_excluded takes addresses of either family"});
    }
    std::erase_if(draft.addresses, [&](const AddressAt& one) { return one.address.address.family() != family; });
}

void drop_repeated(InstanceDraft& draft, Reading& reading) {
    std::vector<Address> seen;
    const auto again = [&](const AddressAt& one) {
        const Address& address = one.address.address;
        if (std::ranges::find(seen, address) == seen.end()) {
            seen.push_back(address);
            return false;
        }
        reading.warn(Code::duplicate_address, one.place, fmt::format("{} is listed twice", address.text()),
                     "keepalived leaves out the second one as well");
        return true;
    };
    std::erase_if(draft.addresses, again);
    std::erase_if(draft.excluded, again);
}

void move_surplus(InstanceDraft& draft, Reading& reading) {
    const std::size_t most = room(draft.instance);
    if (draft.addresses.size() <= most) return;
    reading.warn(Code::too_many_addresses, draft.addresses[most].place,
                 fmt::format("an advertisement holds {} addresses, not {}", most, draft.addresses.size()),
                 "as with keepalived, this one and those behind it are not advertised");
    draft.excluded.insert(draft.excluded.end(), draft.addresses.begin() + static_cast<std::ptrdiff_t>(most), draft.addresses.end());
    draft.addresses.resize(most);
}

void none_at_all(InstanceDraft& draft, Reading& reading) {
    if (!draft.addresses.empty() || (draft.no_addresses_wanted && !draft.instance.strict)) return;
    const bool needed = draft.instance.version == 3 || draft.instance.strict;
    draft.left_out = draft.left_out || needed;
    reading.report({.severity = needed ? Severity::error : Severity::warning, .code = Code::missing_keyword,
                    .place = draft.statement->place(),
                    .message = fmt::format("virtual router {} has no virtual address", draft.instance.name),
                    .note = needed ? "keepalived would leave out this virtual router" : "",
                    .help = "no_virtual_ipaddress says that this is meant"});
}

}  // namespace

void settle_addresses(InstanceDraft& draft, Reading& reading) {
    model::VrrpInstance& it = draft.instance;
    it.family = family_of(draft);
    const auto& defaults = reading.vrrp_defaults();
    if (!draft.said.has("version")) it.version = it.family == Family::v6 ? 3 : defaults.version.value_or(2);
    drop_other_family(draft, reading);
    drop_repeated(draft, reading);
    none_at_all(draft, reading);
    move_surplus(draft, reading);
    for (const AddressAt& one : draft.addresses) it.addresses.push_back(one.address);
    for (const AddressAt& one : draft.excluded) it.excluded.push_back(one.address);
}

}  // namespace lvx::config::keepalived
