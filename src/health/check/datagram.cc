// DNS_CHECK, PING_CHECK and UDP_CHECK: one datagram there, and the first one back that is ours.
#include <fmt/format.h>
#include <sys/socket.h>

#include <cerrno>
#include <functional>

#include "health/answer/datagram.hh"
#include "health/check/socket.hh"

namespace lvx::health {
namespace {

constexpr std::size_t datagram_bytes = 65536;

using Judge = std::function<Judgement(std::string_view)>;

// The first datagram that the judge calls ours; nothing when none came in time.
Task<Got<std::optional<Judgement>>> answer_of(Probe& probe, const Fd& socket, const std::string& question, Judge judge) {
    if (::send(socket.get(), question.data(), question.size(), MSG_NOSIGNAL) < 0) co_return std::unexpected(refused_by(errno));
    std::string buffer(datagram_bytes, '\0');
    while (true) {
        const ssize_t got = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
        if (got >= 0) {
            Judgement judgement = judge({buffer.data(), static_cast<std::size_t>(got)});
            if (judgement.kind != Judgement::Kind::foreign) co_return std::optional(std::move(judgement));
            continue;
        }
        if (errno != EAGAIN) co_return std::unexpected(refused_by(errno));
        if (!co_await probe.event()) co_return std::optional<Judgement>();
    }
}

Outcome outcome_of(Judgement judgement) {
    return judgement.kind == Judgement::Kind::good ? passed(std::move(judgement.reason)) : failed(std::move(judgement.reason));
}

}  // namespace

Task<Outcome> check_dns(Probe& probe) {
    const auto& dns = std::get<model::DnsCheck>(probe.check->kind);
    const auto id = static_cast<std::uint16_t>(probe.chance);
    const auto question = dns_question(dns, id);
    if (!question) co_return local_error("not a name that DNS can ask for");
    auto socket = open_socket(probe, Transport::datagram);
    if (!socket) co_return socket.error();
    auto answer = co_await answer_of(probe, *socket, *question, [id](std::string_view datagram) { return judge_dns(datagram, id); });
    if (!answer) co_return answer.error();
    if (!*answer) co_return failed(too_late(probe, "no answer"));
    co_return outcome_of(std::move(**answer));
}

Task<Outcome> check_ping(Probe& probe) {
    const Family family = probe.check->target.endpoint.address.family();
    auto socket = open_socket(probe, Transport::echo);
    if (!socket) co_return socket.error();
    int type = SOCK_DGRAM;
    socklen_t length = sizeof type;
    (void)::getsockopt(socket->get(), SOL_SOCKET, SO_TYPE, &type, &length);
    const EchoSocket kind = type == SOCK_RAW ? EchoSocket::raw : EchoSocket::datagram;
    const auto id = static_cast<std::uint16_t>(probe.chance), sequence = static_cast<std::uint16_t>(probe.chance >> 16);
    auto answer = co_await answer_of(probe, *socket, echo_request(family, id, sequence), [family, kind, id, sequence](std::string_view datagram) {
        return judge_echo(datagram, family, kind, id, sequence);
    });
    if (!answer) co_return answer.error();
    if (!*answer) co_return failed(too_late(probe, "no echo"));
    co_return outcome_of(std::move(**answer));
}

Task<Outcome> check_udp(Probe& probe) {
    const auto& udp = std::get<model::UdpCheck>(probe.check->kind);
    auto socket = open_socket(probe, Transport::datagram);
    if (!socket) co_return socket.error();
    const Judge judge = [&udp](std::string_view datagram) {
        if (!udp.require_reply) return Judgement{Judgement::Kind::good, "a reply"};
        return judge_udp(datagram, udp);
    };
    auto answer = co_await answer_of(probe, *socket, udp_payload(udp), judge);
    if (!answer) co_return answer.error();
    if (*answer) co_return outcome_of(std::move(**answer));
    // Silence is good where no reply is wanted: an error message would have come by now.
    if (!udp.require_reply) co_return passed("no refusal");
    co_return failed(too_late(probe, "no answer"));
}

}  // namespace lvx::health
