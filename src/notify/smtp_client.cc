#include "notify/smtp_client.hh"

#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <memory>

#include "base/fd.hh"

namespace lvx::notify {

namespace {

using std::chrono::milliseconds;
using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

Result<Addresses> look_up(const MailServer& server) {
    const addrinfo hints{.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    addrinfo* found = nullptr;
    const int failed = ::getaddrinfo(server.host.c_str(), fmt::format("{}", server.port).c_str(), &hints, &found);
    if (failed != 0) return refusal(fmt::format("cannot find {}: {}", server.host, ::gai_strerror(failed)), 0);
    return Addresses(found, ::freeaddrinfo);
}

// Waits for `events` on the socket.
Result<void> wait_for(const Fd& socket, short events, milliseconds patience, int cancel) {
    std::array<pollfd, 2> waiting{{{socket.get(), events, 0}, {cancel, POLLIN, 0}}};
    const int ready = ::poll(waiting.data(), waiting.size(), static_cast<int>(patience.count()));
    if (ready < 0) return refusal("cannot wait for the mail server", errno);
    if (waiting[1].revents != 0) return refusal("given up", ECANCELED);
    if (ready == 0) return refusal("no answer", ETIMEDOUT);
    return {};
}

Result<Fd> connect_to(const addrinfo& address, const MailServer& server, int cancel) {
    Fd socket(::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket.valid()) return refusal("cannot make a socket", errno);
    if (::connect(socket.get(), address.ai_addr, address.ai_addrlen) == 0) return socket;
    if (errno != EINPROGRESS) return refusal("cannot connect", errno);
    TRY(wait_for(socket, POLLOUT, server.connect_timeout, cancel));
    int failed = 0;
    socklen_t length = sizeof failed;
    ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &failed, &length);
    if (failed != 0) return refusal("cannot connect", failed);
    return socket;
}

Result<Fd> connect_to_any(const MailServer& server, int cancel) {
    const Addresses addresses = TRY(look_up(server));
    Result<Fd> socket = refusal("it has no address", 0);
    for (const addrinfo* each = addresses.get(); each != nullptr; each = each->ai_next) {
        socket = connect_to(*each, server, cancel);
        if (socket || socket.error().code == ECANCELED) return socket;
    }
    return socket;
}

Result<void> say(const Fd& socket, std::string_view text, const MailServer& server, int cancel) {
    while (!text.empty()) {
        const ssize_t sent = ::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL);
        if (sent >= 0) text.remove_prefix(static_cast<std::size_t>(sent));
        else if (errno == EAGAIN) TRY(wait_for(socket, POLLOUT, server.reply_timeout, cancel));
        else return refusal("cannot send", errno);
    }
    return {};
}

Result<std::string> hear(const Fd& socket, const MailServer& server, int cancel) {
    TRY(wait_for(socket, POLLIN, server.reply_timeout, cancel));
    std::string bytes(1024, '\0');
    const ssize_t got = ::recv(socket.get(), bytes.data(), bytes.size(), 0);
    if (got < 0 && errno == EAGAIN) return std::string();
    if (got < 0) return refusal("cannot receive", errno);
    if (got == 0) return refusal("it closed the connection", 0);
    bytes.resize(static_cast<std::size_t>(got));
    return bytes;
}

}  // namespace

Result<void> deliver(const MailServer& server, const Envelope& envelope, int cancel) {
    const Fd socket = TRY(connect_to_any(server, cancel));
    SmtpDialogue dialogue(envelope);
    // A server that drips its answer byte by byte has as long as one that is silent between all of them.
    const auto end = std::chrono::steady_clock::now() + server.reply_timeout * (4 + static_cast<int>(envelope.recipients.size()));
    while (std::chrono::steady_clock::now() < end) {
        const std::string heard = TRY(hear(socket, server, cancel));
        const Turn turn = dialogue.take(heard);
        if (const auto* failed = std::get_if<Failed>(&turn)) return refusal(failed->reason, 0);
        if (const auto* say_it = std::get_if<Say>(&turn)) TRY(say(socket, say_it->text, server, cancel));
        if (const auto* sent = std::get_if<Sent>(&turn)) {
            (void)say(socket, sent->farewell, server, cancel);  // it has the mail; the rest is politeness
            return {};
        }
    }
    return refusal("its answers take too long", ETIMEDOUT);
}

}  // namespace lvx::notify
