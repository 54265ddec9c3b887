// The fence of shared addresses, as the data plane has it (abi/guard.h): which addresses, and until when they may be
// answered for.  Written by one thread, which is not the one that applies configurations: nothing here takes a lock.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

#include "abi/guard.h"
#include "abi/root.h"
#include "base/address.hh"

namespace lvx::dataplane {

// A table that holds these addresses, and how many found no place within GUARD_PROBES.
struct GuardTable {
    std::vector<abi::guarded_address> places;
    std::size_t refused = 0;
};
[[nodiscard]] GuardTable guard_table(std::span<const Address> addresses);

// Jiffies that are over for certain when `left` is.
[[nodiscard]] std::uint64_t jiffies_within(std::chrono::nanoseconds left, std::uint32_t hertz);

class Lease {
 public:
    // All of it lives as long as the data plane.  `clock`: the program that tells the jiffies.
    Lease(abi::root* root, std::span<abi::guarded_address> guarded, int clock) : root_(root), guarded_(guarded), clock_(clock) {}

    // None: no fence.  Returns how many found no place.
    std::size_t guard(std::span<const Address> addresses);
    void extend(std::chrono::nanoseconds left);
    void close();
    [[nodiscard]] bool is_open() const;

 private:
    [[nodiscard]] std::uint64_t jiffies() const;
    [[nodiscard]] bool is_open_at(std::uint64_t now) const;
    void settle(std::uint64_t now);
    void store(std::uint64_t end) { __atomic_store_n(&root_->lease_end, end, __ATOMIC_RELEASE); }

    abi::root* root_;
    std::span<abi::guarded_address> guarded_;
    int clock_;
};

}  // namespace lvx::dataplane
