// All sockets of all virtual routers: which advert leaves where, and which router an arriving one is for.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "vrrp/ground.hh"
#include "vrrp/header_auth.hh"
#include "vrrp/routers.hh"
#include "vrrp/seal.hh"
#include "vrrp/socket_driver.hh"

namespace lvx::vrrp {

// A packet for one of our routers; `path` 0 is the instance's own interface, the others are its further paths.
struct Arrival {
    Index instance = 0;
    std::size_t path = 0;
    Route route;
    std::variant<Received, Refusal> content;
};

// An advert of a virtual router that is not configured here.
struct Stranger {
    std::string interface;
    Address source;
    std::uint8_t vrid = 0;
};

struct PortTrouble {
    Index instance = 0;
    std::string sentence;
};

class Ports {
 public:
    static constexpr std::size_t packets_at_once = 256;  // of one socket, before timers get their turn
    static constexpr std::size_t strangers_kept = 16;

    // Opens what is missing, closes what nobody needs.  Troubles are told by instance.
    [[nodiscard]] std::vector<PortTrouble> configure(const model::Vrrp& configuration, const std::vector<Ground>& grounds, const net::World& world);
    [[nodiscard]] std::vector<int> fds() const;
    // An advert on every way; how many could not be sent.
    std::size_t send(Index instance, const Router& router, std::uint8_t priority);
    // Everything that waits, in order.
    void receive(const std::function<void(const Arrival&)>& visit);
    [[nodiscard]] std::uint64_t unknown() const { return unknown_; }
    // Of the last receive(); the first few.
    [[nodiscard]] const std::vector<Stranger>& strangers() const { return strangers_; }
    // Names of an instance's paths, its own interface first.
    [[nodiscard]] std::vector<std::string> paths(Index instance) const;

 private:
    struct Way {
        Port* port = nullptr;
        Address destination, source;
        std::uint8_t ttl = 0;
        std::size_t path = 0;
    };
    struct Ear {
        Port* port = nullptr;
        std::size_t path = 0;
        bool unicast = false;
        bool has_header = false;         // AH stands before what is heard
    };
    struct Use {
        model::VrrpInstance configuration;
        Ground ground;
        Expected expected;
        std::vector<Way> ways;
        std::vector<Ear> ears;
        std::vector<Address> own_sources;
        SealMemory seals;
        std::uint16_t seal_counter = 0;
        std::map<std::size_t, std::uint32_t> sequences;  // of AH, by path: the highest that was sent or heard
    };

    [[nodiscard]] Result<Port*> port(const PortKey& key, std::uint32_t ifindex, int receive_buffer);
    [[nodiscard]] Result<void> open_main(Use& use);
    [[nodiscard]] Result<Port*> open_ears(Use& use, PortKey key, std::uint32_t ifindex, const Ear& like);
    [[nodiscard]] Result<void> send_on(Use& use, const Way& way, const Router& router, const Advert& advert);
    [[nodiscard]] Result<void> open_path(Use& use, std::size_t number, const net::World& world);
    [[nodiscard]] static std::span<const std::uint8_t> behind_header(std::span<const std::uint8_t> bytes, const Ear& ear);
    [[nodiscard]] Arrival judge(Index instance, const Ear& ear, const Packet& packet);
    [[nodiscard]] std::optional<Refusal> check_seal_of(Use& use, const Packet& packet, const Received& received) const;

    std::map<std::pair<PortKey, std::uint32_t>, std::unique_ptr<Port>> ports_;
    std::map<std::pair<PortKey, std::uint32_t>, bool> used_;
    std::vector<Use> uses_;
    std::uint64_t unknown_ = 0;
    std::vector<Stranger> strangers_;
};

// What the instance advertises, and what it expects of others.
[[nodiscard]] Advert advert_of(const model::VrrpInstance& configuration, std::uint8_t priority);
[[nodiscard]] Expected expected_of(const model::VrrpInstance& configuration);

}  // namespace lvx::vrrp
