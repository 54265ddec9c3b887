#include "config/ipvsadm/order.hh"

#include <compare>
#include <cstdint>
#include <iterator>
#include <utility>

namespace lvx::config::ipvsadm {
namespace {

int sign(std::strong_ordering order) { return order < 0 ? -1 : order > 0 ? 1 : 0; }

int compare_addresses(const Address& a, const Address& b) {
    if (a.family() != b.family()) return sign(a.family() <=> b.family());
    if (!a.is_v4()) return sign(a.mapped() <=> b.mapped());
    return sign(static_cast<std::int32_t>(a.v4_value() - b.v4_value()) <=> 0);
}

int compare_endpoints(const Endpoint& a, const Endpoint& b) {
    const int addresses = compare_addresses(a.address, b.address);
    return addresses != 0 ? addresses : sign(a.port <=> b.port);
}

int compare(const model::Service& a, const model::Service& b) {
    const model::ServiceKey &x = a.key, &y = b.key;
    if (x.fwmark != y.fwmark) return sign(x.fwmark <=> y.fwmark);
    if (x.family() != y.family()) return sign(x.family() <=> y.family());
    if (x.protocol != y.protocol) return sign(x.protocol <=> y.protocol);
    return compare_endpoints({x.address, x.port}, {y.address, y.port});
}

int compare(const model::Server& a, const model::Server& b) { return compare_endpoints(a.endpoint, b.endpoint); }

// Halves (the first is the smaller one), each sorted, then merged; of equals the left one comes first.
template <class T>
std::vector<T> merge_sorted(std::vector<T> all) {
    if (all.size() < 2) return all;
    const auto middle = std::make_move_iterator(all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2));
    auto left = merge_sorted(std::vector<T>(std::make_move_iterator(all.begin()), middle));
    auto right = merge_sorted(std::vector<T>(middle, std::make_move_iterator(all.end())));
    auto l = left.begin(), r = right.begin();
    for (T& place : all) {
        const bool take_left = r == right.end() || (l != left.end() && compare(*l, *r) <= 0);
        place = std::move(take_left ? *l++ : *r++);
    }
    return all;
}

}  // namespace

std::vector<model::Service> sorted(std::vector<model::Service> services) { return merge_sorted(std::move(services)); }
std::vector<model::Server> sorted(std::vector<model::Server> servers) { return merge_sorted(std::move(servers)); }

}  // namespace lvx::config::ipvsadm
