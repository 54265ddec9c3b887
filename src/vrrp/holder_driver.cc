#include "vrrp/holder_driver.hh"

#include <algorithm>
#include <cstring>
#include <utility>

#include "vrrp/frames.hh"

namespace lvx::vrrp {

namespace {

constexpr std::size_t refusals_kept = 16;
constexpr std::chrono::milliseconds ip_patience{10'000};

std::vector<PlacedAddress> placed_addresses(const model::VrrpInstance& instance, const Ground& ground, const net::World& world) {
    std::vector<PlacedAddress> result;
    for (const auto* list : {&instance.addresses, &instance.excluded}) {
        for (model::InterfaceAddress address : *list) {
            // RFC 9568, 6.4.2: the address moves at once; waiting for duplicates would be an outage.
            address.nodad = !address.address.is_v4();
            const net::Link* link = address.interface.empty() ? nullptr : link_named(world, address.interface);
            const std::uint32_t ifindex = link != nullptr ? link->ifindex : ground.home_ifindex;
            if (ifindex != 0) result.push_back({.ifindex = ifindex, .address = std::move(address)});
        }
    }
    return result;
}

const std::string& name_of(std::uint32_t ifindex, const net::World& world) {
    static const std::string none;
    const auto found = world.links.find(ifindex);
    return found == world.links.end() ? none : found->second.name;
}

// Switches learn the MAC of an interface that sends adverts from them; those of others need announcements.
bool is_extra(const model::VrrpInstance& instance, const Ground& ground, std::uint32_t ifindex) {
    if (ifindex == ground.send_ifindex) return false;
    const bool vmac = ifindex == ground.home_ifindex && ground.home_ifindex != ground.ifindex;
    return vmac || instance.garp.extra_all;
}

std::vector<Announcement> announcements(Index instance, const std::vector<PlacedAddress>& addresses, const Router& router,
                                        const Ground& ground, const net::World& world) {
    std::vector<Announcement> result;
    for (const PlacedAddress& placed : addresses)
        result.push_back({.instance = instance, .ifindex = placed.ifindex, .interface = name_of(placed.ifindex, world),
                          .address = placed.address.address, .extra = is_extra(router.configuration, ground, placed.ifindex)});
    return result;
}

// A World's addresses are sorted by interface and address.
bool is_there(const net::World& world, const PlacedAddress& placed) {
    const auto key = [](const net::LocalAddress& local) { return std::pair{local.ifindex, local.address}; };
    const std::pair wanted{placed.ifindex, placed.address.address};
    const auto found = std::ranges::lower_bound(world.addresses, wanted, {}, key);
    return found != world.addresses.end() && key(*found) == wanted;
}

// Routes and rules are few; addresses may be thousands.
template <class T>
std::vector<T> only_in(const std::vector<T>& a, const std::vector<T>& b) {
    std::vector<T> result;
    std::ranges::copy_if(a, std::back_inserter(result), [&](const T& one) { return std::ranges::find(b, one) == b.end(); });
    return result;
}

std::vector<PlacedAddress> only_in(const std::vector<PlacedAddress>& a, const std::vector<PlacedAddress>& b) {
    std::multimap<std::pair<std::uint32_t, Address>, const PlacedAddress*> known;
    for (const PlacedAddress& one : b) known.emplace(std::pair{one.ifindex, one.address.address}, &one);
    std::vector<PlacedAddress> result;
    std::ranges::copy_if(a, std::back_inserter(result), [&](const PlacedAddress& one) {
        const auto [first, last] = known.equal_range({one.ifindex, one.address.address});
        return std::none_of(first, last, [&](const auto& each) { return *each.second == one; });
    });
    return result;
}

}  // namespace

Result<std::unique_ptr<Holder>> Holder::open(script::Runner* runner) {
    AddressWriter writer = TRY(AddressWriter::open());
    FrameSender frames = TRY(FrameSender::open());
    return std::unique_ptr<Holder>(new Holder(std::move(writer), std::move(frames), runner));
}

void Holder::run_ip(const std::vector<std::string>& words, Family family) {
    if (runner_ == nullptr) return;
    script::Job job{.timeout = ip_patience, .output = script::Output::captured, .lane = "routes"};
    job.command.user = "root";
    job.command.words = {"ip", family == Family::v4 ? "-4" : "-6"};
    job.command.words.insert(job.command.words.end(), words.begin(), words.end());
    runner_->run(std::move(job), [this, words](const script::Outcome& outcome) {
        if (outcome.succeeded() || refusals_.size() >= refusals_kept) return;
        std::string line = "ip";
        for (const std::string& word : words) line += " " + word;
        refusals_.push_back(line + ": " + outcome.sentence() + (outcome.output.empty() ? "" : ": " + outcome.output));
    });
}

void Holder::change_routes(const Holding& before, const Holding& after) {
    const auto words = [](std::initializer_list<std::string> head, const std::vector<std::string>& tail) {
        std::vector<std::string> all(head);
        all.insert(all.end(), tail.begin(), tail.end());
        return all;
    };
    for (const model::RuleLine& rule : only_in(before.rules, after.rules)) run_ip(words({"rule", "del"}, rule.words), rule.family);
    for (const model::RouteLine& route : only_in(before.routes, after.routes)) run_ip(words({"route", "del"}, route.words), route.family);
    for (const model::RouteLine& route : only_in(after.routes, before.routes))
        run_ip(words({"route", route.verb == "add" ? "replace" : route.verb}, route.words), route.family);
    for (const model::RuleLine& rule : only_in(after.rules, before.rules)) run_ip(words({"rule", "add"}, rule.words), rule.family);
}

void Holder::take(Index instance, const Router& router, const Ground& ground, const net::World& world, Instant now) {
    const bool is_new = !holdings_.contains(instance);
    Holding& holding = holdings_[instance];
    Holding next{.addresses = placed_addresses(router.configuration, ground, world),
                 .routes = router.configuration.routes,
                 .rules = router.configuration.rules};
    for (const PlacedAddress& gone : only_in(holding.addresses, next.addresses))
        writer_.want({.change = Change::remove, .placed = gone, .instance = instance});
    const std::vector<PlacedAddress> added = only_in(next.addresses, holding.addresses);
    for (const PlacedAddress& placed : added) writer_.want({.change = Change::add, .placed = placed, .instance = instance});
    change_routes(holding, next);
    holding = std::move(next);
    if (!is_new && added.empty()) return;
    const std::vector<Announcement> all = announcements(instance, holding.addresses, router, ground, world);
    announcer_.taken(instance, all, is_new ? all : announcements(instance, added, router, ground, world), router.configuration.garp, now);
}

void Holder::release(Index instance) {
    const auto found = holdings_.find(instance);
    if (found == holdings_.end()) return;
    announcer_.released(instance);
    change_routes(found->second, {});
    for (auto placed = found->second.addresses.rbegin(); placed != found->second.addresses.rend(); ++placed)
        writer_.want({.change = Change::remove, .placed = *placed, .instance = instance});
    holdings_.erase(found);
}

void Holder::assert_again(Index instance, const Router& router, const Ground& ground, const net::World& world, Instant now) {
    const auto found = holdings_.find(instance);
    if (found == holdings_.end()) return;
    announcer_.asserted(instance, announcements(instance, found->second.addresses, router, ground, world), router.configuration.garp, now);
}

void Holder::renumber(const std::vector<std::optional<Index>>& by) {
    std::map<Index, Holding> next;
    for (Index i = 0; i < by.size(); ++i)
        if (by[i] && holdings_.contains(*by[i])) next[i] = std::move(holdings_[*by[i]]);
    for (const auto& [old, holding] : holdings_) announcer_.released(old);
    holdings_ = std::move(next);
}

void Holder::clear_leftovers(Index instance, const Router& router, const Ground& ground, const net::World& world) {
    if (holdings_.contains(instance)) return;
    for (PlacedAddress& placed : placed_addresses(router.configuration, ground, world))
        if (is_there(world, placed)) writer_.want({.change = Change::remove, .placed = std::move(placed), .instance = instance});
}

void Holder::verify(const net::World& world, Instant now) {
    if (!writer_.idle()) return;
    for (const auto& [instance, holding] : holdings_) {
        std::vector<Announcement> back;
        for (const PlacedAddress& placed : holding.addresses) {
            if (placed.address.no_track || is_there(world, placed) || !world.links.contains(placed.ifindex)) continue;
            ++restored_;
            writer_.want({.change = Change::add, .placed = placed, .instance = instance});
            back.push_back({.instance = instance, .ifindex = placed.ifindex, .interface = name_of(placed.ifindex, world), .address = placed.address.address});
        }
        announcer_.restored(instance, back, now);
    }
}

void Holder::announce(const Announcement& announcement, const net::World& world) {
    const auto link = world.links.find(announcement.ifindex);
    if (link == world.links.end()) return;
    const Frame frame = announcement.address.is_v4() ? gratuitous_arp(link->second.mac, announcement.address)
                                                     : unsolicited_advertisement(link->second.mac, announcement.address, Role::router);
    if (frames_.send(link->first, frame)) ++announced_;
    else ++failures_;
}

bool Holder::work(const net::World& world, Instant now) {
    if (!writer_.idle()) {
        const Result<std::vector<AddressRefusal>> refused = writer_.work();
        if (!refused) refusals_.push_back(refused.error().sentence());
        else
            for (const AddressRefusal& one : *refused) {
                ++failures_;
                if (refusals_.size() >= refusals_kept) continue;
                const char* verb = one.change.change == Change::add ? "cannot add " : "cannot remove ";
                refusals_.push_back(verb + one.change.placed.address.address.text() + " on " + name_of(one.change.placed.ifindex, world) + ": " +
                                    std::strerror(one.code));
            }
    }
    for (const Announcement& announcement : announcer_.due(now, frames_at_once)) announce(announcement, world);
    const std::optional<Instant> next = announcer_.wake();
    return !writer_.idle() || (next && *next <= now);
}

void Holder::finish(const net::World& world) {
    while (!writer_.idle()) (void)work(world, Instant{});
}

std::size_t Holder::held(Index instance) const {
    const auto found = holdings_.find(instance);
    return found == holdings_.end() ? 0 : found->second.addresses.size();
}

}  // namespace lvx::vrrp
