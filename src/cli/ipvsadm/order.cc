#include "cli/ipvsadm/order.hh"

#include <compare>
#include <cstdint>
#include <utility>

namespace lvx::cli::ipvsadm {

namespace {

int sign(std::strong_ordering order) { return order < 0 ? -1 : order > 0 ? 1 : 0; }

int compare_addresses(const Address& a, const Address& b) {
    if (a.family() != b.family()) return sign(a.family() <=> b.family());
    if (!a.is_v4()) return sign(a.mapped() <=> b.mapped());
    return sign(static_cast<std::int32_t>(a.v4_value() - b.v4_value()) <=> 0);
}

int compare(const api::ServiceSnapshot& a, const api::ServiceSnapshot& b) {
    const model::ServiceKey &x = a.service.key, &y = b.service.key;
    if (x.fwmark != y.fwmark) return sign(x.fwmark <=> y.fwmark);
    if (x.family() != y.family()) return sign(x.family() <=> y.family());
    if (x.protocol != y.protocol) return sign(x.protocol <=> y.protocol);
    const int addresses = compare_addresses(x.address, y.address);
    return addresses != 0 ? addresses : sign(x.port <=> y.port);
}

int compare(const api::ServerSnapshot& a, const api::ServerSnapshot& b) {
    const Endpoint &x = a.server.endpoint, &y = b.server.endpoint;
    const int addresses = compare_addresses(x.address, y.address);
    return addresses != 0 ? addresses : sign(x.port <=> y.port);
}

// Halves (the first is the smaller one), each sorted, then merged; of equals the left one comes first.
template <class T>
std::vector<T> merge_sorted(std::vector<T> all) {
    if (all.size() < 2) return all;
    const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
    std::vector<T> left = merge_sorted(std::vector<T>(std::make_move_iterator(all.begin()), std::make_move_iterator(middle)));
    std::vector<T> right = merge_sorted(std::vector<T>(std::make_move_iterator(middle), std::make_move_iterator(all.end())));
    auto l = left.begin(), r = right.begin();
    for (T& place : all) {
        const bool take_left = r == right.end() || (l != left.end() && compare(*l, *r) <= 0);
        place = std::move(take_left ? *l++ : *r++);
    }
    return all;
}

}  // namespace

std::vector<api::ServiceSnapshot> sorted(std::vector<api::ServiceSnapshot> services) { return merge_sorted(std::move(services)); }
std::vector<api::ServerSnapshot> sorted(std::vector<api::ServerSnapshot> servers) { return merge_sorted(std::move(servers)); }

}  // namespace lvx::cli::ipvsadm
