#include "dataplane/hertz.hh"

#include <fmt/format.h>

#include <bit>
#include <cerrno>
#include <ctime>

namespace lvx::dataplane {

std::uint32_t hertz_of(std::chrono::nanoseconds jiffy) {
    constexpr std::int64_t second = 1'000'000'000;
    return static_cast<std::uint32_t>((second + jiffy.count() / 2) / jiffy.count());
}

Result<std::uint32_t> kernel_hertz() {
    timespec jiffy = {};
    if (clock_getres(CLOCK_MONOTONIC_COARSE, &jiffy) != 0) return refusal("cannot ask the kernel how long a jiffy is", errno);
    // No architecture of Linux offers less than 24 or more than 1,200 (kernel/Kconfig.hz and the architectures' own).
    constexpr long shortest_ns = 500'000, longest_ns = 50'000'000;
    if (jiffy.tv_sec != 0 || jiffy.tv_nsec < shortest_ns || jiffy.tv_nsec > longest_ns)
        return refusal(fmt::format("cannot use jiffies of {} ns", jiffy.tv_nsec), ERANGE, "please report this line with the kernel's version");
    return hertz_of(std::chrono::nanoseconds{jiffy.tv_nsec});
}

std::uint32_t tick_shift(std::uint32_t hertz) {
    const auto below = static_cast<std::uint32_t>(std::bit_width(hertz)) - 1;
    // 1.5 * 2^below lies in the middle between both powers.
    return 2 * hertz > 3u << below ? below + 1 : below;
}

}  // namespace lvx::dataplane
