#include "health/check/probe.hh"

namespace lvx::health {
namespace {

Task<Outcome> nothing_to_run(Probe&) { co_return passed("not a check that runs"); }

template <class... Cases>
struct Overloaded : Cases... {
    using Cases::operator()...;
};

}  // namespace

Task<Outcome> start_check(Probe& probe) {
    return std::visit(Overloaded{
                          [&](const model::TcpCheck&) { return check_tcp(probe); },
                          [&](const model::HttpCheck&) { return check_http(probe); },
                          [&](const model::SmtpCheck&) { return check_smtp(probe); },
                          [&](const model::DnsCheck&) { return check_dns(probe); },
                          [&](const model::PingCheck&) { return check_ping(probe); },
                          [&](const model::UdpCheck&) { return check_udp(probe); },
                          [&](const model::MiscCheck&) { return check_misc(probe); },
                          [&](const model::FileCheck&) { return nothing_to_run(probe); },
                          [&](const model::BfdCheck&) { return nothing_to_run(probe); },
                          [&](const model::GreetingCheck&) { return check_greeting(probe); },
                      },
                      probe.check->kind);
}

}  // namespace lvx::health
