// Synchronisation in the daemon: what the configuration, operators and virtual routers say about it, handed to the
// engine's thread; what the thread tells, as snapshot and events.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/sync.hh"
#include "dataplane/dataplane.hh"
#include "model/event.hh"
#include "model/site.hh"
#include "sync/engine_driver.hh"

namespace lvx::daemon {

class SyncSide : public api::SyncDesk {
 public:
    // A data plane without a table in memory synchronises nothing.
    SyncSide(dataplane::Dataplane& dataplane, model::EmitEvent emit);
    ~SyncSide() override;

    // At the start and after each change of the configuration.
    void take_site(const model::Site& site);
    // Whether a virtual router is master now.
    void router_state(const std::string& instance, bool master);
    // Every so often: events of the thread become events of the daemon.
    void work();
    // Every peer that is there has told its whole table: a virtual router may ask for its address.
    [[nodiscard]] bool learned() const;

    [[nodiscard]] api::SyncSnapshot sync() const override;
    [[nodiscard]] std::expected<void, api::Problem> start_daemon(const api::SyncDaemonRequest& request) override;
    [[nodiscard]] std::expected<void, api::Problem> stop_daemon(const api::SyncDaemonRequest& request) override;

 private:
    [[nodiscard]] sync::KernelSettings following(sync::KernelSettings settings) const;
    [[nodiscard]] Result<void> use(const sync::KernelSettings& settings);
    void refuse(const std::string& what, const Error& error);
    [[nodiscard]] std::string role() const;

    model::EmitEvent emit_;
    std::optional<model::StateSync> stream_;
    std::optional<model::SyncDaemon> configured_;
    sync::KernelSettings kernel_;
    std::map<std::string, bool> routers_;
    std::unique_ptr<sync::Engine> engine_;
};

}  // namespace lvx::daemon
