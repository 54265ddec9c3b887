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

namespace lvx::daemon {

namespace {

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
        pools_ = site.pools;
        thread_->configure(health::setting_of(site));
    }

    void set_world(const net::World& world) override {
        std::set<Address> addresses;
        for (const net::LocalAddress& local : world.addresses) addresses.insert(local.address);
        if (addresses == addresses_) return;
        addresses_ = addresses;
        thread_->set_local_addresses(std::move(addresses));
    }

    void set_bfd(const std::string& session, bool up) override { thread_->set_bfd(session, up); }

    void stop() override {
        thread_->stop();
        step();
    }

    api::ChecksSnapshot checks() const override { return thread_->status(); }

 private:
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
    std::set<Address> addresses_;
    health::View view_;
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
