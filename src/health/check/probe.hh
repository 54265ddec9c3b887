// One running check as its coroutine sees it: what to check, a place to wait in, and a deadline that ends every wait.
// The worker owns it; a coroutine is resumed by the worker's loop only, in its one thread.
#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "base/fd.hh"
#include "health/check/door.hh"
#include "health/check_machine.hh"
#include "health/instant.hh"
#include "health/loop/task.hh"
#include "model/watch.hh"
#include "script/runner.hh"

struct ssl_ctx_st;

namespace lvx::health {

struct Outcome {
    Verdict verdict = Verdict::passed;
    std::string reason;                 // "connected", "connection refused"
    std::int64_t weight_added = 0;      // MISC with misc_dynamic
    bool operator==(const Outcome&) const = default;
};

[[nodiscard]] inline Outcome passed(std::string reason) { return {.verdict = Verdict::passed, .reason = std::move(reason)}; }
[[nodiscard]] inline Outcome failed(std::string reason) { return {.verdict = Verdict::failed, .reason = std::move(reason)}; }
[[nodiscard]] inline Outcome local_error(std::string reason) { return {.verdict = Verdict::local_error, .reason = std::move(reason)}; }

// What all checks of a worker share.
struct Tools {
    int epoll = -1;
    script::Runner* runner = nullptr;
    ssl_ctx_st* tls = nullptr;          // verifies nothing
    ssl_ctx_st* tls_verifying = nullptr;
    Door door;
    Fd home;                            // the network namespace of all other sockets
    bool crowd = false;                 // so many TCP checks a second that each is made as cheap as can be
};

struct Probe {
    const model::Check* check = nullptr;
    const Tools* tools = nullptr;
    std::uint32_t configured_weight = 1;  // of the server
    std::uint16_t step = 0;               // url
    bool datagram = false;                // the service is UDP: for greetings that go both ways
    std::uint32_t chance = 0;             // query ids and the like
    model::ServiceKey service;            // that a check goes through, with the server it leads to
    Endpoint server;
    std::optional<CheckPassage> passage;  // begun; the worker ends it after the check
    std::function<void(Micros)> set_deadline;  // from now
    std::function<void()> resume;              // for results that come by callback

    std::coroutine_handle<> waiting;
    std::uint32_t events = 0;             // of epoll, that ended the last wait
    bool late = false;                    // the deadline is over: every further wait ends at once
    bool postponed = false;               // the door was busy: not a result
    std::uint64_t job = 0;                // of MISC, to be forgotten when cancelled
    // A socket that an earlier check on this probe connected and disconnected again: connecting it anew costs half of what
    // a new one costs.  In the epoll under kept_mark(); its events count only while a check uses it.
    Fd kept;
    Family kept_family = Family::v4;
    bool uses_kept = false;
    bool in_crowd = false;                // how its socket was opened

    // Suspends until the worker sees an event or the deadline; false: too late.
    struct Wait {
        Probe& probe;
        [[nodiscard]] bool await_ready() const { return probe.late; }
        void await_suspend(std::coroutine_handle<> handle) { probe.waiting = handle; }
        [[nodiscard]] bool await_resume() const { return !probe.late; }
    };
    [[nodiscard]] Wait event() { return {*this}; }
};

// What an epoll shows of a probe's socket: the probe's address, odd for a kept one.
[[nodiscard]] inline void* kept_mark(Probe* probe) { return reinterpret_cast<std::byte*>(probe) + 1; }
struct Marked {
    Probe* probe = nullptr;
    bool counts = true;  // false: a kept socket that nobody uses now
};
[[nodiscard]] inline Marked probe_of(void* mark) {
    const bool kept = (reinterpret_cast<std::uintptr_t>(mark) & 1) != 0;
    auto* const probe = reinterpret_cast<Probe*>(static_cast<std::byte*>(mark) - (kept ? 1 : 0));
    return {probe, !kept || probe->uses_kept};
}

// One coroutine per kind of check.
[[nodiscard]] Task<Outcome> check_tcp(Probe& probe);
[[nodiscard]] Task<Outcome> check_http(Probe& probe);
[[nodiscard]] Task<Outcome> check_smtp(Probe& probe);
[[nodiscard]] Task<Outcome> check_greeting(Probe& probe);
[[nodiscard]] Task<Outcome> check_dns(Probe& probe);
[[nodiscard]] Task<Outcome> check_ping(Probe& probe);
[[nodiscard]] Task<Outcome> check_udp(Probe& probe);
[[nodiscard]] Task<Outcome> check_misc(Probe& probe);

// The digest of the check's first url is the reason of what passes: for genhash.
[[nodiscard]] Task<Outcome> digest_page(Probe& probe);

// The coroutine of a check that runs by itself; FILE_CHECK and BFD_CHECK wait for events instead and have none.
[[nodiscard]] Task<Outcome> start_check(Probe& probe);

}  // namespace lvx::health
