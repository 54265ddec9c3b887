// Adds and removes virtual addresses by netlink, many in one call.  What is to be done waits in a queue and is carried out
// in slices, so that a thousand addresses never hold up an advertisement.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "base/fd.hh"
#include "base/result.hh"
#include "model/vrrp.hh"

namespace lvx::vrrp {

// An address as it stands, or shall stand, on an interface.
struct PlacedAddress {
    std::uint32_t ifindex = 0;
    model::InterfaceAddress address;
    bool operator==(const PlacedAddress&) const = default;
};

enum class Change : std::uint8_t { add, remove };

struct AddressChange {
    Change change = Change::add;
    PlacedAddress placed;
    std::size_t instance = 0;
    bool restores = false;   // somebody removed it
};

struct AddressRefusal {
    AddressChange change;
    int code = 0;
};

class AddressWriter {
 public:
    static constexpr std::size_t slice = 32;  // changes at once: about a millisecond of the kernel's time

    [[nodiscard]] static Result<AddressWriter> open();

    // Later changes of the same address take the place of earlier ones that wait.
    void want(AddressChange change);
    [[nodiscard]] bool idle() const { return waiting_.empty(); }
    // The next slice: what the kernel refused.  An address that is there already, or gone already, is no refusal.
    [[nodiscard]] Result<std::vector<AddressRefusal>> work();
    [[nodiscard]] std::vector<AddressChange>& done() { return done_; }

 private:
    explicit AddressWriter(Fd socket) : socket_(std::move(socket)) {}

    Fd socket_;
    std::deque<AddressChange> waiting_;
    std::vector<AddressChange> done_;  // of the last slice
    std::uint32_t sequence_ = 0;
};

}  // namespace lvx::vrrp
