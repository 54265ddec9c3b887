#include <fmt/format.h>

#include <algorithm>

#include "config/keepalived/line_cursor.hh"
#include "config/keepalived/vrrp_instance.hh"

namespace lvx::config::keepalived {
namespace {

using model::UnicastPeer;

void read_peer(InstanceDraft& draft, const Statement& line, Reading& reading) {
    LineCursor cursor(line, reading, 0);
    const auto address = cursor.address();
    UnicastPeer peer;
    while (cursor.more() && cursor.understood()) {
        const Word& word = cursor.take();
        auto& bound = word.text == "min_ttl" ? peer.min_ttl : peer.max_ttl;
        if (word.text != "min_ttl" && word.text != "max_ttl") {
            cursor.unknown(word, "unicast_peer", "min_ttl max_ttl");
        } else if (const auto ttl = cursor.number({0, 255})) {
            bound = static_cast<std::uint8_t>(*ttl);
        }
    }
    if (!address) return;
    peer.address = *address;
    if (peer.min_ttl && peer.max_ttl && *peer.min_ttl > *peer.max_ttl) {
        cursor.wrong({.code = Code::out_of_range, .place = line.place(), .message = "min_ttl is above max_ttl"});
    }
    auto& peers = draft.instance.peers;
    if (std::ranges::find(peers, peer.address, &UnicastPeer::address) != peers.end()) {
        return reading.warn(Code::duplicate_address, line.place(), fmt::format("peer {} is listed twice", peer.address.text()),
                            "keepalived leaves out the second one as well");
    }
    peers.push_back(peer);
    draft.peer_places.push_back(line.place());
}

void check_family(const InstanceDraft& draft, const Address& address, const Place& place, std::string_view what,
                  Reading& reading) {
    if (address.family() == draft.instance.family) return;
    reading.report({.code = Code::mixed_families, .place = place,
                    .message = fmt::format("{} {} is not of the family of this virtual router", what, address.text()),
                    .note = "its family is that of its first virtual address"});
}

bool says_unicast(const Said& said) {
    constexpr std::string_view words[] = {"unicast_peer", "unicast_ttl", "unicast_fault_no_peer", "check_unicast_src"};
    return std::ranges::any_of(words, [&](std::string_view word) { return said.has(word); });
}

}  // namespace

void read_peers(InstanceDraft& draft, const Statement& statement, Reading& reading) {
    for (const Statement& line : statement.block) read_peer(draft, line, reading);
}

void read_path(InstanceDraft& draft, const Statement& statement, Reading& reading) {
    if (statement.words.size() < 2) return;  // said by check.cc
    LineCursor cursor(statement, reading, 1);
    auto interface = cursor.interface();
    model::VrrpInstance::Path path;
    if (cursor.more()) path.peer = cursor.address();
    if (cursor.more()) cursor.unknown(cursor.peek(), "path", "INTERFACE ADDRESS");
    if (!interface || !cursor.good()) return;
    path.interface = std::move(*interface);
    auto& paths = draft.instance.paths;
    if (std::ranges::find(paths, path) != paths.end()) {
        return reading.warn(Code::duplicate_name, statement.place(), "this path is given twice", {});
    }
    paths.push_back(std::move(path));
}

void settle_unicast(InstanceDraft& draft, Reading& reading) {
    model::VrrpInstance& it = draft.instance;
    for (std::size_t at = 0; at < it.peers.size(); ++at) {
        check_family(draft, it.peers[at].address, draft.peer_places[at], "peer", reading);
        if (it.peers[at].min_ttl || it.peers[at].max_ttl) it.check_unicast_source = true;
    }
    std::erase_if(it.peers, [&](const UnicastPeer& peer) { return peer.address.family() != it.family; });
    if (it.source) check_family(draft, *it.source, draft.place("mcast_src_ip"), "source", reading);
    if (it.source && it.source->family() != it.family) it.source.reset();
    it.unicast = !it.peers.empty() || (it.unicast_fault_no_peer && says_unicast(draft.said));
    if (!it.unicast && says_unicast(draft.said)) {
        reading.warn(Code::conflicting_keywords, draft.statement->place(), "unicast is asked for, but there are no peers",
                     "as with keepalived it is multicast then");
    }
    const auto& defaults = reading.vrrp_defaults();
    if (it.unicast && it.group) {
        reading.warn(Code::conflicting_keywords, draft.place("mcast_dst_ip"), "mcast_dst_ip has no effect with unicast peers",
                     "keepalived ignores the line as well");
        it.group.reset();
    }
    if (it.group) check_family(draft, *it.group, draft.place("mcast_dst_ip"), "group", reading);
    if (it.group && it.group->family() != it.family) it.group.reset();
    if (!it.unicast && !it.group) it.group = it.family == Family::v4 ? defaults.group4 : defaults.group6;
    if (!it.source) it.track_source = false;
    for (const auto& path : it.paths) {
        if (path.peer) check_family(draft, *path.peer, draft.place("path"), "path", reading);
    }
    std::erase_if(it.paths, [&](const auto& path) { return path.peer && path.peer->family() != it.family; });
}

}  // namespace lvx::config::keepalived
