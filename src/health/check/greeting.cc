// SMTP_CHECK and GREETING_CHECK: a dialogue (answer/dialogue.hh) over a connection, or over datagrams.
#include <fmt/format.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <random>

#include "health/answer/dialogue.hh"
#include "health/check/stream.hh"

namespace lvx::health {
namespace {

std::string fresh_nonce() {
    std::random_device device;
    std::string nonce;
    for (int i = 0; i < 18; ++i) nonce += static_cast<char>(device());
    return nonce;
}

Outcome outcome_of(Turn turn) { return turn.next == Turn::Next::passed ? passed(std::move(turn.reason)) : failed(std::move(turn.reason)); }

// Until the dialogue concludes.
Task<Outcome> converse(Probe& probe, Stream& stream, Dialogue& dialogue) {
    const auto buffer = std::make_unique<char[]>(Stream::read_bytes);
    Turn turn = dialogue.open();
    while (true) {
        if (turn.next == Turn::Next::passed || turn.next == Turn::Next::failed) {
            stream.say(turn.send);
            co_return outcome_of(std::move(turn));
        }
        const auto said = co_await stream.write(probe, turn.send);
        if (!said) co_return said.error();
        if (turn.next == Turn::Next::start_tls) {
            const auto secured = co_await stream.start_tls(probe, {});
            if (!secured) co_return secured.error();
            turn = dialogue.open();
            continue;
        }
        const auto got = co_await stream.read(probe, buffer.get());
        if (!got) co_return got.error();
        if (*got == 0) co_return failed("connection closed by the server");
        turn = dialogue.heard({buffer.get(), *got});
    }
}

Task<Outcome> converse_by_datagrams(Probe& probe, Dialogue& dialogue) {
    auto socket = open_socket(probe, Transport::datagram);
    if (!socket) co_return socket.error();
    Turn turn = dialogue.open();
    std::string buffer(Stream::read_bytes, '\0');
    while (turn.next == Turn::Next::listen) {
        if (!turn.send.empty() && ::send(socket->get(), turn.send.data(), turn.send.size(), MSG_NOSIGNAL) < 0 && errno != EAGAIN) co_return refused_by(errno);
        ssize_t got = -1;
        while ((got = ::recv(socket->get(), buffer.data(), buffer.size(), 0)) < 0) {
            if (errno != EAGAIN) co_return refused_by(errno);
            if (!co_await probe.event()) co_return failed(too_late(probe, "no answer"));
        }
        turn = dialogue.heard({buffer.data(), static_cast<std::size_t>(got)});
    }
    co_return outcome_of(std::move(turn));
}

// Protocols that begin TLS in the middle ask for it themselves.
bool begins_with_tls(const model::GreetingCheck& greeting) {
    return greeting.tls && greeting.protocol != model::Greeting::mysql && greeting.protocol != model::Greeting::postgresql;
}

}  // namespace

Task<Outcome> check_smtp(Probe& probe) {
    const auto dialogue = smtp_dialogue(std::get<model::SmtpCheck>(probe.check->kind));
    auto stream = co_await connected_stream(probe);
    if (!stream) co_return stream.error();
    co_return co_await converse(probe, *stream, *dialogue);
}

Task<Outcome> check_greeting(Probe& probe) {
    const auto& greeting = std::get<model::GreetingCheck>(probe.check->kind);
    const auto dialogue = greeting_dialogue(greeting, fresh_nonce(), probe.check->target.endpoint.text());
    if (probe.datagram && greeting.protocol == model::Greeting::sip) co_return co_await converse_by_datagrams(probe, *dialogue);
    auto stream = co_await connected_stream(probe);
    if (!stream) co_return stream.error();
    if (begins_with_tls(greeting)) {
        const auto secured = co_await stream->start_tls(probe, {});
        if (!secured) co_return secured.error();
    }
    co_return co_await converse(probe, *stream, *dialogue);
}

}  // namespace lvx::health
