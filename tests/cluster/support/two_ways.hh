// Two directors, each with a client and a server of its own, who know no other way than through it: so whoever answers for
// the shared addresses is seen on his own, also when both do.
//
//   client1 .21 ─┬─ front ─┬─ .41 director1 10.0.0.11 ─┬─ back ─┬─ server1 10.0.0.2
//   client2 .22 ─┘         │        │ 10.9.0.1         │        └─ server2 10.0.0.3
//                          │        │ 10.9.0.2         │
//                          └─ .42 director2 10.0.0.12 ─┘
//
// 192.168.88.23 and 10.0.0.1 are VRRP's.  Advertisements go through `front` and over the wire between the two.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "api/vrrp.hh"
#include "lab/probe.hh"
#include "support/cluster.hh"

namespace lvx::cluster {

class TwoWays {
 public:
    using Clock = lab::Probe::Clock;
    static constexpr std::chrono::milliseconds interval{200};  // a standby takes over after three, which no stall of half a second makes it do

    TwoWays();

    [[nodiscard]] lab::Director& director(int number) { return *directors_[number - 1]; }
    [[nodiscard]] const lab::Probe& client(int number) const { return *clients_[number - 1]; }
    [[nodiscard]] const lab::Lab& lab() const { return lab_; }

    // Of director 1, the better one, or 2.  `more`: lines of its vrrp_instance VI; "fast_peer" in it brings a BFD session.
    [[nodiscard]] static std::string configuration(int number, std::string_view more);
    void reload(int number, std::string_view more);

    // Empty while it does not answer.
    [[nodiscard]] api::VrrpSnapshot vrrp(int number);
    [[nodiscard]] std::string state(int number);
    // Its own client was answered since `begin`.
    [[nodiscard]] bool await_answers(int number, Clock::time_point begin) const;
    // Until director 1 answers alone.
    [[nodiscard]] bool await_start();
    // A shell command in a node.
    void run(std::string_view node, std::string_view words) const;
    // Advertisements no longer go through the switch, all else does.
    void cut_switch() const { isolate("on"); }
    void heal_switch() const { isolate("off"); }

    // How long the one that had answered went on after the other's first answer since `begin`; negative: the silence between.
    // What counts is when the last answered question was asked, and when the first answer was seen: two that answer at once
    // show, a client that is late to look does not.
    [[nodiscard]] std::chrono::microseconds overlap(int before, int after, Clock::time_point begin) const;

 private:
    void pin(std::string_view node, std::string_view address, int director, std::string_view device) const;
    void isolate(std::string_view state) const;

    lab::Lab lab_;
    std::vector<lab::Process> servers_;
    std::unique_ptr<lab::Director> directors_[2];
    std::unique_ptr<lab::Probe> clients_[2];
};

}  // namespace lvx::cluster
