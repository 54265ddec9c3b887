// The daemon's event loop: everything it owns, and who wakes whom.
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <csignal>
#include <memory>
#include <optional>

#include "api/http_server.hh"
#include "daemon/bfd_side.hh"
#include "daemon/event_desk.hh"
#include "daemon/check_space.hh"
#include "daemon/health_side.hh"
#include "daemon/life_script.hh"
#include "daemon/live_director.hh"
#include "daemon/marks_side.hh"
#include "daemon/notify.hh"
#include "daemon/work_view.hh"
#include "daemon/outside.hh"
#include "daemon/reload_files.hh"
#include "daemon/serve.hh"
#include "daemon/sync_side.hh"
#include "daemon/vrrp_side.hh"
#include "net/watcher.hh"
#include "notify/messenger.hh"

namespace lvx::daemon {

namespace {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;
using std::chrono::steady_clock;

constexpr std::chrono::milliseconds sweep_period{10};
constexpr std::chrono::seconds sample_period{Estimator::period_s};
constexpr std::chrono::seconds ready_patience{1};  // a real server that is off must not hold up the others
constexpr std::chrono::milliseconds learning_patience{3000};  // a peer that is off must not hold up the address for ever
constexpr std::chrono::milliseconds gathering{2};  // netlink news come in swarms: one step for all of them

// Everything the daemon owns, in the order in which it must go away again.
class Loop {
 public:
    Loop(const Options& options, log::Log& log, StateStore store, Beginning beginning, std::unique_ptr<dataplane::Dataplane> dataplane,
         net::Watcher watcher);

    [[nodiscard]] Result<void> open();
    void run();
    // After a refused open(): what an earlier daemon left goes on, what this one made goes away.
    void give_up();

 private:
    void await_network();
    void await_signal();
    [[nodiscard]] Result<void> open_health();
    void await_health();
    void await_vrrp();
    void await_sweep();
    void await_sample();
    void take_network_news();
    void refresh_soon();
    void refresh();
    void announce_when_ready();
    void announce();
    void reload(const std::string& who);
    // Everything that lives by the configuration is told here: at the start, and after each change.
    void take_site(const model::Site& site);
    void begin_routers();
    void tell_routers();
    void tell(const model::Event& event);
    void end(api::StopKind kind);

    Options options_;
    log::Log& log_;
    asio::io_context context_{1};
    StateStore store_;
    std::unique_ptr<dataplane::Dataplane> dataplane_;
    net::Watcher watcher_;
    Notifier notifier_;
    EventDesk events_;
    SyncSide sync_;
    VrrpSide vrrp_;
    MarksSide marks_;
    LiveDirector director_;
    std::unique_ptr<notify::Messenger> messenger_;
    std::unique_ptr<HealthSide> health_;
    BfdSide bfd_;
    asio::posix::stream_descriptor health_news_;
    std::unique_ptr<api::HttpServer> server_;
    asio::posix::stream_descriptor network_, vrrp_news_;
    asio::signal_set signals_;
    asio::steady_timer refresh_timer_, sweep_timer_, sample_timer_, ready_timer_;
    std::optional<net::Instant> refresh_at_;
    std::optional<api::StopKind> ending_;
    bool serving_ = false, announced_ = false;
    std::optional<model::Site> routers_;    // what virtual routers are still to be told
    net::Instant routers_wait_until_;
    bool routers_begun_ = false;
    ReloadTimeFile reload_time_file_{log_};
};

Loop::Loop(const Options& options, log::Log& log, StateStore store, Beginning beginning, std::unique_ptr<dataplane::Dataplane> dataplane,
           net::Watcher watcher)
    : options_(options),
      log_(log),
      store_(std::move(store)),
      dataplane_(std::move(dataplane)),
      watcher_(std::move(watcher)),
      notifier_(notify_socket()),
      events_(log_),
      sync_(*dataplane_, [this](const model::Event& event) { tell(event); }),
      vrrp_({.lease = dataplane_->lease(),
             .emit = [this](const model::Event& event) { tell(event); },
             .notify = [this](notify::Notice notice) { messenger_->tell(std::move(notice)); }}),
      marks_({.settings = mark_settings(), .now = [] { return steady_clock::now(); },
              .post = [this](std::function<void()> work) { asio::post(context_, std::move(work)); },
              .observed = [this](model::MarkMembers members) { director_.marks_observed(std::move(members)); },
              .cluster = [this]() -> const model::Cluster& { return director_.cluster(); },
              .emit = [this](const model::Event& event) { tell(event); }, .news = [this] { if (server_) server_->news(); }}),
      director_({.dataplane = *dataplane_,
                 .log = log_,
                 .world = watcher_.world(),
                 .store = store_,
                 .readers = readers_for(options_, Tolerance::none),
                 .solicit = [this](std::span<const net::Solicitation> list) { watcher_.solicit(list); },
                 .now = [] { return steady_clock::now(); },
                 .wall = wall_now,
                 .emit = [this](const model::Event& event) { tell(event); },
                 .site_changed = [this](const model::Site& site) { take_site(site); },
                 .changed = [this] { refresh_soon(); },
                 .stop = [this](api::StopKind kind) { end(kind); },
                 .sync = &sync_,
                 .vrrp = &vrrp_,
                 .marks = &marks_,
                 .events = &events_.ring(),
                 .checks = [this] { return health_->checks(); },
                 .bfd = [this] { return bfd_.sessions(); },
                 .work = [this] { return work_counts(health_->counters(), messenger_->counters(), bfd_.refused()); }},
                identity_of(options), {.interfaces = options.interfaces, .hook = options.hook, .check_interface = check_interface(options.instance)},
                std::move(beginning)),
      bfd_({.to_routers = [this](const std::string& session, bool up) { vrrp_.observe_bfd(session, up); },
            .to_checks = [this](const std::string& session, bool up) { health_->set_bfd(session, up); },
            .peer_dead = [this](const std::string& session) { vrrp_.peer_dead(session); },
            .emit = [this](const model::Event& event) { asio::post(context_, [this, event] { tell(event); }); }}),
      health_news_(context_),
      network_(context_),
      vrrp_news_(context_),
      signals_(context_),
      refresh_timer_(context_),
      sweep_timer_(context_),
      sample_timer_(context_),
      ready_timer_(context_) {}

Result<void> Loop::open() {
    if (const auto failed = run_startup_script(director_.site().globals)) tell(*failed);
    ErrorCode error;
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, vrrp_json_signal(), vrrp_clear_signal()})
        if (signals_.add(signal, error)) return refusal("cannot take signals", error.value());
    network_.assign(watcher_.fd(), error);
    if (error) return refusal("cannot wait for netlink", error.value());
    vrrp_news_.assign(vrrp_.fd(), error);
    if (error) return refusal("cannot wait for the VRRP thread", error.value());
    // Nobody is answered before the loop runs, but a busy socket is known before packets are touched.
    server_ = TRY(api::HttpServer::listen(context_, director_, options_.socket, api::ServerLimits{}));
    TRY(open_health());
    TRY(director_.start());
    refresh();
    return {};
}

// Checks begin with the first configuration.  Whatever they and notifications tell comes back to this loop.
Result<void> Loop::open_health() {
    const notify::Settings quiet = notify::settings_of(model::Globals{}, host_name_up_to_dot());
    messenger_ = TRY(notify::Messenger::start(quiet, script::Rules{}, notify::Bounds{}, [this](const model::Event& event) {
        asio::post(context_, [this, event] { tell(event); });
    }));
    health_ = TRY(HealthSide::make({.observe = [this](health::View view) { director_.observe(std::move(view)); },
                                    .end_connections = [this](std::span<const dataplane::ServerPlace> places) { dataplane_->end_connections(places); },
                                    .signs = [this](std::span<const dataplane::ServerPlace> places) { return dataplane_->signs(places); },
                                    .traffic = [this](const dataplane::ServerPlace& place) { return dataplane_->server_traffic(place.service, place.server); },
                                    .quorum = [this](const std::string& pool, bool up) { vrrp_.observe_service(pool, up); },
                                    .emit = [this](const model::Event& event) { tell(event); },
                                    .notify = [this](notify::Notice notice) { messenger_->tell(std::move(notice)); },
                                    .check_interface = check_interface(options_.instance),
                                    .begin_check = [this](const dataplane::CheckFlow& flow) { return dataplane_->begin_check(flow); },
                                    .end_check = [this](const dataplane::CheckFlow& flow) { return dataplane_->end_check(flow); }},
                                   std::random_device{}()));
    ErrorCode error;
    health_news_.assign(health_->fd(), error);
    if (error) return refusal("cannot wait for checks", error.value());
    return {};
}

void Loop::await_health() {
    health_news_.async_wait(asio::posix::stream_descriptor::wait_read, [this](const ErrorCode& error) {
        if (error) return;
        health_->step();
        await_health();
    });
}

void Loop::run() {
    await_network();
    await_vrrp();
    await_signal();
    await_health();
    await_sweep();
    await_sample();
    announce_when_ready();
    context_.run();
    if (const auto failed = run_shutdown_script(director_.site().globals)) tell(*failed);
    (void)network_.release();  // the watcher's
    (void)vrrp_news_.release();
    (void)health_news_.release();  // health's
    if (ending_ == api::StopKind::stop_forwarding) dataplane_->stop();
    log_.notice(ending_ == api::StopKind::stop_forwarding ? "ended; forwarding is off" : "ended; forwarding goes on", {});
}

// Whoever waits for READY may send traffic at once: no first packet shall be lost to a neighbour not yet resolved.
void Loop::announce_when_ready() {
    serving_ = true;
    ready_timer_.expires_after(ready_patience);
    ready_timer_.async_wait([this](const ErrorCode& error) {
        if (!error) announce();
    });
    if (director_.ways_are_known()) announce();
}

void Loop::announce() {
    if (announced_) return;
    announced_ = true;
    ready_timer_.cancel();
    tell(model::event(model::EventKind::started, {LVX_VERSION}));
    log_.notice("ready: " + director_.summary(), {{"socket", options_.socket}, {"instance", options_.instance}});
    notifier_.ready(director_.summary());
}

void Loop::give_up() {
    (void)network_.release();
    (void)vrrp_news_.release();
    if (health_news_.is_open()) (void)health_news_.release();
    if (!dataplane_->adopted()) dataplane_->stop();
}

void Loop::await_network() {
    network_.async_wait(asio::posix::stream_descriptor::wait_read, [this](const ErrorCode& error) {
        if (error) return;
        take_network_news();
        await_network();
    });
}

void Loop::take_network_news() {
    const std::uint64_t overruns = watcher_.overruns();
    const Result<bool> changed = watcher_.drain();
    if (!changed) log_.error(changed.error().sentence(), {});
    if (watcher_.overruns() != overruns)
        log_.warning("the kernel dropped netlink messages; everything was read again", {{"times", std::to_string(watcher_.overruns())}});
    if (changed && *changed) refresh_soon();
}

void Loop::await_vrrp() {
    vrrp_news_.async_wait(asio::posix::stream_descriptor::wait_read, [this](const ErrorCode& error) {
        if (error) return;
        vrrp_.step();
        tell_routers();
        await_vrrp();
    });
}

void Loop::await_signal() {
    signals_.async_wait([this](const ErrorCode& error, int signal) {
        if (error) return;
        if (signal == SIGHUP) reload("SIGHUP");
        else if (!vrrp_.dump(signal)) end(options_.on_exit);
        if (!ending_) await_signal();
    });
}

void Loop::await_sweep() {
    sweep_timer_.expires_after(sweep_period);
    sweep_timer_.async_wait([this](const ErrorCode& error) {
        if (error) return;
        dataplane_->sweep();
        sync_.work();
        begin_routers();
        if (reload_time_file_.due(steady_clock::now(), wall_now())) reload("reload_time_file");
        await_sweep();
    });
}

void Loop::await_sample() {
    sample_timer_.expires_after(sample_period);
    sample_timer_.async_wait([this](const ErrorCode& error) {
        if (error) return;
        director_.sample();
        health_->observe_traffic();
        await_sample();
    });
}

void Loop::refresh_soon() {
    if (ending_) return;
    const net::Instant at = steady_clock::now() + gathering;
    if (refresh_at_ && *refresh_at_ <= at) return;
    refresh_at_ = at;
    refresh_timer_.expires_at(at);
    refresh_timer_.async_wait([this](const ErrorCode& error) {
        if (!error) refresh();
    });
}

void Loop::refresh() {
    const std::string summary = director_.summary();
    refresh_at_ = director_.refresh();
    health_->set_world(watcher_.world());
    marks_.follow_services();
    if (serving_ && director_.ways_are_known()) announce();
    if (director_.summary() != summary) notifier_.status(director_.summary());
    if (!refresh_at_) return;
    refresh_timer_.expires_at(*refresh_at_);
    refresh_timer_.async_wait([this](const ErrorCode& error) {
        if (!error) refresh();
    });
}

void Loop::reload(const std::string& who) {
    const auto now = steady_clock::now().time_since_epoch();
    notifier_.reloading(static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(now).count()));
    director_.asked_by(who);
    const api::ReloadOutcome outcome = director_.reload();
    notifier_.ready(outcome.applied ? director_.summary() : "reload refused; " + director_.summary());
}

void Loop::take_site(const model::Site& site) {
    sync_.take_site(site);
    dataplane_->set_templates(site.director.expire_quiescent_template ? dataplane::QuiescentServers::left : dataplane::QuiescentServers::followed);
    reload_time_file_.configure(site.globals);
    messenger_->configure(notify::settings_of(site.globals, host_name_up_to_dot()), health::setting_of(site).rules);
    health_->configure(site);
    routers_ = site;
    routers_wait_until_ = steady_clock::now() + (routers_begun_ ? std::chrono::milliseconds{0} : learning_patience);
    begin_routers();
    if (const Result<void> configured = bfd_.configure(site.vrrp); !configured) log_.error(configured.error().sentence(), {{"hint", configured.error().hint}});
}

// A director that returns learns the others' connections before it asks for their address.
void Loop::begin_routers() {
    if (!routers_ || (!routers_begun_ && !sync_.learned() && steady_clock::now() < routers_wait_until_)) return;
    routers_begun_ = true;
    const model::Site site = *std::exchange(routers_, std::nullopt);
    if (const Result<void> configured = vrrp_.configure(site); !configured) log_.error(configured.error().sentence(), {{"hint", configured.error().hint}});
    bfd_.tell_again();
}

void Loop::tell_routers() {
    if (!vrrp_.status()) return;
    for (const api::VrrpInstanceSnapshot& instance : vrrp_.vrrp().instances) sync_.router_state(instance.name, instance.state == "MASTER");
}

void Loop::tell(const model::Event& event) {
    events_.tell(event);
    if (server_) server_->news();
}

// A second request changes nothing.  Answers under way are finished: the loop ends when nothing is left to do.
void Loop::end(api::StopKind kind) {
    if (ending_) return;
    ending_ = kind;
    tell(model::event(model::EventKind::stopping, {kind == api::StopKind::keep_forwarding ? "forwarding goes on" : "forwarding ends"}));
    vrrp_.stop();
    notifier_.stopping();
    server_->close();
    ErrorCode ignored;
    network_.cancel(ignored);
    vrrp_news_.cancel(ignored);
    health_news_.cancel(ignored);
    health_->stop();
    (void)messenger_->drain(notify::stop_patience);
    signals_.cancel(ignored);
    for (asio::steady_timer* timer : {&refresh_timer_, &sweep_timer_, &sample_timer_, &ready_timer_}) timer->cancel();
}

}  // namespace

Result<void> serve(const Options& options, log::Log& log, StateStore store, Beginning beginning,
                   std::unique_ptr<dataplane::Dataplane> dataplane, net::Watcher watcher) {
    Loop loop(options, log, std::move(store), std::move(beginning), std::move(dataplane), std::move(watcher));
    if (auto opened = loop.open(); !opened) {
        loop.give_up();
        return opened;
    }
    loop.run();
    return {};
}

}  // namespace lvx::daemon
