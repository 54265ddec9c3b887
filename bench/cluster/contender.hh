// The ways to build a director that are compared, each set up in a laboratory of its own.
//
//   client 192.168.88.21 ── 192.168.88.23 director 10.0.0.1 ── server 10.0.0.2 (nginx :80, iperf3 :5201)
#pragma once

#include <string_view>
#include <vector>

#include "base/address.hh"
#include "lab/director.hh"
#include "lab/lab.hh"

namespace lvx::bench {

enum class Kind : unsigned char { bare, plain, nftables, haproxy, lvx_xdp, lvx_tc };

[[nodiscard]] std::string_view name_of(Kind kind);
[[nodiscard]] std::vector<Kind> all_kinds();
[[nodiscard]] bool carries_udp(Kind kind);
[[nodiscard]] bool carries_tcp(Kind kind);

class Contender {
 public:
    static Result<Contender> set_up(Kind kind);

    [[nodiscard]] Kind kind() const { return kind_; }
    [[nodiscard]] const lab::Lab& lab() const { return *lab_; }
    // What a client speaks to: the virtual address, or the server itself where nothing translates.
    [[nodiscard]] Endpoint target(Port port) const;

 private:
    Contender(Kind kind, std::unique_ptr<lab::Lab> lab) : kind_(kind), lab_(std::move(lab)) {}
    [[nodiscard]] Result<void> start_servers();
    [[nodiscard]] Result<void> start_director();

    Kind kind_;
    std::unique_ptr<lab::Lab> lab_;
    std::vector<lab::Process> processes_;
    std::optional<lab::Director> director_;
};

}  // namespace lvx::bench
