#include "daemon/plan_lines.hh"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "plan/plan.hh"

namespace lvx::daemon {

namespace {

using Count = std::function<std::uint64_t(const layers::ServerName&)>;

std::string plural(std::uint64_t number, std::string_view what) { return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s"); }

std::string seconds_text(std::chrono::seconds time) {
    if (time.count() % 3600 == 0) return fmt::format("{} h", time.count() / 3600);
    if (time.count() % 60 == 0) return fmt::format("{} m", time.count() / 60);
    return fmt::format("{} s", time.count());
}

class Planner {
 public:
    Planner(const Side& before, const Side& after, const Count& connections) : before_(before), after_(after), count_(connections) {
        for (const model::Leaving& each : after.state.leaving) leaving_[{each.service.key, each.server.endpoint}] = &each;
        for (const model::Leaving& each : before.state.leaving) left_before_[{each.service.key, each.server.endpoint}] = &each;
        for (const model::Pool& pool : after.site.pools)
            for (const model::ServiceKey& key : pool.services) pools_[key] = &pool;
        for (const model::Service& service : before.cluster.services) services_[service.key] = &service;
        for (const model::Service& service : after.site.cluster.services) configured_[service.key] = &service;
    }

    std::vector<api::PlanLine> lines() && {
        const std::vector<plan::Step> steps = plan::diff(before_.cluster, after_.cluster);
        for (const plan::Step& step : steps)
            if (const auto* removed = std::get_if<plan::RemoveServer>(&step)) removed_[{removed->key, removed->endpoint}] = true;
        for (const plan::Step& step : steps) std::visit([this](const auto& each) { add(each); }, step);
        add_checks();
        add_routers();
        return std::move(lines_);
    }

 private:
    void line(std::string sign, std::string what, std::string change, std::string effect) {
        lines_.push_back({.sign = std::move(sign), .what = std::move(what), .change = std::move(change), .effect = std::move(effect)});
    }

    static std::string server_text(const layers::ServerName& name) { return fmt::format("server {} of {}", name.server.text(), name.service.text()); }

    void add(const plan::AddService& step) { line("+", "service " + step.service.key.text(), "scheduler " + step.service.scheduler, ""); }

    void add(const plan::RemoveService& step) {
        std::uint64_t live = 0;
        for (const model::Server& server : services_.at(step.key)->servers) live += count_({step.key, server.endpoint});
        line("-", "service " + step.key.text(), plural(live, "connection"), live == 0 ? "removed at once" : "removed at once: they are cut");
        lines_.back().connections = lines_.back().cut = live;
    }

    void add(const plan::ChangeService& step) {
        std::string text = plan::explain({step});
        text = text.substr(text.find(": ") + 2);
        text.pop_back();
        line("~", "service " + step.after.key.text(), text, "existing connections keep their server");
    }

    void add(const plan::AddServer& step) {
        const layers::ServerName name{step.key, step.server.endpoint};
        const std::string value = fmt::format("{}, weight {}", model::method_name(step.server.method), step.server.weight);
        if (const auto leaves = leaving_.find(name); leaves != leaving_.end() && !left_before_.contains(name)) return drains(name, *leaves->second);
        if (removed_.contains(name)) return line(">", server_text(name), "moves behind those added before it", "its connections stay");
        const auto pool = pools_.find(step.key);
        std::string effect = "takes connections at once";
        if (pool != pools_.end() && pool->second->slow_start.count() != 0)
            effect = "slow start over " + seconds_text(pool->second->slow_start);
        line("+", server_text(name), value, effect);
    }

    void add(const plan::RemoveServer& step) {
        const layers::ServerName name{step.key, step.endpoint};
        const model::Service* service = after_.cluster.find(step.key);
        if (service != nullptr && std::ranges::find(service->servers, step.endpoint, &model::Server::endpoint) != service->servers.end()) return;
        const std::uint64_t live = count_(name);
        line("-", server_text(name), plural(live, "connection"), live == 0 ? "removed at once" : "removed at once: they are cut");
        lines_.back().connections = lines_.back().cut = live;
    }

    void add(const plan::ChangeServer& step) {
        const layers::ServerName name{step.key, step.after.endpoint};
        const auto leaves = leaving_.find(name);
        if (leaves != leaving_.end() && !left_before_.contains(name)) return drains(name, *leaves->second);
        std::string text = plan::explain({step});
        text = text.substr(text.find(": ") + 2);
        text.pop_back();
        line("~", server_text(name), text, "existing connections stay");
        lines_.back().connections = count_(name);
    }

    void drains(const layers::ServerName& name, const model::Leaving& leaving) {
        const std::uint64_t live = count_(name);
        std::string effect = "no new connections; removed when they ended";
        if (live == 0) effect = "removed";
        else if (leaving.until) effect = fmt::format("drained for up to {}, then removed", seconds_text(*leaving.until - leaving.since));
        const bool service_goes = !configured_.contains(name.service);
        line("-", server_text(name), plural(live, "connection"), effect + (service_goes ? "; the service goes with its last server" : ""));
        lines_.back().connections = live;
    }

    void add(const plan::SetMarks& step) {
        std::string text = plan::explain({step});
        text = text.substr(text.find(": ") + 2);
        text.pop_back();
        line("~", "packets of firewall marks", text, "existing connections go on");
    }

    void add(const plan::SetTimeouts& step) {
        line("~", "timeouts", fmt::format("tcp {} tcpfin {} udp {}", step.after.tcp.count(), step.after.tcp_fin.count(), step.after.udp.count()), "");
    }

    // Checks that change start anew; those that did not go on.
    void add_checks() {
        std::map<std::pair<std::string, model::ServiceKey>, const model::Pool*> old;
        for (const model::Pool& pool : before_.site.pools)
            if (!pool.services.empty()) old[{pool.group, pool.services.front()}] = &pool;
        for (const model::Pool& pool : after_.site.pools) {
            if (pool.services.empty()) continue;
            const auto found = old.find({pool.group, pool.services.front()});
            if (found == old.end() || *found->second == pool) continue;
            add_checks(*found->second, pool);
        }
    }

    void add_checks(const model::Pool& before, const model::Pool& after) {
        for (const model::WatchedServer& server : after.servers) {
            const auto was = std::ranges::find(before.servers, server.endpoint, &model::WatchedServer::endpoint);
            if (was == before.servers.end() || was->checks == server.checks) continue;
            line("~", fmt::format("checks of {} of {}", server.endpoint.text(), after.name),
                 fmt::format("{} -> {}", plural(was->checks.size(), "check"), server.checks.size()), "those that changed start anew");
        }
        if (before.quorum != after.quorum || before.hysteresis != after.hysteresis)
            line("~", "quorum of " + after.name, fmt::format("{} hysteresis {} -> {} hysteresis {}", before.quorum, before.hysteresis, after.quorum, after.hysteresis), "");
        if (before.sorry != after.sorry) line("~", "sorry server of " + after.name, after.sorry ? after.sorry->endpoint.text() : "none", "");
    }

    void add_routers() {
        std::map<std::string, const model::VrrpInstance*> old, now;
        for (const model::VrrpInstance& each : before_.site.vrrp.instances) old[each.name] = &each;
        for (const model::VrrpInstance& each : after_.site.vrrp.instances) now[each.name] = &each;
        for (const auto& [name, each] : old)
            if (!now.contains(name)) line("-", "vrrp " + name, "", "gives its addresses up");
        for (const auto& [name, each] : now) {
            const auto was = old.find(name);
            if (was == old.end()) line("+", "vrrp " + name, fmt::format("vrid {} priority {}", each->vrid, each->priority), "starts as backup");
            else if (*was->second != *each) line("!", "vrrp " + name, router_change(*was->second, *each), "another director may become master");
        }
    }

    static std::string router_change(const model::VrrpInstance& before, const model::VrrpInstance& after) {
        if (before.priority != after.priority) return fmt::format("priority {} -> {}", before.priority, after.priority);
        if (before.vrid != after.vrid) return fmt::format("vrid {} -> {}", before.vrid, after.vrid);
        if (before.addresses != after.addresses) return "addresses change";
        return "settings change";
    }

    const Side &before_, &after_;
    const Count& count_;
    std::map<layers::ServerName, const model::Leaving*> leaving_, left_before_;
    std::map<model::ServiceKey, const model::Pool*> pools_;
    std::map<model::ServiceKey, const model::Service*> services_, configured_;
    std::map<layers::ServerName, bool> removed_;
    std::vector<api::PlanLine> lines_;
};

}  // namespace

std::vector<api::PlanLine> plan_lines(const Side& before, const Side& after, const Count& connections) {
    return Planner(before, after, connections).lines();
}

std::vector<std::string> restart_lines(const model::DirectorSettings& before, const model::DirectorSettings& after) {
    std::vector<std::string> lines;
    const auto compare = [&](std::string_view name, std::uint32_t was, std::uint32_t is) {
        if (was != is) lines.push_back(fmt::format("{}: {} -> {} takes effect at the next start", name, was, is));
    };
    compare("connections", before.connections, after.connections);
    compare("max_services", before.max_services, after.max_services);
    compare("max_servers", before.max_servers, after.max_servers);
    compare("pool_words", before.pool_words, after.pool_words);
    if (before.check_client != after.check_client || before.check_client6 != after.check_client6)
        lines.push_back("check_client: another one takes effect at the next start");
    return lines;
}

}  // namespace lvx::daemon
