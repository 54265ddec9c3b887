// Rates as the kernel's estimator shows them, digit by digit.
#include "daemon/estimator.hh"

#include <gtest/gtest.h>

namespace lvx::daemon {
namespace {

// ip_vs_est: est += ((count - last) * 2^10 / 2 s - est) / 4, shown as (est + 511) / 1024.
TEST(Estimator, AQuarterOfANewRateShowsAfterOneSample) {
    Estimator estimator;
    estimator.sample({.connections = 200, .in_packets = 2000, .out_packets = 1000, .in_bytes = 80000, .out_bytes = 8});
    EXPECT_EQ(estimator.rates(), (api::Traffic{25, 250, 125, 10000, 1}));
}

TEST(Estimator, ASteadyRateIsReachedAndKept) {
    Estimator estimator;
    for (std::uint64_t i = 1; i <= 60; ++i) estimator.sample({.connections = 20 * i});
    EXPECT_EQ(estimator.rates().connections, 10u);
}

TEST(Estimator, SilenceFadesToNothing) {
    Estimator estimator;
    estimator.sample({.in_packets = 1'000'000});
    for (int i = 0; i < 120; ++i) estimator.sample({.in_packets = 1'000'000});
    EXPECT_EQ(estimator.rates(), api::Traffic{});
}

TEST(Estimator, ASlowTrickleIsRoundedAsInTheKernel) {
    Estimator estimator;
    estimator.sample({.connections = 4});  // 4 * 512 / 4 = 512 fixed-point: (512 + 511) >> 10 = 0
    EXPECT_EQ(estimator.rates().connections, 0u);
    estimator.sample({.connections = 8});  // 512 + (2048 - 512) / 4 = 896: 1
    EXPECT_EQ(estimator.rates().connections, 1u);
}

TEST(Estimator, CountersThatStartAnewAreNoNegativeRate) {
    Estimator estimator;
    estimator.sample({.connections = 1000});
    estimator.sample({.connections = 0});
    EXPECT_LT(estimator.rates().connections, 125u);
}

}  // namespace
}  // namespace lvx::daemon
