#include "vrrp/holder_driver.hh"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <limits>
#include <utility>

#include "vrrp/frames.hh"

namespace lvx::vrrp {

namespace {

constexpr std::size_t refusals_kept = 16;
constexpr Index static_items = std::numeric_limits<Index>::max();  // beside the instances' indices
constexpr std::chrono::milliseconds ip_patience{10'000};

const std::string& name_of(std::uint32_t ifindex, const net::World& world) {
    static const std::string none;
    const auto found = world.links.find(ifindex);
    return found == world.links.end() ? none : found->second.name;
}

// Switches learn the MAC of an interface that sends adverts from them; those of others need announcements.
bool is_extra(const model::VrrpInstance& instance, const Ground& ground, const PlacedAddress& placed) {
    return placed.ifindex != ground.send_ifindex && (placed.address.use_vmac || instance.garp.extra_all);
}

std::vector<Announcement> announcements(Index instance, const std::vector<PlacedAddress>& addresses, const Router& router,
                                        const Ground& ground, const net::World& world) {
    std::vector<Announcement> result;
    for (const PlacedAddress& placed : addresses)
        result.push_back({.instance = instance, .ifindex = placed.ifindex, .interface = name_of(placed.ifindex, world),
                          .address = placed.address.address, .extra = is_extra(router.configuration, ground, placed)});
    return result;
}

std::string line_of(const std::vector<std::string>& words) {
    std::string line = "ip";
    for (const std::string& word : words) line += " " + word;
    return line;
}

constexpr std::string_view already_there = "File exists";  // a rule that was there: as good as added

}  // namespace

Result<std::unique_ptr<Holder>> Holder::open(script::Runner* runner) {
    AddressWriter writer = TRY(AddressWriter::open());
    FrameSender frames = TRY(FrameSender::open());
    return std::unique_ptr<Holder>(new Holder(std::move(writer), std::move(frames), runner));
}

void Holder::refuse(std::string sentence) {
    ++failures_;
    if (refusals_.size() < refusals_kept) refusals_.push_back(std::move(sentence));
}

void Holder::lose(const std::string& item, Lost lost) {
    if (lost_.size() >= lost_limit) return;
    if (lost_.try_emplace(item, std::move(lost)).second) ++lost_generation_;
}

void Holder::found(const std::string& item) {
    if (lost_.erase(item) != 0) ++lost_generation_;
}

void Holder::forget_lost() {
    if (std::erase_if(lost_, [](const auto& each) { return each.second.instance.has_value(); }) != 0) ++lost_generation_;
}

std::vector<Lost> Holder::lost() const {
    std::vector<Lost> result;
    for (const auto& [item, one] : lost_) result.push_back(one);
    return result;
}

template <class Line>
void Holder::run_ip(Index instance, const Line& line, Verb verb, Purpose purpose) {
    if (runner_ == nullptr) return;
    const std::vector<std::string> words = ip_words(line, verb);
    script::Job job{.timeout = ip_patience, .output = script::Output::captured, .lane = "routes"};
    job.command.user = "root";
    job.command.words = {"ip", line.family == Family::v4 ? "-4" : "-6"};
    job.command.words.insert(job.command.words.end(), words.begin(), words.end());
    Lost lost{.instance = {}, .track_group = line.track_group, .sentence = line_of(words)};
    if (instance != static_items) lost.instance = instance;
    const bool tracked = verb == Verb::add && !line.no_track && (purpose == Purpose::restore || !line.track_group.empty());
    runner_->run(std::move(job), [this, lost = std::move(lost), tracked, purpose](const script::Outcome& outcome) {
        const std::string item = lost.sentence;
        if (purpose == Purpose::clear) return;
        if (outcome.succeeded() || outcome.output.contains(already_there)) return found(item);
        const std::string why = ": " + outcome.sentence() + (outcome.output.empty() ? "" : ": " + outcome.output);
        refuse(item + why);
        if (tracked) lose(item, {lost.instance, lost.track_group, item + why});
    });
}

void Holder::change_routes(Index instance, const Goods& before, const Goods& after) {
    for (const model::RuleLine& rule : only_in(before.rules, after.rules)) run_ip(instance, rule, Verb::remove, Purpose::first);
    for (const model::RouteLine& route : only_in(before.routes, after.routes)) run_ip(instance, route, Verb::remove, Purpose::first);
    std::erase_if(pending_, [&](const Pending& one) { return one.instance == instance; });
    for (const model::RouteLine& route : only_in(after.routes, before.routes)) pending_.push_back({instance, route});
    for (const model::RuleLine& rule : only_in(after.rules, before.rules)) pending_.push_back({instance, rule});
}

void Holder::run_pending() {
    for (const Pending& one : std::exchange(pending_, {}))
        std::visit([&](const auto& line) { run_ip(one.instance, line, Verb::add, Purpose::first); }, one.line);
}

void Holder::change(Index instance, Holding& holding, Goods next) {
    for (const PlacedAddress& gone : only_in(only_in(holding.goods.addresses, next.addresses), holding.foreign))
        writer_.want({.change = Change::remove, .placed = gone, .instance = instance});
    for (const PlacedAddress& placed : only_in(next.addresses, holding.goods.addresses))
        writer_.want({.change = Change::add, .placed = placed, .instance = instance});
    change_routes(instance, holding.goods, next);
    holding.goods = std::move(next);
}

void Holder::take(Index instance, const Router& router, const Ground& ground, const net::World& world, Instant now) {
    const bool is_new = !holdings_.contains(instance);
    Holding& holding = holdings_[instance];
    Goods next = goods_of(router.configuration, ground, world);
    const std::vector<PlacedAddress> added = only_in(next.addresses, holding.goods.addresses);
    change(instance, holding, std::move(next));
    if (!is_new && added.empty()) return;
    const std::vector<Announcement> all = announcements(instance, holding.goods.addresses, router, ground, world);
    announcer_.taken(instance, all, is_new ? all : announcements(instance, added, router, ground, world), router.configuration.garp, now);
}

void Holder::keep_static(const model::Vrrp& configuration, const net::World& world) {
    Goods next = static_goods(configuration, world);
    if (next == Goods{} && !holdings_.contains(static_items)) return;
    Holding& holding = holdings_[static_items];
    for (const PlacedAddress& placed : only_in(next.addresses, holding.goods.addresses))
        if (is_there(world, placed)) holding.foreign.push_back(placed);
    change(static_items, holding, std::move(next));
}

void Holder::let_go(Index instance, const Holding& holding) {
    change_routes(instance, holding.goods, {});
    const std::vector<PlacedAddress> ours = only_in(holding.goods.addresses, holding.foreign);
    for (auto placed = ours.rbegin(); placed != ours.rend(); ++placed)
        writer_.want({.change = Change::remove, .placed = *placed, .instance = instance});
}

void Holder::release(Index instance) {
    const auto found = holdings_.find(instance);
    if (found == holdings_.end()) return;
    announcer_.released(instance);
    let_go(instance, found->second);
    holdings_.erase(found);
}

void Holder::assert_again(Index instance, const Router& router, const Ground& ground, const net::World& world, Instant now) {
    const auto found = holdings_.find(instance);
    if (found == holdings_.end()) return;
    announcer_.asserted(instance, announcements(instance, found->second.goods.addresses, router, ground, world), router.configuration.garp, now);
}

void Holder::renumber(const std::vector<std::optional<Index>>& by) {
    std::map<Index, Holding> next;
    for (Index i = 0; i < by.size(); ++i)
        if (by[i] && holdings_.contains(*by[i])) next[i] = std::move(holdings_[*by[i]]);
    for (const auto& [old, holding] : holdings_) announcer_.released(old);
    if (const auto kept = holdings_.find(static_items); kept != holdings_.end()) next[static_items] = std::move(kept->second);
    holdings_ = std::move(next);
    forget_lost();
}

void Holder::clear_leftovers(Index instance, const Router& router, const Ground& ground, const net::World& world) {
    if (holdings_.contains(instance)) return;
    for (PlacedAddress& placed : goods_of(router.configuration, ground, world).addresses)
        if (is_there(world, placed)) writer_.want({.change = Change::remove, .placed = std::move(placed), .instance = instance});
    for (const model::RuleLine& rule : router.configuration.rules) run_ip(instance, rule, Verb::remove, Purpose::clear);
    for (const model::RouteLine& route : router.configuration.routes) run_ip(instance, route, Verb::remove, Purpose::clear);
}

void Holder::verify(const net::World& world, Instant now) {
    if (!writer_.idle()) return;
    for (const auto& [instance, holding] : holdings_) {
        std::vector<Announcement> back;
        for (const PlacedAddress& placed : holding.goods.addresses) {
            if (placed.address.no_track || is_there(world, placed) || !world.links.contains(placed.ifindex)) continue;
            ++restored_;
            writer_.want({.change = Change::add, .placed = placed, .instance = instance, .restores = true});
            back.push_back({.instance = instance, .ifindex = placed.ifindex, .interface = name_of(placed.ifindex, world), .address = placed.address.address});
        }
        if (instance != static_items) announcer_.restored(instance, back, now);
    }
}

void Holder::verify_routes() {
    for (const auto& [instance, holding] : holdings_) {
        for (const model::RouteLine& route : holding.goods.routes)
            if (!route.no_track) run_ip(instance, route, Verb::add, Purpose::restore);
        for (const model::RuleLine& rule : holding.goods.rules)
            if (!rule.no_track) run_ip(instance, rule, Verb::add, Purpose::restore);
    }
}

void Holder::refused(const AddressRefusal& refusal, const net::World& world) {
    const AddressChange& change = refusal.change;
    const model::InterfaceAddress& address = change.placed.address;
    const char* verb = change.change == Change::add ? "cannot add " : "cannot remove ";
    std::string sentence = verb + address.address.text() + " on " + name_of(change.placed.ifindex, world) + ": " + std::strerror(refusal.code);
    const bool is_static = change.instance == static_items;
    if (change.change == Change::add && !address.no_track && (change.restores || !address.track_group.empty())) {
        Lost lost{.instance = {}, .track_group = address.track_group, .sentence = sentence};
        if (!is_static) lost.instance = change.instance;
        lose(address.address.text() + " " + std::to_string(change.placed.ifindex), std::move(lost));
    }
    refuse(std::move(sentence));
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
        const Result<std::vector<AddressRefusal>> refusals = writer_.work();
        for (const AddressChange& done : writer_.done()) found(done.placed.address.address.text() + " " + std::to_string(done.placed.ifindex));
        if (!refusals) refuse(refusals.error().sentence());
        else
            for (const AddressRefusal& one : *refusals) refused(one, world);
    }
    if (writer_.idle()) run_pending();
    for (const Announcement& announcement : announcer_.due(now, frames_at_once)) announce(announcement, world);
    const std::optional<Instant> next = announcer_.wake();
    return !writer_.idle() || (next && *next <= now);
}

void Holder::finish(const net::World& world) {
    if (const auto kept = holdings_.find(static_items); kept != holdings_.end()) let_go(static_items, kept->second);
    holdings_.erase(static_items);
    while (!writer_.idle()) (void)work(world, Instant{});
}

std::size_t Holder::held(Index instance) const {
    const auto found = holdings_.find(instance);
    return found == holdings_.end() ? 0 : found->second.goods.addresses.size();
}

}  // namespace lvx::vrrp
