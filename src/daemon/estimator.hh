// Rates as IPVS computes and shows them (facts: sampled every 2 s, exponential average with a quarter of weight for the
// newest sample, in fixed point, so that what is shown agrees to the last digit).
#pragma once

#include <cstdint>

#include "api/snapshot.hh"

namespace lvx::daemon {

class Estimator {
 public:
    static constexpr std::uint64_t period_s = 2;

    // One sample of the counters, `period_s` after the one before.  Counters below the last ones start anew.
    void sample(const api::Traffic& counters);
    [[nodiscard]] api::Traffic rates() const;

 private:
    // Per second, x 1024 for connections and packets, x 32 for bytes.
    struct FixedPoint {
        std::int64_t connections = 0, in_packets = 0, out_packets = 0, in_bytes = 0, out_bytes = 0;
    };
    api::Traffic last_;
    FixedPoint average_;
};

}  // namespace lvx::daemon
