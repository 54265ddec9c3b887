#include "health/single.hh"

#include <openssl/ssl.h>
#include <sys/epoll.h>

#include <algorithm>
#include <memory>

namespace lvx::health {
namespace {

using TlsContext = std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)>;

TlsContext context_with(int verify, const Trust& trust) {
    TlsContext context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
    SSL_CTX_set_verify(context.get(), verify, nullptr);
    if (verify == SSL_VERIFY_NONE) return context;
    if (trust.ca.empty()) (void)SSL_CTX_set_default_verify_paths(context.get());
    else (void)SSL_CTX_load_verify_locations(context.get(), trust.ca.c_str(), nullptr);
    return context;
}

}  // namespace

Outcome run_single(const model::Check& check, const Trust& trust, Start start) {
    const Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
    const auto* http = std::get_if<model::HttpCheck>(&check.kind);
    const TlsContext plain = context_with(SSL_VERIFY_NONE, trust);
    const TlsContext verifying = context_with(http != nullptr && http->tls_verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, trust);
    std::unique_ptr<script::Runner> runner;
    if (std::holds_alternative<model::MiscCheck>(check.kind)) {
        auto started = script::Runner::start({}, {});
        if (!started) return local_error(started.error().sentence());
        runner = std::move(*started);
        epoll_event wanted = {.events = EPOLLIN, .data = {.ptr = nullptr}};
        (void)::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, runner->fd(), &wanted);
    }
    const Tools tools = {.epoll = epoll.get(), .runner = runner.get(), .tls = plain.get(), .tls_verifying = verifying.get()};
    Instant deadline = Clock::now() + check.timing.connect_timeout;
    Probe probe;
    probe.check = &check;
    probe.tools = &tools;
    probe.chance = static_cast<std::uint32_t>(Clock::now().time_since_epoch().count());
    probe.set_deadline = [&deadline](Micros limit) { deadline = Clock::now() + limit; };
    probe.resume = [&probe] {
        if (probe.waiting) std::exchange(probe.waiting, nullptr).resume();
    };
    Task<Outcome> task = start(probe);
    task.start();
    while (!task.done()) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
        epoll_event event{};
        const int count = ::epoll_wait(epoll.get(), &event, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000)));
        if (count > 0 && event.data.ptr == nullptr) {
            runner->step();
            continue;
        }
        probe.late = probe.late || count == 0;
        probe.events = event.events;
        probe.resume();
    }
    return task.take();
}

}  // namespace lvx::health
