// The order in which ipvsadm prints: services by mark, family, protocol, address and port; servers by family, address
// and port.  IPv4 addresses are compared by the sign of their 32-bit difference, as the real tool does, so that
// 192.0.2.10 comes before 10.0.0.1.  That is no order in the mathematical sense, hence a merge sort, which is defined
// for any comparison and takes the steps of the C library's; and hence servers are handed to it newest first, as the
// kernel hands them to the real tool: the result depends on where it starts.
#pragma once

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "model/model.hh"

namespace lvx::config::ipvsadm {

// Negative, 0, positive.
[[nodiscard]] int compare(const model::ServiceKey& a, const model::ServiceKey& b);
[[nodiscard]] int compare(const Endpoint& a, const Endpoint& b);

// Halves (the first is the smaller one), each sorted, then merged; of equals the left one comes first.  `name` gives a
// value's key or endpoint.
template <class T, class Name>
[[nodiscard]] std::vector<T> sorted_by(std::vector<T> all, Name name) {
    if (all.size() < 2) return all;
    const auto middle = std::make_move_iterator(all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2));
    auto left = sorted_by(std::vector<T>(std::make_move_iterator(all.begin()), middle), name);
    auto right = sorted_by(std::vector<T>(middle, std::make_move_iterator(all.end())), name);
    auto l = left.begin(), r = right.begin();
    for (T& place : all) {
        const bool take_left = r == right.end() || (l != left.end() && compare(name(*l), name(*r)) <= 0);
        place = std::move(take_left ? *l++ : *r++);
    }
    return all;
}

[[nodiscard]] std::vector<model::Service> sorted(std::vector<model::Service> services);
[[nodiscard]] std::vector<model::Server> sorted(std::vector<model::Server> servers);  // newest first

}  // namespace lvx::config::ipvsadm
