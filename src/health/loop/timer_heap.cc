#include "health/loop/timer_heap.hh"

#include <algorithm>

namespace lvx::health {

void TimerHeap::resize(std::size_t numbers) { position_.resize(numbers, absent); }

std::optional<Instant> TimerHeap::when(std::uint32_t number) const {
    if (position_[number] == absent) return std::nullopt;
    return heap_[position_[number]].when;
}

void TimerHeap::place(std::uint32_t position, const Entry& entry) {
    heap_[position] = entry;
    position_[entry.number] = position;
}

void TimerHeap::rise(std::uint32_t position) {
    const Entry entry = heap_[position];
    while (position > 0) {
        const std::uint32_t parent = (position - 1) / 4;
        if (heap_[parent].when <= entry.when) break;
        place(position, heap_[parent]);
        position = parent;
    }
    place(position, entry);
}

void TimerHeap::sink(std::uint32_t position) {
    const Entry entry = heap_[position];
    const auto size = static_cast<std::uint32_t>(heap_.size());
    while (4 * position + 1 < size) {
        std::uint32_t least = 4 * position + 1;
        const std::uint32_t end = std::min(size, least + 4);
        for (std::uint32_t child = least + 1; child < end; ++child) {
            if (heap_[child].when < heap_[least].when) least = child;
        }
        if (entry.when <= heap_[least].when) break;
        place(position, heap_[least]);
        position = least;
    }
    place(position, entry);
}

void TimerHeap::set(std::uint32_t number, Instant when) {
    if (position_[number] == absent) {
        position_[number] = static_cast<std::uint32_t>(heap_.size());
        heap_.push_back({when, number});
        return rise(position_[number]);
    }
    const std::uint32_t position = position_[number];
    const bool earlier = when < heap_[position].when;
    heap_[position].when = when;
    if (earlier) rise(position);
    else sink(position);
}

void TimerHeap::clear(std::uint32_t number) {
    const std::uint32_t position = position_[number];
    if (position == absent) return;
    position_[number] = absent;
    const Entry last = heap_.back();
    heap_.pop_back();
    if (last.number == number) return;
    place(position, last);
    rise(position);
    sink(position_[last.number]);
}

}  // namespace lvx::health
