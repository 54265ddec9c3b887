// The listener's end of the change feed (abi/connection.h): which slots changed since the last time.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "abi/connection.h"

namespace lvx::sync {

struct Marked {
    std::vector<std::uint32_t> changed;  // slots, all of them
    std::vector<std::uint32_t> counted;  // of these those whose client's packets were so many
};

class Feed {
 public:
    Feed(std::span<abi::mark_line> marks, std::span<abi::mark_line> lines) : marks_(marks), lines_(lines) {}

    // Marks are cleared before they are told; whoever reads the slots after this sees every change that was marked.
    [[nodiscard]] Marked drain() {
        Marked marked;
        const auto tell = [&](std::size_t slot, std::uint8_t mark) {
            marked.changed.push_back(static_cast<std::uint32_t>(slot));
            if (mark == abi::MARK_counted) marked.counted.push_back(static_cast<std::uint32_t>(slot));
        };
        for (std::size_t group = 0; group < lines_.size(); ++group)
            take_marks(lines_[group], group, [&](std::size_t line, std::uint8_t) {
                if (line < marks_.size()) take_marks(marks_[line], line, tell);
            });
        return marked;
    }

 private:
    static constexpr std::size_t word_bytes = sizeof(std::uint64_t);
    using AliasedWord = std::uint64_t __attribute__((may_alias));

    // Calls `tell` with the number of each mark of this line and the mark; the exchange is a full barrier.
    template <class Tell>
    static void take_marks(abi::mark_line& line, std::size_t number, const Tell& tell) {
        auto* words = reinterpret_cast<AliasedWord*>(line.marks);
        for (std::size_t word = 0; word < MARKS_PER_LINE / word_bytes; ++word) {
            if (__atomic_load_n(&words[word], __ATOMIC_RELAXED) == 0) continue;
            const std::uint64_t taken = __atomic_exchange_n(&words[word], 0, __ATOMIC_SEQ_CST);
            for (std::size_t byte = 0; byte < word_bytes; ++byte)
                if (const auto mark = static_cast<std::uint8_t>(taken >> (8 * byte))) tell(number * MARKS_PER_LINE + word * word_bytes + byte, mark);
        }
    }

    std::span<abi::mark_line> marks_, lines_;
};

}  // namespace lvx::sync
