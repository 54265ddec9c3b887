#include "dataplane/attachments.hh"

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <net/if.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "dataplane/counters.hh"
#include "dataplane/hooks.hh"
#include "dataplane/interface_table.hh"

namespace lvx::dataplane {
namespace {

std::string link_pin(std::uint32_t ifindex) { return fmt::format("link_{}", ifindex); }

std::uint16_t flags_of(const Attached& attached) {
    const std::uint32_t hook = attached.hook == net::Hook::xdp_native    ? abi::INTERFACE_XDP_NATIVE
                               : attached.hook == net::Hook::xdp_generic ? abi::INTERFACE_XDP_GENERIC
                                                                         : abi::INTERFACE_TC;
    return static_cast<std::uint16_t>(hook | (attached.qdisc_made ? abi::INTERFACE_QDISC_MADE : 0));
}

net::Hook hook_of(const abi::interface& row) {
    if (row.flags & abi::INTERFACE_XDP_NATIVE) return net::Hook::xdp_native;
    if (row.flags & abi::INTERFACE_XDP_GENERIC) return net::Hook::xdp_generic;
    return net::Hook::tc;
}

abi::interface row_of(const net::InterfaceChoice& choice, const Attached& attached) {
    abi::interface row = {.ifindex = choice.ifindex, .slot = attached.slot, .mtu = choice.mtu, .flags = flags_of(attached)};
    std::ranges::copy(choice.mac, row.mac);
    return row;
}

std::string name_of(std::uint32_t ifindex) {
    char name[IF_NAMESIZE] = {};
    return if_indextoname(ifindex, name) ? name : fmt::format("interface {}", ifindex);
}

}  // namespace

Attachments::Attachments(const Tables& tables, const Programs& programs, const Pins& pins)
    : tables_(tables), programs_(programs), pins_(pins) {}

std::vector<Error> Attachments::adopt() {
    std::vector<Error> errors;
    for (const abi::interface& row : described(tables_.interfaces.all())) {
        auto attached = adopt_one(row);
        if (attached) {
            attached_.emplace(row.ifindex, std::move(*attached));
        } else {
            errors.push_back(attached.error());
            pins_.remove(link_pin(row.ifindex));
            forget(tables_.interfaces.all(), row.ifindex);
        }
    }
    return errors;
}

Result<Attached> Attachments::adopt_one(const abi::interface& row) {
    Attached attached{.name = name_of(row.ifindex),
                      .slot = row.slot,
                      .hook = hook_of(row),
                      .qdisc_made = (row.flags & abi::INTERFACE_QDISC_MADE) != 0};
    if (attached.hook == net::Hook::tc) {
        TRY(attach_filter(row.ifindex, attached.name, programs_.tc));
        return attached;
    }
    attached.link = TRY(pins_.get(link_pin(row.ifindex)));
    if (const int error = bpf_link_update(attached.link.get(), programs_.xdp.get(), nullptr))
        return refusal(fmt::format("cannot update the XDP program of {}", attached.name), -error);
    return attached;
}

std::vector<Error> Attachments::set(const std::vector<net::InterfaceChoice>& choices) {
    std::vector<Error> errors;
    std::set<std::uint32_t> wanted;
    for (const net::InterfaceChoice& choice : choices) wanted.insert(choice.ifindex);
    std::vector<std::uint32_t> gone;
    for (const auto& [ifindex, attached] : attached_)
        if (!wanted.contains(ifindex)) gone.push_back(ifindex);
    for (const std::uint32_t ifindex : gone) detach(ifindex);
    for (const net::InterfaceChoice& choice : choices)
        if (auto done = set_one(choice); !done) errors.push_back(done.error());
    return errors;
}

Result<void> Attachments::set_one(const net::InterfaceChoice& choice) {
    if (const auto found = attached_.find(choice.ifindex);
        found != attached_.end() && (found->second.hook != choice.hook || !still_attached(choice.ifindex, found->second.link)))
        detach(choice.ifindex);
    if (!attached_.contains(choice.ifindex)) {
        // Described before it is attached, so that its first packet finds its row.
        Attached planned{.name = choice.name, .slot = TRY(free_slot(tables_.interfaces.all())), .hook = choice.hook};
        retire_counters(tables_, planned.slot);
        TRY(describe(tables_.interfaces.all(), row_of(choice, planned)));
        auto attached = attach(choice);
        if (!attached) {
            forget(tables_.interfaces.all(), choice.ifindex);
            return std::unexpected(attached.error());
        }
        attached->slot = planned.slot;
        attached_.emplace(choice.ifindex, std::move(*attached));
    }
    Attached& attached = attached_.at(choice.ifindex);
    attached.name = choice.name;
    return describe(tables_.interfaces.all(), row_of(choice, attached));
}

Result<Attached> Attachments::attach(const net::InterfaceChoice& choice) {
    Attached attached{.name = choice.name, .hook = choice.hook};
    if (choice.hook == net::Hook::tc) {
        attached.qdisc_made = TRY(attach_filter(choice.ifindex, choice.name, programs_.tc));
        return attached;
    }
    attached.link = TRY(attach_xdp(choice.ifindex, choice.name, choice.hook, programs_.xdp));
    TRY(pins_.put(link_pin(choice.ifindex), attached.link.get()));
    return attached;
}

void Attachments::detach(std::uint32_t ifindex) {
    const Attached& attached = attached_.at(ifindex);
    if (attached.hook == net::Hook::tc) detach_filter(ifindex, attached.qdisc_made);
    pins_.remove(link_pin(ifindex));
    if (attached.link.valid()) bpf_link_detach(attached.link.get());
    forget(tables_.interfaces.all(), ifindex);
    attached_.erase(ifindex);
}

void Attachments::detach_all() {
    while (!attached_.empty()) detach(attached_.begin()->first);
}

}  // namespace lvx::dataplane
