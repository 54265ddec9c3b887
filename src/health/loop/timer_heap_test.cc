#include "health/loop/timer_heap.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace lvx::health {
namespace {

TEST(TimerHeap, agrees_with_an_ordered_map_for_every_seed) {
    for (std::uint32_t seed = 0; seed < 40; ++seed) {
        std::mt19937 random(seed);
        TimerHeap heap;
        heap.resize(50);
        std::map<std::uint32_t, Instant> naive;
        for (int step = 0; step < 400; ++step) {
            const std::uint32_t number = random() % 50;
            if (random() % 4 == 0) {
                heap.clear(number);
                naive.erase(number);
            } else {
                naive[number] = Instant{} + Micros(random() % 1000);
                heap.set(number, naive[number]);
            }
            ASSERT_EQ(heap.empty(), naive.empty());
            for (std::uint32_t i = 0; i < 50; ++i) if (heap.when(i).has_value() != naive.contains(i)) FAIL() << seed;
            if (naive.empty()) continue;
            const auto least = std::ranges::min_element(naive, {}, [](const auto& entry) { return entry.second; });
            ASSERT_EQ(heap.first_time(), least->second) << seed;
            ASSERT_EQ(naive.at(heap.first()), least->second) << seed;
        }
    }
}

}  // namespace
}  // namespace lvx::health
