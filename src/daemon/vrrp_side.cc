#include "daemon/vrrp_side.hh"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <cstdio>
#include <utility>

#include "base/ensure.hh"
#include "base/fd.hh"
#include "daemon/vrrp_view.hh"
#include "vrrp/dump.hh"

namespace lvx::daemon {

namespace {

// The file's numbers agree with notify's: both are this project's own lists.
notify::VrrpNews news_of(vrrp::Notification::News news) {
    using enum vrrp::Notification::News;
    switch (news) {
        case master: return notify::VrrpNews::master;
        case backup: return notify::VrrpNews::backup;
        case fault: return notify::VrrpNews::fault;
        case stop: return notify::VrrpNews::stop;
        case deleted: return notify::VrrpNews::deleted;
        case heard_lower_priority: return notify::VrrpNews::heard_lower_priority;
        case master_priority: return notify::VrrpNews::master_priority;
        case backup_priority: break;
    }
    return notify::VrrpNews::backup_priority;
}

::lvx::vrrp::Microseconds uptime() {
    timespec now{};
    (void)::clock_gettime(CLOCK_BOOTTIME, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::microseconds(now.tv_nsec / 1000);
}

vrrp::Settings settings_of(const model::Site& site) {
    const model::Globals& globals = site.globals;
    return {.vrrp = site.vrrp,
            .startup_delay = ::lvx::vrrp::delay_at_start(globals.vrrp_startup_delay, globals.vrrp_delay_after_boot, uptime()),
            .garp_spacing = {.arp = globals.vrrp_garp_interval, .advertisement = globals.vrrp_gna_interval, .together = {}},
            .vmac_prefix = globals.vmac_prefix,
            .vmac_address_prefix = globals.vmac_addr_prefix,
            .log_unknown_vrids = globals.log_unknown_vrids,
            .repeats_states = globals.fifo_write_vrrp_states_on_reload};
}

bool has_work(const model::Vrrp& vrrp) {
    return !vrrp.instances.empty() || !vrrp.static_addresses.empty() || !vrrp.static_routes.empty() || !vrrp.static_rules.empty();
}

// Whole or not at all: whoever reads never sees half a file.  Never through a link that somebody put into /tmp.
Result<void> replace_file(const std::string& configured, const std::string& usual, const std::string& text) {
    const std::string path = configured.empty() ? usual : configured, draft = path + ".new";
    (void)::unlink(draft.c_str());
    const Fd file(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
    if (!file.valid()) return refusal("cannot write " + draft, errno);
    if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) return refusal("cannot write " + draft, errno);
    if (::rename(draft.c_str(), path.c_str()) != 0) return refusal("cannot write " + path, errno);
    return {};
}

}  // namespace

int vrrp_json_signal() { return SIGRTMIN + 2; }
int vrrp_clear_signal() { return SIGRTMAX - 1; }

// Called from the VRRP thread only.
class VrrpSide::LeaseFence final : public ::lvx::vrrp::Fence {
 public:
    LeaseFence(dataplane::Lease lease) : lease_(lease) {}

    void guard(const std::vector<Address>& addresses) override { (void)lease_.guard(addresses); }
    void answer_until(::lvx::vrrp::Instant end) override { lease_.extend(end - ::lvx::vrrp::Clock::now()); }
    void close() override { lease_.close(); }
    [[nodiscard]] bool is_open() const override { return lease_.is_open(); }

 private:
    dataplane::Lease lease_;
};

VrrpSide::VrrpSide(Surroundings surroundings) : surroundings_(std::move(surroundings)) {
    auto news = ::lvx::vrrp::Mailbox<::lvx::vrrp::News>::make();
    ensure(news.has_value());  // an eventfd at the start of a daemon
    news_ = std::move(*news);
    if (surroundings_.lease) fence_ = std::make_unique<LeaseFence>(*surroundings_.lease);
    else fence_ = std::make_unique<::lvx::vrrp::NoFence>();
}

VrrpSide::~VrrpSide() { stop(); }

Result<void> VrrpSide::configure(const model::Site& site) {
    const model::Site before = std::exchange(site_, {});
    site_.vrrp = site.vrrp;
    site_.globals = site.globals;
    if (!has_work(site.vrrp)) {
        stop();
        status_.reset();
        // What a daemon before this one guarded is nobody's any more.
        if (surroundings_.lease) (void)surroundings_.lease->guard({});
        return {};
    }
    if (thread_ != nullptr) {
        thread_->post(::lvx::vrrp::Configure{settings_of(site)});
        return watch_tracked(before);
    }
    auto started = TRY(::lvx::vrrp::Thread::start(settings_of(site), *fence_, *news_));
    {
        const std::scoped_lock hold(line_);
        thread_ = std::move(started);
    }
    return watch_tracked(before);
}

// Started anew when what is watched changed; what is known of objects stays with the thread meanwhile.
Result<void> VrrpSide::watch_tracked(const model::Site& before) {
    const bool same = trackers_ != nullptr && before.vrrp == site_.vrrp && before.globals.script_user == site_.globals.script_user &&
                      before.globals.script_security == site_.globals.script_security;
    if (same) return {};
    trackers_.reset();
    const script::Rules rules{.user = site_.globals.script_user, .group = site_.globals.script_group, .security = site_.globals.script_security};
    trackers_ = TRY(::lvx::vrrp::Trackers::start(
        site_.vrrp, rules,
        {.observe = [this](const ::lvx::vrrp::TrackKey& key, std::int64_t value) { thread_->post(::lvx::vrrp::Observe{key, value}); },
         .emit = [this](const model::Event& event) { news_->post(event); }}));
    return {};
}

void VrrpSide::step() {
    for (::lvx::vrrp::News& news : news_->take()) {
        if (auto* event = std::get_if<model::Event>(&news)) surroundings_.emit(*event);
        if (auto* notification = std::get_if<::lvx::vrrp::Notification>(&news)) take(*notification);
        if (auto* status = std::get_if<::lvx::vrrp::Status>(&news)) status_ = std::move(*status);
    }
}

void VrrpSide::take(const ::lvx::vrrp::Notification& notification) {
    const bool group = notification.subject == ::lvx::vrrp::Notification::Subject::group;
    surroundings_.notify(notify::VrrpNotice{.subject = group ? notify::Subject::group : notify::Subject::instance,
                                            .name = notification.name,
                                            .news = news_of(notification.news),
                                            .priority = notification.priority,
                                            .how = notification.how});
}

void VrrpSide::observe_service(const std::string& name, bool up) {
    if (thread_) thread_->post(::lvx::vrrp::Observe{{::lvx::vrrp::TrackKind::service, name}, up ? 1 : 0});
}

void VrrpSide::observe_bfd(const std::string& session, bool up) {
    const std::scoped_lock hold(line_);
    if (thread_) thread_->post(::lvx::vrrp::Observe{{::lvx::vrrp::TrackKind::bfd, session}, up ? 1 : 0});
}

void VrrpSide::peer_dead(const std::string& session) {
    const std::scoped_lock hold(line_);
    if (thread_) thread_->post(::lvx::vrrp::PeerDead{session});
}

api::VrrpSnapshot VrrpSide::vrrp() const { return status_ ? snapshot_of(*status_, ::lvx::vrrp::Clock::now()) : api::VrrpSnapshot{}; }

std::expected<void, api::Problem> VrrpSide::failover(const api::VrrpOrder& order, const std::string& by) {
    const auto named = [&](const auto& instance) { return instance.name == order.instance; };
    const auto found = status_ ? std::ranges::find_if(status_->instances, named) : decltype(status_->instances)::iterator{};
    if (!status_ || found == status_->instances.end())
        return std::unexpected(api::Problem{.title = "Not Found", .status = 404, .detail = "there is no vrrp_instance " + order.instance, .code = "no_such_instance"});
    if (found->state != ::lvx::vrrp::State::master)
        return std::unexpected(api::Problem{.title = "Conflict", .status = 409, .detail = "this director is not master of " + order.instance, .code = "not_master",
                                            .hint = "ask the director that is"});
    thread_->post(::lvx::vrrp::Failover{order.instance, by});
    return {};
}

std::expected<void, api::Problem> VrrpSide::standby(const api::VrrpOrder& order, const std::string& by) {
    if (site_.vrrp.instances.empty()) return std::unexpected(api::Problem{.title = "Conflict", .status = 409, .detail = "no vrrp_instance is configured", .code = "no_vrrp"});
    thread_->post(::lvx::vrrp::SetStandby{order.on ? ::lvx::vrrp::Standby::on : ::lvx::vrrp::Standby::off, by});
    return {};
}

bool VrrpSide::dump(int signal) {
    const bool clears = signal == vrrp_clear_signal();
    if (signal != SIGUSR1 && signal != SIGUSR2 && signal != vrrp_json_signal() && !clears) return false;
    if (!status_) return true;
    const ::lvx::vrrp::Moment now{std::chrono::system_clock::now(), ::lvx::vrrp::Clock::now()};
    const model::Globals& globals = site_.globals;
    Result<void> written;
    if (signal == SIGUSR1) written = replace_file(globals.state_dump_file, "/tmp/keepalived.data", data_dump(site_.vrrp, *status_, now));
    else if (signal == vrrp_json_signal()) written = replace_file(globals.json_dump_file, "/tmp/keepalived.json", json_dump(site_.vrrp, *status_, now, globals.json_version));
    else written = replace_file(globals.stats_dump_file, "/tmp/keepalived.stats", stats_dump(*status_));
    if (!written) surroundings_.emit(model::event(model::EventKind::vrrp_trouble, {written.error().sentence()}));
    if (clears && thread_) thread_->post(::lvx::vrrp::ClearCounters{});
    return true;
}

void VrrpSide::stop() {
    if (!thread_) return;
    thread_->stop();  // first of all: the other director waits for its resignation
    trackers_.reset();
    step();
    const std::scoped_lock hold(line_);
    thread_.reset();
}

}  // namespace lvx::daemon
