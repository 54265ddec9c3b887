// At most one time for each of a fixed set of small numbers, earliest first: a 4-ary heap that knows where each number
// stands.  12 bytes a number and no allocation once it has grown.  A value; no clock.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "health/instant.hh"

namespace lvx::health {

class TimerHeap {
 public:
    void resize(std::size_t numbers);
    // Replaces the number's time.
    void set(std::uint32_t number, Instant when);
    void clear(std::uint32_t number);
    [[nodiscard]] std::optional<Instant> when(std::uint32_t number) const;
    [[nodiscard]] bool empty() const { return heap_.empty(); }
    [[nodiscard]] Instant first_time() const { return heap_.front().when; }
    [[nodiscard]] std::uint32_t first() const { return heap_.front().number; }

 private:
    struct Entry {
        Instant when;
        std::uint32_t number;
    };
    static constexpr std::uint32_t absent = 0xffffffff;

    void place(std::uint32_t position, const Entry& entry);
    void rise(std::uint32_t position);
    void sink(std::uint32_t position);

    std::vector<Entry> heap_;
    std::vector<std::uint32_t> position_;  // by number
};

}  // namespace lvx::health
