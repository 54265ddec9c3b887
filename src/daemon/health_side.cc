#include "daemon/health_side.hh"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "daemon/check_space.hh"
#include "health/names.hh"
#include "health/passive_machine.hh"
#include "vrrp/ground.hh"

namespace lvx::daemon {

namespace {

bool judges(const model::Pool& pool) { return pool.passive_ejection || pool.passive_slow.count() > 0 || pool.passive_slow_times > 0; }

health::PassiveRules rules_of(const model::Pool& pool) {
    return {.failures = pool.passive_ejection, .slow_us = static_cast<std::uint64_t>(pool.passive_slow.count()),
            .slow_times = pool.passive_slow_times, .ejection = pool.passive_time};
}

api::Answers operator+(const api::Answers& one, const api::Answers& other) {
    const std::uint64_t timed = one.timed + other.timed;
    if (timed == 0) return {};
    return {.timed = timed, .average_us = (one.average_us * one.timed + other.average_us * other.timed) / timed,
            .longest_us = std::max(one.longest_us, other.longest_us), .total_us = one.total_us + other.total_us};
}

constexpr std::size_t event_limit = 65536;  // told and not yet taken by the loop; beyond, the oldest go

// What the health thread left for the loop.
class Mailbox {
 public:
    static Result<std::unique_ptr<Mailbox>> make() {
        auto box = std::make_unique<Mailbox>();
        box->bell_ = Fd(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
        if (!box->bell_.valid()) return refusal("cannot make an event descriptor", errno);
        return box;
    }

    void put(health::View view) {
        const std::scoped_lock hold(lock_);
        view_ = std::move(view);
        ring();
    }
    void put(const model::Event& event) {
        const std::scoped_lock hold(lock_);
        if (events_.size() == event_limit) events_.pop_front();
        events_.push_back(event);
        ring();
    }

    struct Content {
        std::optional<health::View> view;
        std::deque<model::Event> events;
    };
    [[nodiscard]] Content take() {
        std::uint64_t count = 0;
        (void)!::read(bell_.get(), &count, sizeof count);
        const std::scoped_lock hold(lock_);
        return {std::exchange(view_, std::nullopt), std::exchange(events_, {})};
    }
    [[nodiscard]] int fd() const { return bell_.get(); }

 private:
    void ring() const {
        const std::uint64_t one = 1;
        (void)!::write(bell_.get(), &one, sizeof one);
    }

    Fd bell_;
    std::mutex lock_;
    std::optional<health::View> view_;
    std::deque<model::Event> events_;
};

class Side final : public HealthSide {
 public:
    Side(Surroundings surroundings, std::unique_ptr<Mailbox> mailbox) : surroundings_(std::move(surroundings)), mailbox_(std::move(mailbox)) {}

    Result<void> start(std::uint64_t seed) {
        Mailbox* const box = mailbox_.get();
        thread_ = TRY(health::Thread::start({.view = [box](health::View view) { box->put(std::move(view)); },
                                             .emit = [box](const model::Event& event) { box->put(event); },
                                             .tell = surroundings_.notify},
                                            seed));
        return {};
    }

    int fd() const override { return mailbox_->fd(); }

    // Packets first: the log can wait.
    void step() override {
        Mailbox::Content content = mailbox_->take();
        if (content.view) take(std::move(*content.view));
        for (const model::Event& event : content.events) surroundings_.emit(event);
    }

    void configure(const model::Site& site) override {
        readmit_all();
        pools_ = site.pools;
        places_.clear();
        for (const model::Pool& pool : pools_)
            for (const model::ServiceKey& service : pool.services)
                for (const model::WatchedServer& server : pool.servers) places_.push_back({service, server.endpoint});
        const std::set<dataplane::ServerPlace> known(places_.begin(), places_.end());
        std::erase_if(totals_, [&known](const auto& entry) { return !known.contains(entry.first); });
        health::Setting setting = health::setting_of(site);
        setting.shared = vrrp::virtual_addresses_of(site.vrrp);
        open_door(site);
        thread_->configure(std::move(setting));
    }

    void set_world(const net::World& world) override {
        std::set<Address> addresses;
        for (const net::LocalAddress& local : world.addresses) addresses.insert(local.address);
        if (addresses == addresses_) return;
        addresses_ = addresses;
        thread_->set_local_addresses(std::move(addresses));
    }

    void observe_traffic() override {
        const std::vector<dataplane::ServerSigns> signs = surroundings_.signs(places_);
        for (std::size_t i = 0; i < places_.size(); ++i) {
            totals_[places_[i]].silent += signs[i].silent;
            totals_[places_[i]].reset += signs[i].reset;
        }
        std::size_t at = 0;
        for (const model::Pool& pool : pools_) {
            const std::size_t servers = pool.servers.size();
            if (judges(pool)) judge(pool, std::span(signs).subspan(at, servers * pool.services.size()), std::span(places_).subspan(at));
            at += servers * pool.services.size();
        }
    }

    void set_bfd(const std::string& session, bool up) override { thread_->set_bfd(session, up); }

    void stop() override {
        thread_->stop();
        step();
    }

    health::WorkerCounters counters() const override { return thread_->counters(); }

    api::ChecksSnapshot checks() const override {
        api::ChecksSnapshot snapshot = thread_->status();
        // The health thread tells servers pool by pool, as configured; a reload under way may have other ones.
        std::map<std::pair<std::string, std::string>, Shown> by_name;
        for (const model::Pool& pool : pools_) {
            for (const model::ServiceKey& service : pool.services) {
                for (const model::WatchedServer& server : pool.servers) {
                    Shown& shown = by_name[{health::pool_text(pool), server.endpoint.text()}];
                    shown.answers = shown.answers + surroundings_.traffic({service, server.endpoint}).answers;
                    const auto total = totals_.find({service, server.endpoint});
                    if (total == totals_.end()) continue;
                    shown.signs.silent += total->second.silent;
                    shown.signs.reset += total->second.reset;
                }
            }
        }
        for (api::ServerHealthSnapshot& server : snapshot.servers) {
            const Shown& shown = by_name[{server.pool, server.server}];
            server.silent = shown.signs.silent;
            server.reset = shown.signs.reset;
            server.answers = shown.answers;
        }
        return snapshot;
    }

 private:
    struct Shown {
        dataplane::ServerSigns signs;
        api::Answers answers;
    };

    // What traffic showed of one pool, summed over its services.
    struct Passive {
        health::PassiveMachine machine;
        std::vector<api::Traffic> before;
        std::vector<api::Answers> answers_before;
        std::set<Endpoint> ejected;
    };

    void judge(const model::Pool& pool, std::span<const dataplane::ServerSigns> signs, std::span<const dataplane::ServerPlace> places) {
        const std::size_t servers = pool.servers.size();
        const auto [entry, fresh] = passive_.try_emplace(pool.services.front(), Passive{health::PassiveMachine(servers, rules_of(pool)), std::vector<api::Traffic>(servers), std::vector<api::Answers>(servers), {}});
        Passive& passive = entry->second;
        std::vector<health::TrafficSample> samples(servers);
        std::vector<api::Traffic> now(servers);
        std::vector<api::Answers> answers(servers);
        for (std::size_t i = 0; i < signs.size(); ++i) {
            const std::size_t server = i % servers;
            const dataplane::ServerTraffic traffic = surroundings_.traffic(places[i]);
            const api::Traffic& counters = traffic.counters;
            answers[server] = answers[server] + traffic.answers;
            now[server].connections += counters.connections;
            now[server].in_packets += counters.in_packets;
            now[server].out_packets += counters.out_packets;
            samples[server].silent += signs[i].silent;
            samples[server].reset += signs[i].reset;
        }
        for (std::size_t server = 0; server < servers; ++server) {
            const api::Traffic& before = passive.before[server];
            // Counters that were zeroed count from zero.
            const auto since = [](std::uint64_t is, std::uint64_t was) { return is >= was ? is - was : is; };
            samples[server].opened = since(now[server].connections, before.connections);
            samples[server].in_packets = since(now[server].in_packets, before.in_packets);
            samples[server].out_packets = since(now[server].out_packets, before.out_packets);
            samples[server].timed = since(answers[server].timed, passive.answers_before[server].timed);
            samples[server].total_us = since(answers[server].total_us, passive.answers_before[server].total_us);
        }
        passive.before = std::move(now);
        passive.answers_before = std::move(answers);
        if (fresh) return;  // the first look is where counting begins
        for (const health::PassiveDecision& decision : passive.machine.step(samples, health::Clock::now())) {
            const Endpoint& endpoint = pool.servers[decision.server].endpoint;
            if (decision.ejected) passive.ejected.insert(endpoint);
            else passive.ejected.erase(endpoint);
            thread_->judge_passively(pool.services.front(), endpoint, decision.ejected);
        }
    }

    // Made when the first check wants it, and there until the end.
    void open_door(const model::Site& site) {
        const auto through = [](const model::Pool& pool) { return std::ranges::any_of(pool.servers, health::is_checked_through); };
        if (space_ || std::ranges::none_of(site.pools, through)) return;
        auto made = make_check_space(surroundings_.check_interface, {site.director.check_client, site.director.check_client6});
        // A machine without IPv6.
        if (!made) made = make_check_space(surroundings_.check_interface, {site.director.check_client});
        if (!made) {
            surroundings_.emit(model::event(model::EventKind::checks_refused, {made.error().sentence()}));
            return thread_->set_door({.closed = made.error().sentence()});
        }
        space_ = std::move(*made);
        health::Door door{.network_namespace = space_->network_namespace.get()};
        for (const Address& client : space_->clients) (client.is_v4() ? door.client4 : door.client6) = client;
        const auto flow_of = [ifindex = space_->ifindex, station = space_->station](const health::CheckPassage& passage) {
            return dataplane::CheckFlow{.place = {passage.service, passage.server}, .client = passage.client, .destination = passage.destination,
                                        .ifindex = ifindex, .station = station};
        };
        door.begin = [flow_of, begin = surroundings_.begin_check](const health::CheckPassage& passage) { return begin(flow_of(passage)); };
        door.end = [flow_of, end = surroundings_.end_check](const health::CheckPassage& passage) { return end(flow_of(passage)); };
        thread_->set_door(std::move(door));
    }

    // Another configuration: what traffic showed under the old one is forgotten.
    void readmit_all() {
        for (const auto& [key, passive] : passive_)
            for (const Endpoint& endpoint : passive.ejected) thread_->judge_passively(key, endpoint, std::nullopt);
        passive_.clear();
    }

    void take(health::View view) {
        const std::vector<dataplane::ServerPlace> ending = ending_places(pools_, view_, view);
        for (const health::PoolView& pool : view.pools) {
            const health::PoolView* const before = view_.find(pool.key);
            if (before == nullptr || before->quorum_up != pool.quorum_up) surroundings_.quorum(pool.name, pool.quorum_up);
        }
        view_ = view;
        surroundings_.observe(std::move(view));
        // After nothing new can be opened on them.
        if (!ending.empty()) surroundings_.end_connections(ending);
    }

    Surroundings surroundings_;
    std::unique_ptr<Mailbox> mailbox_;
    std::vector<model::Pool> pools_;
    std::vector<dataplane::ServerPlace> places_;  // of all pools: service by service, server by server
    std::map<dataplane::ServerPlace, dataplane::ServerSigns> totals_;
    std::map<model::ServiceKey, Passive> passive_;
    std::set<Address> addresses_;
    health::View view_;
    std::optional<CheckSpace> space_;
    std::unique_ptr<health::Thread> thread_;  // last: it ends before what it writes to
};

bool connections_end(const model::Pool& pool, const model::ServiceKey& service) {
    return pool.on_down != model::OnDown::keep || service.protocol == model::Protocol::udp;
}

}  // namespace

std::vector<dataplane::ServerPlace> ending_places(std::span<const model::Pool> pools, const health::View& before, const health::View& after) {
    std::map<model::ServiceKey, const health::PoolView*> seen;
    for (const health::PoolView& pool : before.pools) seen.emplace(pool.key, &pool);
    std::map<model::ServiceKey, const health::PoolView*> next;
    for (const health::PoolView& pool : after.pools) next.emplace(pool.key, &pool);
    std::vector<dataplane::ServerPlace> places;
    for (const model::Pool& pool : pools) {
        const auto old = seen.find(pool.services.front()), now = next.find(pool.services.front());
        if (old == seen.end() || now == next.end() || *old->second == *now->second) continue;
        std::set<Endpoint> up_before;
        for (const health::ServerView& server : old->second->servers)
            if (server.up) up_before.insert(server.endpoint);
        for (const health::ServerView& server : now->second->servers) {
            if (server.up || !up_before.contains(server.endpoint)) continue;
            for (const model::ServiceKey& service : pool.services)
                if (connections_end(pool, service)) places.push_back({service, server.endpoint});
        }
    }
    return places;
}

Result<std::unique_ptr<HealthSide>> HealthSide::make(Surroundings surroundings, std::uint64_t seed) {
    auto side = std::make_unique<Side>(std::move(surroundings), TRY(Mailbox::make()));
    TRY(side->start(seed));
    return side;
}

}  // namespace lvx::daemon
