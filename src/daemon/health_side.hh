// The daemon's end of the health thread: hands it the configuration and local addresses, and brings what it finds to the
// data plane, the log, scripts, FIFO and mail.  Belongs to the daemon's loop.
//
// Views overwrite each other until the loop takes one, so a loop that is busy falls behind by time, never by memory.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string>

#include "api/snapshot.hh"
#include "dataplane/dataplane.hh"
#include "health/thread.hh"
#include "model/event.hh"
#include "model/site.hh"
#include "net/world.hh"
#include "notify/notice.hh"

namespace lvx::daemon {

// Servers whose connections end between two views: down now and up before, where the configuration wants it or where the
// service is UDP, whose datagrams go elsewhere at once.
[[nodiscard]] std::vector<dataplane::ServerPlace> ending_places(std::span<const model::Pool> pools, const health::View& before,
                                                                const health::View& after);

class HealthSide {
 public:
    struct Surroundings {
        std::function<void(health::View)> observe;
        std::function<void(std::span<const dataplane::ServerPlace>)> end_connections;
        std::function<std::vector<dataplane::ServerSigns>(std::span<const dataplane::ServerPlace>)> signs;
        std::function<dataplane::ServerTraffic(const dataplane::ServerPlace&)> traffic;
        std::function<void(const std::string& pool, bool up)> quorum;  // of a pool, by its name: track_service
        model::EmitEvent emit;
        std::function<void(notify::Notice)> notify;                     // from the health thread
        std::string check_interface;                                    // the director's end of the checks' pair
        // Of Dataplane; from the health thread.
        std::function<Result<void>(const dataplane::CheckFlow&)> begin_check;
        std::function<bool(const dataplane::CheckFlow&)> end_check;
    };

    [[nodiscard]] static Result<std::unique_ptr<HealthSide>> make(Surroundings surroundings, std::uint64_t seed);
    virtual ~HealthSide() = default;

    // Readable when step() has something to do.
    [[nodiscard]] virtual int fd() const = 0;
    virtual void step() = 0;

    virtual void configure(const model::Site& site) = 0;
    virtual void set_world(const net::World& world) = 0;
    virtual void set_bfd(const std::string& session, bool up) = 0;
    // Looks at what traffic shows of the servers; every other second.
    virtual void observe_traffic() = 0;
    // Tells what omega wants told; after it nothing is checked.
    virtual void stop() = 0;

    [[nodiscard]] virtual api::ChecksSnapshot checks() const = 0;
    [[nodiscard]] virtual health::WorkerCounters counters() const = 0;
};

}  // namespace lvx::daemon
