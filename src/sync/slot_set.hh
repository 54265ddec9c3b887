// A set of slots with fixed memory: one bit each and one bit for every 64 of those.  Taken round robin, so that no slot
// waits for ever behind busier ones.
#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <vector>

namespace lvx::sync {

class SlotSet {
 public:
    explicit SlotSet(std::uint32_t slots)
        : words_((std::size_t{slots} + 63) / 64), groups_((words_.size() + 63) / 64) {}

    void insert(std::uint32_t slot) {
        std::uint64_t& word = words_[slot / 64];
        const std::uint64_t bit = std::uint64_t{1} << slot % 64;
        if (word & bit) return;
        word |= bit;
        groups_[slot / 4096] |= std::uint64_t{1} << slot / 64 % 64;
        ++size_;
    }

    [[nodiscard]] std::size_t size() const { return size_; }

    // The next one, no longer in the set.
    std::optional<std::uint32_t> take() {
        if (size_ == 0) return std::nullopt;
        while (groups_[group_] == 0) group_ = (group_ + 1) % groups_.size();
        const std::size_t word = group_ * 64 + static_cast<std::size_t>(std::countr_zero(groups_[group_]));
        const int bit = std::countr_zero(words_[word]);
        words_[word] &= words_[word] - 1;
        if (words_[word] == 0) groups_[group_] &= groups_[group_] - 1;
        if (groups_[group_] == 0) group_ = (group_ + 1) % groups_.size();
        --size_;
        return static_cast<std::uint32_t>(word * 64 + static_cast<std::size_t>(bit));
    }

 private:
    std::vector<std::uint64_t> words_, groups_;
    std::size_t size_ = 0, group_ = 0;
};

}  // namespace lvx::sync
