#include "cli/drill.hh"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "api/sync_client.hh"
#include "base/text.hh"
#include "lab/namespace.hh"
#include "lab/process.hh"

namespace lvx::cli {
namespace {

using lab::Milliseconds;
using Clock = std::chrono::steady_clock;

constexpr Milliseconds in_step_limit{5'000};   // until the standby has every connection
constexpr Milliseconds over_limit{30'000};      // until another is master, or we are again
constexpr Milliseconds heard_limit{12'000};     // until each held connection answered a probe
constexpr std::size_t usual_held = 100;

const api::VrrpInstanceSnapshot* find(const api::VrrpSnapshot& vrrp, const std::string& name) {
    const auto found = std::ranges::find(vrrp.instances, name, &api::VrrpInstanceSnapshot::name);
    return found == vrrp.instances.end() ? nullptr : &*found;
}

bool is_there(const api::SyncPeerSnapshot& peer) { return peer.phase != "connecting"; }
bool in_step(const api::SyncPeerSnapshot& peer) { return peer.phase == "in step"; }

std::optional<std::size_t> held_of(const Invocation& invocation) {
    const auto said = invocation.values.find("--connections");
    if (said == invocation.values.end()) return usual_held;
    const auto count = parse_integer(said->second);
    if (!count || *count < 1 || *count > static_cast<std::int64_t>(lab::DrillTraffic::most_held)) return std::nullopt;
    return static_cast<std::size_t>(*count);
}

class Drill {
 public:
    Drill(api::Client client, const DrillSurroundings& surroundings) : client_(std::move(client)), surroundings_(surroundings) {}

    Result<int> run(const Invocation& invocation) {
        const api::VrrpSnapshot vrrp = TRY(client_.vrrp());
        instance_ = drill_instance(vrrp, invocation.operands.empty() ? "" : invocation.operands[0]);
        await_in_step();
        if (const std::string obstacle = drill_obstacle(vrrp, instance_, TRY(api::fetch_sync(client_))); !obstacle.empty())
            return refusal("no drill: " + obstacle, 0);
        say(fmt::format("drill of {}: this director is master, its standby has every connection\n", instance_));
        TRY(begin_traffic(invocation));
        const DrillPassage away = TRY(hand_over());
        say(passage_text("handed over", away));
        if (!find(vrrp, instance_)->preempt) {
            say(fmt::format("{} does not preempt: it stays where it is\n", instance_));
            return verdict(away.lossless());
        }
        const DrillPassage back = TRY(hand_back());
        say(passage_text("handed back", back));
        return verdict(away.lossless() && back.lossless());
    }

 private:
    void say(std::string_view text) { surroundings_.out(text); }

    int verdict(bool lossless) {
        say(!lossless ? "something was lost\n" : traffic_ ? "nothing was lost\n" : "nothing was at risk; without test clients nobody looked on\n");
        return lossless ? exit_done : exit_refused;
    }

    Result<Endpoint> service_of(const Invocation& invocation) {
        const auto named = invocation.values.find("--service");
        const api::ServicesSnapshot services = TRY(client_.services());
        for (const api::ServiceSnapshot& one : services.services) {
            const model::ServiceKey& key = one.service.key;
            const Endpoint endpoint{key.address, key.port};
            if (key.protocol != model::Protocol::tcp || key.port == 0) continue;
            if (named == invocation.values.end() || named->second == endpoint.text()) return endpoint;
        }
        return refusal("there is no TCP service for test clients", ENOENT, "--service ADDRESS:PORT");
    }

    // A director's own namespace reaches its own addresses itself, so there is nothing to be seen from there.
    Result<void> begin_traffic(const Invocation& invocation) {
        const auto from = invocation.values.find("--from");
        if (from == invocation.values.end()) {
            say("no test clients: packets to its own addresses never leave a director (--from NAMESPACE makes some)\n");
            return {};
        }
        const bool path = from->second.find('/') != std::string::npos;
        namespace_ = TRY(lab::open_namespace(path ? from->second : "/run/netns/" + from->second));
        const Endpoint service = TRY(service_of(invocation));
        const std::size_t held = held_of(invocation).value_or(usual_held);
        traffic_ = TRY(lab::DrillTraffic::start(namespace_.get(), service, held));
        say(fmt::format("{} connections to {} are held, a new one comes every {} ms\n", held, service.text(), lab::DrillTraffic::pace.count()));
        await_in_step();
        return {};
    }

    // Nobody is waited for who is not there.
    void await_in_step() {
        (void)lab::wait_until(in_step_limit, [&] {
            const auto sync = api::fetch_sync(client_);
            if (!sync || std::ranges::none_of(sync->peers, is_there)) return true;
            return sync->would_lose == 0 && std::ranges::any_of(sync->peers, in_step);
        });
    }

    Result<DrillPassage> hand_over() {
        const Clock::time_point ordered = Clock::now();
        bool nobody = false;
        const DrillPassage away = TRY(passage([&] { return client_.failover(instance_); }, [&](const api::VrrpInstanceSnapshot& one) {
            nobody = one.state == "MASTER" && Clock::now() - ordered > std::chrono::milliseconds(one.since_ms);
            return nobody || (one.state != "MASTER" && !one.master.empty() && one.master != one.source);
        }));
        if (nobody) return refusal(fmt::format("nobody took {} over, so this director is master again", instance_), 0);
        return away;
    }

    Result<DrillPassage> hand_back() {
        await_in_step();
        return passage([&] { return client_.standby(false); }, [](const api::VrrpInstanceSnapshot& one) { return one.state == "MASTER"; });
    }

    Result<DrillPassage> passage(const std::function<Result<void>()>& order, const std::function<bool(const api::VrrpInstanceSnapshot&)>& is_over) {
        DrillPassage passage{.at_risk = without_place(TRY(api::fetch_sync(client_)))};
        if (traffic_) traffic_->begin_phase();
        const Clock::time_point began = Clock::now();
        TRY(order());
        const bool over = lab::wait_until(over_limit, [&] {
            const auto vrrp = client_.vrrp();
            const auto* one = vrrp ? find(*vrrp, instance_) : nullptr;
            return one != nullptr && is_over(*one);
        });
        passage.time = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began);
        if (!over) return refusal(fmt::format("{} did not change hands within {} s", instance_, over_limit.count() / 1000), ETIMEDOUT);
        if (traffic_) {
            traffic_->ask_again();
            passage.clients = traffic_->end_phase(heard_limit);
        }
        return passage;
    }

    // What is on its way at this very moment arrives, since both directors run on.
    static std::uint64_t without_place(const api::SyncSnapshot& sync) {
        std::uint64_t least = sync.connections;
        for (const api::SyncPeerSnapshot& peer : sync.peers)
            if (in_step(peer)) least = std::min(least, peer.kept_out);
        return least;
    }

    api::Client client_;
    const DrillSurroundings& surroundings_;
    std::string instance_;
    Fd namespace_;
    std::unique_ptr<lab::DrillTraffic> traffic_;
};

}  // namespace

std::string drill_instance(const api::VrrpSnapshot& vrrp, const std::string& named) {
    if (!named.empty()) return named;
    const auto is_master = [](const api::VrrpInstanceSnapshot& one) { return one.state == "MASTER"; };
    const auto found = std::ranges::find_if(vrrp.instances, is_master);
    return std::ranges::count_if(vrrp.instances, is_master) == 1 ? found->name : "";
}

std::string drill_obstacle(const api::VrrpSnapshot& vrrp, const std::string& instance, const api::SyncSnapshot& sync) {
    if (instance.empty()) return "name the virtual router that is to be handed over";
    const api::VrrpInstanceSnapshot* one = find(vrrp, instance);
    if (one == nullptr) return fmt::format("there is no virtual router {}", instance);
    if (one->state != "MASTER") return fmt::format("this director is not master of {}, it is in state {}", instance, one->state);
    if (vrrp.standby) return "this director is on standby (lvx standby off)";
    for (const api::VrrpInstanceSnapshot& other : vrrp.instances)
        if (other.yielded && other.name != instance) return fmt::format("{} was handed over before; taking back {} would take it back too", other.name, instance);
    if (std::ranges::none_of(sync.peers, in_step)) return fmt::format("no standby is in step: {}", sync.sentence);
    if (sync.would_lose > 0) return sync.sentence;
    return "";
}

std::string passage_text(std::string_view what, const DrillPassage& passage) {
    std::string text = fmt::format("{} after {:.1f} ms", what, static_cast<double>(passage.time.count()) / 1000);
    if (passage.at_risk > 0) text += fmt::format("; {} connections have no place on the standby", passage.at_risk);
    if (!passage.clients) return text + "\n";
    const lab::DrillReport& clients = *passage.clients;
    text += fmt::format("; new clients waited {:.1f} ms at most\n", static_cast<double>(clients.longest_gap.count()) / 1000);
    text += fmt::format("    held: {} before, {} after, {} lost", clients.held, clients.alive, clients.lost);
    if (clients.ended > 0) text += fmt::format(", {} ended by their server", clients.ended);
    return text + fmt::format("; new: {} opened, {} failed\n", clients.opened, clients.failed);
}

std::string drill_misuse(const Invocation& invocation) {
    if (!held_of(invocation)) return fmt::format("--connections takes 1 to {}", lab::DrillTraffic::most_held);
    for (const char* option : {"--connections", "--service"})
        if (invocation.values.contains(option) && !invocation.values.contains("--from")) return fmt::format("{} is of test clients, which need --from NAMESPACE", option);
    return "";
}

int run_drill(const Invocation& invocation, const DrillSurroundings& surroundings) {
    const auto failed = [&](const Error& error, int status) {
        surroundings.error(fmt::format("lvx: {}\n", error.sentence()));
        if (!error.hint.empty()) surroundings.error(fmt::format("     {}\n", error.hint));
        return status;
    };
    auto client = surroundings.connect();
    if (!client) return failed(client.error(), exit_no_daemon);
    const auto status = Drill(std::move(*client), surroundings).run(invocation);
    return status ? *status : failed(status.error(), exit_refused);
}

}  // namespace lvx::cli
