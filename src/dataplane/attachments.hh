// The interfaces packets are taken from: which program hangs where, and the table in which packets find their
// interface's row.  Everything is on the kernel's side (pinned links, filters, that table), so that a new daemon
// finds what the old one attached.
#pragma once

#include <map>
#include <vector>

#include "dataplane/loader.hh"
#include "dataplane/pins.hh"

namespace lvx::dataplane {

// Which filter is ours among others' at tc ingress.
inline constexpr std::uint32_t filter_handle = 0x6c7678;  // "lvx"
inline constexpr std::uint32_t filter_priority = 49152;   // after what an administrator numbers, before the kernel's own

// Rows of counters an interface has; row 0 counts packets of interfaces that are not described (yet).
inline constexpr std::uint32_t unknown_slot = 0;

struct Attached {
    std::string name;
    std::uint32_t slot = 0;
    net::Hook hook = net::Hook::tc;
    Fd link;                 // XDP
    bool qdisc_made = false; // tc
};

class Attachments {
 public:
    // References outlive this object.
    Attachments(const Tables& tables, const Programs& programs, const Pins& pins);

    // Takes over what an earlier daemon attached and gives it our programs.
    [[nodiscard]] std::vector<Error> adopt();
    [[nodiscard]] std::vector<Error> set(const std::vector<net::InterfaceChoice>& choices);
    void detach_all();

    [[nodiscard]] const std::map<std::uint32_t, Attached>& all() const { return attached_; }  // by ifindex

 private:
    Result<void> set_one(const net::InterfaceChoice& choice);
    Result<Attached> attach(const net::InterfaceChoice& choice);
    Result<Attached> adopt_one(const abi::interface& row);
    void detach(std::uint32_t ifindex);

    const Tables& tables_;
    const Programs& programs_;
    const Pins& pins_;
    std::map<std::uint32_t, Attached> attached_;
};

}  // namespace lvx::dataplane
