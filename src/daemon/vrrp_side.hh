// The daemon's end of the VRRP thread: hands it the configuration and operators' wishes, and what it tells to the log, to
// scripts, FIFO and mail, and to whoever asks.  Belongs to the daemon's loop.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "api/vrrp.hh"
#include "dataplane/lease.hh"
#include "model/event.hh"
#include "model/site.hh"
#include "notify/notice.hh"
#include "vrrp/thread.hh"
#include "vrrp/trackers_driver.hh"

namespace lvx::daemon {

// Their numbers as keepalived has them.
[[nodiscard]] int vrrp_json_signal();
[[nodiscard]] int vrrp_clear_signal();

class VrrpSide final : public api::VrrpDesk {
 public:
    struct Surroundings {
        std::optional<dataplane::Lease> lease;
        model::EmitEvent emit;
        std::function<void(notify::Notice)> notify;
    };

    explicit VrrpSide(Surroundings surroundings);
    ~VrrpSide() override;

    // Readable when step() has something to do.
    [[nodiscard]] int fd() const { return news_->fd(); }
    void step();

    // Starts the thread with the first instance, stops it with the last.
    [[nodiscard]] Result<void> configure(const model::Site& site);
    // A service's quorum, for track_service.
    void observe_service(const std::string& name, bool up);
    // From every thread: a BFD session, for track_bfd; and one whose neighbour is dead, for fast_peer.
    void observe_bfd(const std::string& session, bool up);
    void peer_dead(const std::string& session);
    [[nodiscard]] api::VrrpSnapshot vrrp() const override;
    [[nodiscard]] std::expected<void, api::Problem> failover(const api::VrrpOrder& order, const std::string& by) override;
    [[nodiscard]] std::expected<void, api::Problem> standby(const api::VrrpOrder& order, const std::string& by) override;
    // keepalived's signals: state, counters, JSON into its files; false: it is none of them.
    bool dump(int signal);
    // Orderly.
    void stop();

    // As last told, at most a second ago; nothing when no instance is configured.
    [[nodiscard]] const std::optional<::lvx::vrrp::Status>& status() const { return status_; }
    [[nodiscard]] const model::Vrrp& configuration() const { return site_.vrrp; }
    [[nodiscard]] const model::Globals& globals() const { return site_.globals; }

 private:
    class LeaseFence;
    void take(const ::lvx::vrrp::Notification& notification);
    [[nodiscard]] Result<void> watch_tracked(const model::Site& before);

    Surroundings surroundings_;
    std::unique_ptr<::lvx::vrrp::Mailbox<::lvx::vrrp::News>> news_;
    std::unique_ptr<::lvx::vrrp::Fence> fence_;
    std::mutex line_;  // held to change thread_, and to use it from other threads than the loop's
    std::unique_ptr<::lvx::vrrp::Thread> thread_;
    model::Site site_;  // without its services
    std::optional<::lvx::vrrp::Status> status_;
    std::unique_ptr<::lvx::vrrp::Trackers> trackers_;  // goes first: it posts to the thread
};

}  // namespace lvx::daemon
