// IPVS's list walks, written down literally as the kernel walks them: the slow twins of the sequences of schedule/.
// For tests only.
#pragma once

#include <cstdint>
#include <numeric>
#include <optional>
#include <vector>

#include "plan/schedule/schedule.hh"

namespace lvx::plan::twin {

inline constexpr std::size_t list_head = static_cast<std::size_t>(-1);

// The list and the pointer into it; entries are in list order.
struct List {
    std::vector<Target> servers;
    std::size_t pointer = list_head;

    [[nodiscard]] std::size_t next(std::size_t place) const {
        const std::size_t following = place == list_head ? 0 : place + 1;
        return following == servers.size() ? list_head : following;
    }
    void add(Target server) {
        servers.insert(servers.begin(), server);
        if (pointer != list_head) ++pointer;
    }
};

class RoundRobin {
 public:
    explicit RoundRobin(std::vector<Target> servers) : list_{std::move(servers)} {}

    std::optional<std::uint32_t> schedule() {
        const std::size_t start = list_.pointer;
        for (std::size_t rounds = 0; rounds < 2; ++rounds) {
            for (std::size_t place = list_.next(rounds == 0 ? start : list_head); place != list_head; place = list_.next(place)) {
                if (list_.servers[place].weight > 0) {
                    list_.pointer = place;
                    return list_.servers[place].id;
                }
                if (rounds == 1 && place == start) return std::nullopt;
            }
        }
        return std::nullopt;
    }
    void add(Target server) { list_.add(server); }
    void remove(std::size_t place) {
        // The pointer moves back one when its server goes; 0 - 1 is the head of the list.
        if (list_.pointer != list_head && list_.pointer >= place) --list_.pointer;
        list_.servers.erase(list_.servers.begin() + static_cast<std::ptrdiff_t>(place));
    }
    void edit(std::size_t place, std::uint32_t weight) { list_.servers[place].weight = weight; }
    [[nodiscard]] const std::vector<Target>& servers() const { return list_.servers; }

 private:
    List list_;
};

class WeightedRoundRobin {
 public:
    explicit WeightedRoundRobin(std::vector<Target> servers) : list_{std::move(servers)} {
        measure();
        current_weight_ = top_;
    }

    std::optional<std::uint32_t> schedule() {
        if (top_ == 0) return std::nullopt;
        std::size_t place = list_.pointer;
        while (true) {
            for (place = list_.next(place); place != list_head; place = list_.next(place))
                if (list_.servers[place].weight >= static_cast<std::uint32_t>(current_weight_)) {
                    list_.pointer = place;
                    return list_.servers[place].id;
                }
            current_weight_ -= divisor_;
            if (current_weight_ <= 0) current_weight_ = top_;
        }
    }
    void add(Target server) {
        list_.add(server);
        changed();
    }
    void remove(std::size_t place) {
        list_.servers.erase(list_.servers.begin() + static_cast<std::ptrdiff_t>(place));
        changed();
    }
    void edit(std::size_t place, std::uint32_t weight) {
        list_.servers[place].weight = weight;
        changed();
    }
    [[nodiscard]] const std::vector<Target>& servers() const { return list_.servers; }

 private:
    void measure() {
        std::int64_t divisor = 0, largest = 0;
        for (const Target& server : list_.servers) {
            divisor = std::gcd(divisor, std::int64_t{server.weight});
            largest = std::max(largest, std::int64_t{server.weight});
        }
        divisor_ = divisor > 0 ? divisor : 1;
        top_ = std::max(largest - (divisor_ - 1), std::int64_t{0});
    }
    void changed() {
        list_.pointer = list_head;
        measure();
        if (current_weight_ > top_ || current_weight_ == 0) {
            current_weight_ = top_;
        } else if (divisor_ > 1) {
            current_weight_ = current_weight_ / divisor_ * divisor_ + 1;
        }
    }

    List list_;
    std::int64_t divisor_ = 1, top_ = 0, current_weight_ = 0;
};

}  // namespace lvx::plan::twin
