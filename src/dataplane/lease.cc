#include "dataplane/lease.hh"

#include <bpf/bpf.h>

#include <algorithm>

#include "abi/settings.h"
#include "bpf/table/guard.h"
#include "plan/image.hh"

namespace lvx::dataplane {

GuardTable guard_table(std::span<const Address> addresses) {
    GuardTable table{.places = std::vector<abi::guarded_address>(GUARD_PLACES)};
    for (const Address& address : addresses) {
        const abi::address bytes = plan::abi_address(address);
        bool placed = false;
        for (std::uint32_t probe = 0; probe < GUARD_PROBES && !placed; ++probe) {
            abi::address& place = table.places[abi::guard_place(&bytes, probe)].address;
            placed = (place.halves[0] | place.halves[1]) == 0;
            if (placed) place = bytes;
        }
        if (!placed) ++table.refused;
    }
    return table;
}

std::uint64_t jiffies_within(std::chrono::nanoseconds left, std::uint32_t hertz) {
    constexpr std::int64_t second = 1'000'000'000;
    const std::int64_t whole = std::max<std::int64_t>(left.count(), 0) * hertz / second;
    // The present jiffy has begun already: its part that is over counts as a whole one.
    return static_cast<std::uint64_t>(std::max<std::int64_t>(whole - 1, 0));
}

std::uint64_t Lease::jiffies() const {
    abi::clock_answer answer{};
    bpf_test_run_opts run{};
    run.sz = sizeof run;
    run.ctx_in = &answer;
    run.ctx_size_in = sizeof answer;
    return bpf_prog_test_run_opts(clock_, &run) == 0 ? answer.jiffies : 0;
}

std::size_t Lease::guard(std::span<const Address> addresses) {
    const GuardTable table = guard_table(addresses);
    // Places that stay are not touched: packets read while this is written.
    for (std::size_t i = 0; i < guarded_.size(); ++i)
        if (guarded_[i].address.halves[0] != table.places[i].address.halves[0] || guarded_[i].address.halves[1] != table.places[i].address.halves[1])
            guarded_[i] = table.places[i];
    if (addresses.empty()) store(abi::LEASE_NONE);
    else if (__atomic_load_n(&root_->lease_end, __ATOMIC_ACQUIRE) == abi::LEASE_NONE) close();
    return table.refused;
}

void Lease::extend(std::chrono::nanoseconds left) {
    const std::uint64_t now = jiffies();
    if (!is_open_at(now)) settle(now);
    store(now + jiffies_within(left, root_->hertz));
}

void Lease::close() {
    if (const std::uint64_t now = jiffies(); is_open_at(now)) settle(now);
    store(abi::LEASE_OVER);
}

// The addresses move.
void Lease::settle(std::uint64_t now) {
    __atomic_store_n(&root_->settling_end, now + std::uint64_t{abi::SETTLING_MS} * root_->hertz / 1000, __ATOMIC_RELEASE);
}

bool Lease::is_open_at(std::uint64_t now) const {
    const std::uint64_t end = __atomic_load_n(&root_->lease_end, __ATOMIC_ACQUIRE);
    return end > abi::LEASE_OVER && !abi::lease_has_ended(end, now);
}

bool Lease::is_open() const { return is_open_at(jiffies()); }

}  // namespace lvx::dataplane
