// The virtual routers at work: Routers decide, sockets, addresses and announcements carry out.  Belongs to one loop
// (thread.cc); every member returns at once, bounded by slices.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "vrrp/claim_driver.hh"
#include "vrrp/fence.hh"
#include "vrrp/holder_driver.hh"
#include "vrrp/letters.hh"
#include "vrrp/link_delays.hh"
#include "vrrp/monitor_driver.hh"
#include "vrrp/ports_driver.hh"
#include "vrrp/resource_driver.hh"
#include "vrrp/vmac_driver.hh"

namespace lvx::vrrp {

class Engine {
 public:
    using Tell = std::function<void(News)>;

    // Fence and runner outlive the engine.
    [[nodiscard]] static Result<std::unique_ptr<Engine>> open(const Settings& settings, Fence& fence, script::Runner* runner, Tell tell, Instant now);

    // What to wait for; changes only when generation() does.
    [[nodiscard]] std::vector<int> fds() const;
    [[nodiscard]] std::uint64_t generation() const { return generation_; }

    void obey(const Order& order, Instant now);
    // Takes in what sockets have, lets timers run, works a slice.  Returns when to be called again at the latest.
    [[nodiscard]] Instant step(Instant now);
    // Resources are stopped while this director is still master; true when shut_down() may be called.
    [[nodiscard]] bool wind_down(Instant now);
    // Orderly: resignations are sent, addresses are gone when it returns.
    void shut_down(Instant now);

    [[nodiscard]] Status status(Instant now) const;

 private:
    static constexpr std::chrono::milliseconds verify_delay{50};  // our own changes have been heard of by then
    struct Memory {                         // beside each Router
        std::optional<Instant> last_sent;   // as master
        std::vector<Instant> heard;         // by path
        std::vector<bool> path_lost;
        std::optional<Instant> lower_told;
    };

    Engine(const Settings& settings, Monitor monitor, std::unique_ptr<Holder> holder, script::Runner* runner, Fence& fence, Tell tell, Instant now);

    void configure(const Settings& next, Instant now);
    // An order that gives mastership away waits until resources are stopped.
    struct Waiting { Order order; Instant deadline; };
    [[nodiscard]] std::vector<Index> given_away(const Order& order) const;
    [[nodiscard]] bool must_wait(const Order& order, Instant now);
    void obey_waiting(Instant now);
    void obey_now(const Order& order, Instant now);
    void prepare(Instant now);
    void start_when_due(Instant now);
    void look(Instant now);
    void refuse_packets(const std::set<Address>& addresses);
    void make_vmacs();
    void make(const VmacDevice& device);
    void remove_vmacs(const std::vector<VmacDevice>& devices);
    [[nodiscard]] Spacings spacings() const;
    void links_changed(Instant now);
    void settle_faults(Instant now);
    [[nodiscard]] std::vector<std::string> faults_of(Index instance) const;
    void verify(Instant now);
    void observe_interfaces(Instant now);
    void hear(const Arrival& arrival, Instant now);
    void refuse(const Arrival& arrival, Refusal refusal, Instant now);
    void carry(const Deeds& deeds, Instant now);
    void carry_out(const SendAdvert& deed, Instant now);
    void carry_out(const TakeAddresses& deed, Instant now);
    void carry_out(const ReleaseAddresses& deed, Instant now);
    void carry_out(const AssertAddresses& deed, Instant now);
    void carry_out(const StateChanged& deed, Instant now);
    void carry_out(const GroupChanged& deed, Instant now);
    void carry_out(const PriorityChanged& deed, Instant now);
    void carry_out(const LowerHeard& deed, Instant now);
    void repeat_states();
    void renew_lease(Instant now);
    void watch_claims();
    [[nodiscard]] std::vector<Claim> take_claims() const;
    void judge_claims(const std::vector<Claim>& claims, Instant now);
    void note_fence(Instant now);
    void tell_links();
    void watch_paths(Instant now);
    void tell_event(model::EventKind kind, std::vector<std::string> values);
    void tell_seldom(model::EventKind kind, const std::string& whose, const Address& peer, std::vector<std::string> values, Instant now);
    [[nodiscard]] const std::string& name(Index instance) const { return routers_.routers()[instance].configuration.name; }

    Settings settings_;
    std::vector<VmacDevice> vmacs_;
    Sysctls sysctls_;
    Monitor monitor_;
    LinkDelays delays_;
    net::World view_;                       // as the monitor sees it, with delays
    Ports ports_;
    std::optional<ClaimEar> ear_;           // nothing without the privilege
    std::unique_ptr<Holder> holder_;
    ResourceDesk resources_;
    std::vector<Waiting> waiting_;
    std::optional<Instant> wind_down_until_;
    Fence& fence_;
    Tell tell_;
    Routers routers_;
    std::vector<Ground> grounds_;
    std::vector<Memory> memories_;
    std::set<Address> virtual_addresses_, refused_;
    std::vector<std::set<std::string>> goods_interfaces_;  // by instance
    std::map<std::uint32_t, net::Link> seen_links_;        // as last looked at
    std::uint64_t lost_seen_ = 0;
    bool verify_routes_ = false;
    Instant start_at_;
    bool started_ = false, leased_ = false, standby_ = false, look_again_ = false;
    std::uint64_t generation_ = 0;
    std::optional<Instant> lease_end_, verify_at_;
    bool fenced_ = false;                   // the lease ran out while it was master, and that was told
    std::map<std::string, bool> links_;     // up or not, as told
    Microseconds longest_gap_{0};
    std::uint64_t send_failures_ = 0;
    std::map<std::tuple<model::EventKind, std::string, Address>, Instant> told_;  // bounded: told_limit
};

}  // namespace lvx::vrrp
