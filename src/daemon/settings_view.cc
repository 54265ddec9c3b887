#include "daemon/settings_view.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "config/given.hh"
#include "layers/layers.hh"

namespace lvx::daemon {

namespace {

using model::Override;
using model::OverrideKind;

class Viewer {
 public:
    Viewer(const config::Outcome& files, const model::RunState& state, const health::View& view, const model::Cluster& effective)
        : files_(files), index_(files.site, state, view), state_(state), effective_(effective) {}

    std::vector<api::Setting> settings() && {
        add_timeouts();
        for (const model::ServiceKey& key : index_.keys()) {
            const layers::Index::Parts& parts = *index_.find(key);
            const model::Service* runs = effective_.find(key);
            if (runs != nullptr) add_service(parts, *runs);
            add_missing(key, parts, runs);
        }
        if (files_.statements != nullptr) add_given();
        return std::move(settings_);
    }

 private:
    void add(const std::string& object, std::string_view name, std::string value, std::string origin) {
        settings_.push_back({object, std::string(name), std::move(value), std::move(origin)});
    }

    // What is told of running services already, in add_service and add_server.
    static bool told(const config::Given& given) {
        constexpr std::array<std::string_view, 16> names = {
            "lvs_sched", "flag-1", "flag-2", "flag-3", "sh-port", "sh-fallback", "mh-port", "mh-fallback", "ops", "persistence_timeout",
            "persistence_granularity", "persistence_engine", "lvs_method", "weight", "uthreshold", "lthreshold"};
        return given.object.starts_with("virtual_server ") && std::ranges::find(names, given.name) != names.end();
    }

    // Everything else that the files say, or that is so because they do not.
    void add_given() {
        for (config::Given& each : config::given_values(*files_.statements)) {
            if (told(each) || each.name == "lvs_timeouts") continue;
            add(each.object.empty() ? "director" : each.object, each.name, std::move(each.value), each.place.line == 0 ? "default" : text(each.place));
        }
    }

    static std::string named(const Override& each) { return fmt::format("override {}", each.name); }

    void add_timeouts() {
        std::string origin = files_.site.cluster.timeouts == model::Timeouts{} ? "default" : "lvs_timeouts";
        for (const Override& each : state_.overrides)
            if (each.kind == OverrideKind::timeouts) origin = named(each);
        const model::Timeouts& now = effective_.timeouts;
        add("timeouts", "tcp", std::to_string(now.tcp.count()), origin);
        add("timeouts", "tcpfin", std::to_string(now.tcp_fin.count()), origin);
        add("timeouts", "udp", std::to_string(now.udp.count()), origin);
    }

    // The first of these keywords that stands in the block.
    static const config::Place* placed(const config::Origin* origin, std::initializer_list<std::string_view> keywords) {
        if (origin == nullptr) return nullptr;
        for (const std::string_view keyword : keywords)
            if (const config::Place* place = origin->find(keyword)) return place;
        return nullptr;
    }

    std::string text(const config::Place& place) const {
        return fmt::format("{}:{}", files_.sources.name(place.file), place.line);
    }

    std::string origin_of(const config::Origin* inner, const config::Origin* outer, std::initializer_list<std::string_view> keywords) const {
        if (const config::Place* place = placed(inner, keywords)) return text(*place);
        if (const config::Place* place = placed(outer, keywords)) return text(*place);
        return "default";
    }

    const config::Origin* pool_origin(const layers::Index::Parts& parts) const {
        if (parts.pool == nullptr || parts.pool->services.empty()) return nullptr;
        const auto found = files_.places.pools.find(parts.pool->services.front());
        return found == files_.places.pools.end() ? nullptr : &found->second;
    }

    const config::Origin* server_origin(const layers::Index::Parts& parts, const Endpoint& endpoint) const {
        if (parts.pool == nullptr || parts.pool->services.empty()) return nullptr;
        const auto found = files_.places.watched.find({parts.pool->services.front(), endpoint});
        return found == files_.places.watched.end() ? nullptr : &found->second;
    }

    void add_service(const layers::Index::Parts& parts, const model::Service& runs) {
        const std::string object = runs.key.text();
        const config::Origin* pool = pool_origin(parts);
        const Override* own = nullptr;
        for (const Override* each : parts.overrides)
            if (each->kind <= OverrideKind::service_removed) own = each;
        const auto origin = [&](std::initializer_list<std::string_view> keywords) {
            if (own != nullptr) return named(*own);
            if (parts.configured == nullptr) return std::string("leaving");
            return origin_of(nullptr, pool, keywords);
        };
        add(object, "scheduler", runs.scheduler, origin({"lvs_sched", "lb_algo"}));
        if (runs.scheduler_flags != 0) add(object, "flags", std::to_string(runs.scheduler_flags), origin({"flag-1", "flag-2", "flag-3", "sh-port", "sh-fallback", "mh-port", "mh-fallback"}));
        if (runs.one_packet) add(object, "one_packet", "on", origin({"ops"}));
        if (runs.persistence)
            add(object, "persistence", fmt::format("{} s /{}", runs.persistence->timeout.count(), runs.persistence->prefix), origin({"persistence_timeout", "persistence_granularity"}));
        if (!runs.persistence_engine.empty()) add(object, "persistence_engine", runs.persistence_engine, origin({"persistence_engine"}));
        for (const model::Server& server : runs.servers) add_server(parts, runs.key, server, pool);
    }

    void add_server(const layers::Index::Parts& parts, const model::ServiceKey& key, const model::Server& server, const config::Origin* pool) {
        const std::string object = fmt::format("{} {}", key.text(), server.endpoint.text());
        const config::Origin* own = server_origin(parts, server.endpoint);
        std::string value_origin, weight_origin;
        for (const Override* each : parts.overrides) {
            if (each->server != server.endpoint || each->kind <= OverrideKind::service_removed) continue;
            if (each->kind == OverrideKind::server_added || each->kind == OverrideKind::server_edited) value_origin = named(*each);
            else if (each->kind != OverrideKind::server_removed) weight_origin = named(*each);
        }
        for (const model::Leaving* each : parts.leaving)
            if (each->server.endpoint == server.endpoint) value_origin = "leaving";
        const bool sorry = parts.pool != nullptr && parts.pool->sorry && parts.pool->sorry->endpoint == server.endpoint && own == nullptr;
        if (sorry && value_origin.empty()) value_origin = origin_of(nullptr, pool, {"sorry_server"});
        const auto origin = [&](std::initializer_list<std::string_view> keywords) {
            return value_origin.empty() ? origin_of(own, pool, keywords) : value_origin;
        };
        add(object, "method", std::string(model::method_name(server.method)), origin({"lvs_method", "lb_kind"}));
        if (weight_origin.empty()) weight_origin = weight_by_health(parts, server) ? "health" : origin({"weight"});
        add(object, "weight", std::to_string(server.weight), weight_origin);
        if (server.upper_threshold != 0) add(object, "upper_threshold", std::to_string(server.upper_threshold), origin({"uthreshold"}));
        if (server.lower_threshold != 0) add(object, "lower_threshold", std::to_string(server.lower_threshold), origin({"lthreshold"}));
    }

    static const model::Server* configured(const layers::Index::Parts& parts, const Endpoint& endpoint) {
        if (parts.configured == nullptr) return nullptr;
        for (const model::Server& server : parts.configured->servers)
            if (server.endpoint == endpoint) return &server;
        return nullptr;
    }

    static bool weight_by_health(const layers::Index::Parts& parts, const model::Server& server) {
        const model::Server* file = configured(parts, server.endpoint);
        if (file == nullptr || parts.observed == nullptr || file->weight == server.weight) return false;
        for (const health::ServerView& each : parts.observed->servers)
            if (each.endpoint == server.endpoint) return each.weight == server.weight;
        return false;
    }

    // What the files say and packets do not see.
    void add_missing(const model::ServiceKey& key, const layers::Index::Parts& parts, const model::Service* runs) {
        if (parts.configured == nullptr) return;
        if (runs == nullptr) {
            for (const Override* each : parts.overrides)
                if (each->kind == OverrideKind::service_removed) add(key.text(), "state", "removed", named(*each));
            return;
        }
        for (const model::Server& server : parts.configured->servers) {
            bool there = false;
            for (const model::Server& each : runs->servers) there = there || each.endpoint == server.endpoint;
            if (there) continue;
            std::string origin = "health";
            for (const Override* each : parts.overrides)
                if ((each->kind == OverrideKind::server_removed && each->server == server.endpoint) || each->kind == OverrideKind::service_added) origin = named(*each);
            add(fmt::format("{} {}", key.text(), server.endpoint.text()), "state", origin == "health" ? "out of service" : "removed", origin);
        }
    }

    const config::Outcome& files_;
    const layers::Index index_;
    const model::RunState& state_;
    const model::Cluster& effective_;
    std::vector<api::Setting> settings_;
};

}  // namespace

std::vector<api::Setting> settings_view(const config::Outcome& files, const model::RunState& state, const health::View& view,
                                        const model::Cluster& effective) {
    return Viewer(files, state, view, effective).settings();
}

}  // namespace lvx::daemon
