// The client half of web.hh.
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "lab/http.hh"
#include "lab/namespace.hh"
#include "base/socket_address.hh"
#include "lab/web.hh"

namespace lvx::lab {
namespace {

using Clock = std::chrono::steady_clock;

// A socket in use, with the moment at which patience ends.
struct Conversation {
    int socket;
    std::string peer;
    Clock::time_point deadline;

    [[nodiscard]] Result<void> await(short events) const {
        pollfd watched{socket, events, 0};
        for (;;) {
            const auto left = std::chrono::ceil<Milliseconds>(deadline - Clock::now()).count();
            const int ready = left <= 0 ? 0 : poll(&watched, 1, static_cast<int>(left));
            if (ready == 0) return refusal("no answer from " + peer + " in time", ETIMEDOUT);
            if (ready > 0) return {};
            if (errno != EINTR) return refusal("cannot wait for " + peer, errno);
        }
    }
};

Result<Fd> socket_in(int network_namespace, const Endpoint& server, int type) {
    Fd opened;
    TRY(inside(network_namespace, [&]() -> Result<void> {
        const int family = server.address.is_v4() ? AF_INET : AF_INET6;
        opened = Fd(socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        if (!opened.valid()) return refusal("cannot open a socket", errno);
        return {};
    }));
    return opened;
}

Result<void> connect_to(const Conversation& conversation, const Endpoint& server) {
    const SocketAddress address = socket_address(server);
    if (connect(conversation.socket, address.get(), address.size) != 0 && errno != EINPROGRESS) {
        return refusal("cannot connect to " + conversation.peer, errno);
    }
    TRY(conversation.await(POLLOUT));
    int code = 0;
    socklen_t size = sizeof code;
    getsockopt(conversation.socket, SOL_SOCKET, SO_ERROR, &code, &size);
    if (code != 0) return refusal("cannot connect to " + conversation.peer, code);
    return {};
}

Result<void> send_all(const Conversation& conversation, std::string_view bytes) {
    while (!bytes.empty()) {
        TRY(conversation.await(POLLOUT));
        const ssize_t sent = send(conversation.socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN) return refusal("cannot send to " + conversation.peer, errno);
        if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return {};
}

// Appends what arrives; false at the end of the stream.
Result<bool> receive_more(const Conversation& conversation, std::string& received) {
    TRY(conversation.await(POLLIN));
    std::array<char, 65536> buffer;
    const ssize_t length = recv(conversation.socket, buffer.data(), buffer.size(), 0);
    if (length < 0 && errno == EAGAIN) return true;
    if (length < 0) return refusal("cannot receive from " + conversation.peer, errno);
    received.append(buffer.data(), static_cast<std::size_t>(length));
    return length > 0;
}

bool complete(const http::ResponseHead& head, std::size_t received) {
    return head.progress == http::Progress::whole && head.body_length && received >= head.length + *head.body_length;
}

Result<Page> receive_page(const Conversation& conversation) {
    std::string received;
    http::ResponseHead head;
    for (bool more = true; more && !complete(head, received.size());) {
        more = TRY(receive_more(conversation, received));
        if (head.progress == http::Progress::partial) head = http::read_response_head(received);
        if (head.progress == http::Progress::malformed) return refusal("no HTTP answer from " + conversation.peer, EPROTO);
    }
    if (head.progress != http::Progress::whole) return refusal("answer of " + conversation.peer + " breaks off", EPIPE);
    if (head.body_length && !complete(head, received.size())) {
        return refusal("page of " + conversation.peer + " breaks off", EPIPE);
    }
    return Page{.status = head.status, .body = received.substr(head.length)};
}

}  // namespace

Result<Page> get(int network_namespace, const Endpoint& server, const std::string& path, Milliseconds limit) {
    const auto begin = Clock::now();
    const Fd socket = TRY(socket_in(network_namespace, server, SOCK_STREAM));
    const Conversation conversation{socket.get(), server.text(), begin + limit};
    TRY(connect_to(conversation, server));
    TRY(send_all(conversation, http::request_text(server.address.bracketed(), path, http::Afterwards::close)));
    return receive_page(conversation);
}

Result<WebConnection> WebConnection::open(int network_namespace, const Endpoint& server, Milliseconds limit) {
    Fd socket = TRY(socket_in(network_namespace, server, SOCK_STREAM));
    TRY(connect_to({socket.get(), server.text(), Clock::now() + limit}, server));
    return WebConnection(std::move(socket), server);
}

Result<Page> WebConnection::get(const std::string& path, Milliseconds limit) {
    const Conversation conversation{socket_.get(), server_.text(), Clock::now() + limit};
    TRY(send_all(conversation, http::request_text(server_.address.bracketed(), path, http::Afterwards::keep_alive)));
    return receive_page(conversation);
}

Result<std::string> exchange(int network_namespace, const Endpoint& server, const std::string& datagram, Milliseconds limit) {
    const Fd socket = TRY(socket_in(network_namespace, server, SOCK_DGRAM));
    const Conversation conversation{socket.get(), server.text(), Clock::now() + limit};
    TRY(connect_to(conversation, server));
    TRY(send_all(conversation, datagram));
    std::string received;
    while (received.empty()) TRY(receive_more(conversation, received));
    return received;
}

}  // namespace lvx::lab
