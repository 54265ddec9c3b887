// What is told and ordered about synchronisation between directors: lvx's own stream, and the kernel's protocol.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "api/answer.hh"
#include "base/address.hh"

namespace lvx::api {

struct SyncPeerSnapshot {
    std::string name, phase, sentence;    // "10.9.0.2:8849", "in step", what that means
    std::uint64_t lag_us = 0;             // age of the oldest change it has not acknowledged
    std::uint64_t round_trip_us = 0;      // of the change acknowledged last
    std::uint64_t at_risk = 0;            // connections a failover to it would lose now
    std::uint64_t kept_out = 0;           // of ours, that have no place there
    std::uint64_t kept_out_here = 0;
    std::uint64_t drifted = 0;            // regions found different and mended, there
    std::uint64_t drifted_here = 0;
    std::uint64_t told = 0, heard = 0;    // records
    std::uint64_t bytes_sent = 0, bytes_heard = 0;
    std::uint64_t sessions = 0;
    bool learned = false;                 // its whole table came here
    std::string last_fault;
    bool operator==(const SyncPeerSnapshot&) const = default;
};

// A role of the kernel's protocol, as "ipvsadm -L --daemon" shows it.
struct SyncDaemonSnapshot {
    std::string role;                     // "master", "backup"
    std::string interface;
    std::uint32_t sync_id = 0, max_length = 0;
    Endpoint group;
    std::uint32_t ttl = 1;
    std::uint64_t messages = 0, entries = 0;
    bool operator==(const SyncDaemonSnapshot&) const = default;
};

struct SyncCount {
    std::string subject, name, sentence;  // subject: "stream", "kernel", "kept_out", "kernel_kept_out", "strict"
    std::uint64_t count = 0;
    bool operator==(const SyncCount&) const = default;
};

struct SyncSnapshot {
    bool configured = false;
    std::string role;                     // "master of VI_1", "backup"; "" without virtual routers
    std::string listening;
    std::uint64_t connections = 0, would_lose = 0;
    std::string sentence;                 // "a failover now would lose 0 connections"
    std::vector<SyncPeerSnapshot> peers;
    std::vector<SyncDaemonSnapshot> daemons;
    std::vector<SyncCount> counts;        // of faults, of what was kept out, of strict mode; those that are not 0
    std::string strict;                   // strict mode: "holding", "degraded, open: …"; "" = off
    std::uint64_t strict_wait_us = 0;     // the longest an answer waited for a standby
    std::uint64_t opening_lease_ms = 0;   // connections begin for so long after the daemon's last sign of life; 0: always
    bool operator==(const SyncSnapshot&) const = default;
};

struct SyncDaemonRequest {
    std::string role, interface;
    std::uint32_t sync_id = 0, max_length = 0, ttl = 0;  // 0: by the interface; 1
    Endpoint group;                                      // unspecified: 224.0.0.81; port 0: 8848
    bool operator==(const SyncDaemonRequest&) const = default;
};

class SyncDesk {
 public:
    virtual ~SyncDesk() = default;

    [[nodiscard]] virtual SyncSnapshot sync() const = 0;
    // As IPVS: EEXIST when that role runs, ENODEV; ESRCH when it does not run.
    [[nodiscard]] virtual std::expected<void, Problem> start_daemon(const SyncDaemonRequest& request) = 0;
    [[nodiscard]] virtual std::expected<void, Problem> stop_daemon(const SyncDaemonRequest& request) = 0;
};

}  // namespace lvx::api
