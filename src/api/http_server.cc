#include "api/http_server.hh"

#include <fmt/format.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <cerrno>
#include <cstring>
#include <optional>
#include <set>
#include <string_view>

#include "api/routes.hh"
#include "base/fd.hh"

namespace lvx::api {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

using boost::system::error_code;
using Protocol = asio::local::stream_protocol;
using Stream = beast::basic_stream<Protocol>;
using Parser = http::request_parser<http::string_body>;
using Message = http::response<http::string_body>;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds accept_pause{100};  // after EMFILE and the like: descriptors may come back
constexpr std::size_t first_read_bytes = 4096;
constexpr int backlog = 64;

// ---- the socket file ----

Result<sockaddr_un> address_of(const std::string& path) {
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    if (path.size() >= sizeof address.sun_path) {
        return refusal("cannot listen on " + path, ENAMETOOLONG, fmt::format("a socket's path has at most {} bytes", sizeof address.sun_path - 1));
    }
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}

Result<Fd> new_socket(const std::string& path) {
    Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket.valid()) return refusal("cannot make a socket for " + path, errno);
    return socket;
}

// Takes away what a killed daemon left behind; a socket that somebody answers on, or another kind of file, stays.
Result<void> clear_path(const std::string& path, const sockaddr_un& address) {
    struct stat found {};
    if (::lstat(path.c_str(), &found) != 0) return {};
    if (!S_ISSOCK(found.st_mode)) return refusal("cannot listen on " + path, EEXIST, "a file that is no socket is there; remove it or choose another path");
    const Fd probe = TRY(new_socket(path));
    const bool answered = ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 || errno == EAGAIN;
    if (answered) return refusal("cannot listen on " + path, EADDRINUSE, "another lvxd is running; stop it first (lvx stop) or choose another path");
    if (::unlink(path.c_str()) != 0) return refusal("cannot remove the stale socket " + path, errno);
    return {};
}

Result<Fd> listening_socket(const std::string& path) {
    const sockaddr_un address = TRY(address_of(path));
    TRY(clear_path(path, address));
    Fd socket = TRY(new_socket(path));
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return refusal("cannot bind " + path, errno, errno == ENOENT ? "make its directory first" : "");
    }
    // Nobody can connect before listen(), so there is no moment with a wider mode.
    if (::chmod(path.c_str(), 0660) != 0) return refusal("cannot set the mode of " + path, errno);
    if (::listen(socket.get(), backlog) != 0) return refusal("cannot listen on " + path, errno);
    return socket;
}

// ---- what all conversations share; lives as long as the last of them ----

struct Door {
    asio::io_context& loop;
    Director* director;  // nullptr once the server object is gone: nothing is asked any more
    ServerLimits limits;
    Protocol::acceptor acceptor;
    ServerCounters counters{};
    std::size_t open = 0;
    std::set<asio::steady_timer*> followers{};  // answers held back until there is news
    std::set<Stream*> idle{};  // between two requests; closing does not wait for them
    bool closing = false;
};

using DoorPtr = std::shared_ptr<Door>;

Message message_of(const Response& response, unsigned version, bool keep_alive) {
    Message message(static_cast<http::status>(response.status), version);
    message.set(http::field::server, "lvx");
    message.set(http::field::content_type, response.content_type);
    message.set(http::field::cache_control, "no-store");
    if (!response.link.empty()) message.set(http::field::link, response.link);
    if (!response.allow.empty()) message.set(http::field::allow, response.allow);
    message.keep_alive(keep_alive);
    message.body() = response.body;
    message.prepare_payload();
    return message;
}

// What the door says itself when no whole request came, with the counter that goes with it; nothing when the other
// side just went away.
std::optional<Problem> refused_reading(ServerCounters& counters, const error_code& failed) {
    if (failed == http::error::end_of_stream || failed == http::error::partial_message) return std::nullopt;
    if (failed == beast::error::timeout) {
        ++counters.read_timeout;
        return std::nullopt;
    }
    if (failed == http::error::header_limit) {
        ++counters.header_too_large;
        return Problem{.title = "Request Header Fields Too Large", .status = 431, .detail = failed.message(), .code = "header_too_large"};
    }
    if (failed == http::error::body_limit) {
        ++counters.body_too_large;
        return Problem{.title = "Content Too Large", .status = 413, .detail = failed.message(), .code = "body_too_large",
                       .hint = "send the operations in several lists"};
    }
    if (failed.category() != http::make_error_code(http::error::bad_method).category()) return std::nullopt;
    ++counters.bad_request;
    return Problem{.title = "Bad Request", .status = 400, .detail = failed.message(), .code = "bad_request"};
}

// ---- one conversation ----

struct Conversation {
    DoorPtr door;
    Stream stream;
    beast::flat_buffer buffer{};
};

asio::awaitable<bool> send(Conversation& conversation, Response response, unsigned version, bool keep_alive) {
    const Message message = message_of(response, version, keep_alive);
    conversation.stream.expires_after(conversation.door->limits.write_timeout);
    const auto [failed, written] = co_await http::async_write(conversation.stream, message, as_result);
    if (failed == beast::error::timeout) ++conversation.door->counters.write_timeout;
    co_return !failed;
}

// Waits for the first byte of a request; false when there will be none.
asio::awaitable<bool> wait_for_request(Conversation& conversation) {
    if (conversation.buffer.size() != 0) co_return true;
    Door& door = *conversation.door;
    if (door.closing) co_return false;
    door.idle.insert(&conversation.stream);
    conversation.stream.expires_after(door.limits.idle_timeout);
    const auto [failed, bytes] = co_await conversation.stream.async_read_some(conversation.buffer.prepare(first_read_bytes), as_result);
    door.idle.erase(&conversation.stream);
    if (failed == beast::error::timeout) ++door.counters.idle_timeout;
    if (failed) co_return false;
    conversation.buffer.commit(bytes);
    co_return true;
}

asio::awaitable<error_code> read_request(Conversation& conversation, Parser& parser) {
    const ServerLimits& limits = conversation.door->limits;
    parser.header_limit(limits.header_bytes);
    parser.body_limit(limits.body_bytes);
    conversation.stream.expires_after(limits.read_timeout);
    const auto [header_failed, header_bytes] = co_await http::async_read_header(conversation.stream, conversation.buffer, parser, as_result);
    if (header_failed) co_return header_failed;
    if (beast::iequals(parser.get()[http::field::expect], "100-continue")) {
        const http::response<http::empty_body> go_on(http::status::continue_, parser.get().version());
        const auto [failed, written] = co_await http::async_write(conversation.stream, go_on, as_result);
        if (failed) co_return failed;
    }
    const auto [failed, bytes] = co_await http::async_read(conversation.stream, conversation.buffer, parser, as_result);
    co_return failed;
}

// The user at the other end, as the kernel vouches for it; a number where it has no name.
std::string peer_of(int socket) {
    ucred peer{};
    socklen_t length = sizeof peer;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return "?";
    std::array<char, 1024> buffer;
    passwd entry{}, *found = nullptr;
    if (::getpwuid_r(peer.uid, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) return fmt::format("uid {}", peer.uid);
    return found->pw_name;
}

Response too_many_followers(Door& door) {
    ++door.counters.too_many_followers;
    return problem_response({.title = "Service Unavailable", .status = 503,
                             .detail = fmt::format("{} requests wait for news", door.followers.size()),
                             .code = "too_many_followers", .hint = "ask without wait"});
}

// An answer that has nothing to tell yet is computed again whenever there is news, until its time is over.
asio::awaitable<Response> answer_when_there_is_news(DoorPtr door, const Request& request) {
    Response response = answer(request, *door->director, door->counters);
    if (response.hold_s == 0) co_return response;
    if (door->followers.size() >= door->limits.followers) co_return too_many_followers(*door);
    asio::steady_timer timer(door->loop);
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(response.hold_s);
    while (response.hold_s != 0 && !door->closing && std::chrono::steady_clock::now() < end) {
        timer.expires_at(end);
        door->followers.insert(&timer);
        co_await timer.async_wait(as_result);
        door->followers.erase(&timer);
        if (door->director != nullptr) response = answer(request, *door->director, door->counters);
    }
    co_return response;
}

// One request and its answer; false ends the conversation.
asio::awaitable<bool> exchange(Conversation& conversation) {
    if (!co_await wait_for_request(conversation)) co_return false;
    Parser parser;
    const error_code failed = co_await read_request(conversation, parser);
    Door& door = *conversation.door;
    if (failed) {
        const auto problem = refused_reading(door.counters, failed);
        if (problem) co_await send(conversation, problem_response(*problem), 11, false);
        co_return false;
    }
    if (door.director == nullptr) co_return false;
    ++door.counters.requests;
    auto request = parser.release();
    const Request asked{std::string(request.method_string()), std::string(request.target()), std::move(request.body()),
                        peer_of(conversation.stream.socket().native_handle())};
    const Response response = co_await answer_when_there_is_news(conversation.door, asked);
    const bool keep_alive = request.keep_alive() && !door.closing;
    co_return co_await send(conversation, response, request.version(), keep_alive) && keep_alive;
}

asio::awaitable<void> converse(DoorPtr door, Protocol::socket socket) {
    ++door->open;
    Conversation conversation{door, Stream(std::move(socket))};
    while (co_await exchange(conversation)) {
    }
    error_code ignored;
    conversation.stream.socket().shutdown(Protocol::socket::shutdown_both, ignored);
    --door->open;
}

// Best effort and at once: who is turned away may not hold anything of ours.
void turn_away(Door& door, Protocol::socket socket) {
    ++door.counters.too_many_connections;
    const Response response = problem_response({.title = "Service Unavailable", .status = 503,
                                                .detail = fmt::format("{} connections are open", door.open),
                                                .code = "too_many_connections", .hint = "try again"});
    const std::string text = fmt::format("HTTP/1.1 503 Service Unavailable\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}",
                                         response.content_type, response.body.size(), response.body);
    (void)::send(socket.native_handle(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

asio::awaitable<void> accept_all(DoorPtr door) {
    while (!door->closing) {
        auto [failed, socket] = co_await door->acceptor.async_accept(as_result);
        if (door->closing) break;
        if (failed) {
            asio::steady_timer pause(door->loop, accept_pause);
            co_await pause.async_wait(as_result);
            continue;
        }
        ++door->counters.accepted;
        if (door->open >= door->limits.connections) turn_away(*door, std::move(socket));
        else asio::co_spawn(door->loop, converse(door, std::move(socket)), asio::detached);
    }
}

class UnixHttpServer final : public HttpServer {
 public:
    UnixHttpServer(DoorPtr door, std::string path) : door_(std::move(door)), path_(std::move(path)) {}
    UnixHttpServer(const UnixHttpServer&) = delete;
    UnixHttpServer& operator=(const UnixHttpServer&) = delete;
    ~UnixHttpServer() override {
        shut();
        door_->director = nullptr;
    }

    [[nodiscard]] ServerCounters counters() const override { return door_->counters; }
    void close() override { shut(); }
    void news() override {
        for (asio::steady_timer* timer : door_->followers) timer->cancel();
    }

 private:
    void shut() {
        if (door_->closing) return;
        door_->closing = true;
        ::unlink(path_.c_str());
        error_code ignored;
        door_->acceptor.close(ignored);
        for (Stream* stream : door_->idle) stream->cancel();
        news();
    }

    DoorPtr door_;
    std::string path_;
};

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::listen(asio::io_context& loop, Director& director, const std::string& path,
                                                       const ServerLimits& limits) {
    Fd socket = TRY(listening_socket(path));
    const DoorPtr door = std::make_shared<Door>(loop, &director, limits, Protocol::acceptor(loop));
    error_code failed;
    door->acceptor.assign(Protocol(), socket.get(), failed);
    if (failed) return refusal("cannot use the socket " + path, failed.value());
    (void)socket.release();
    asio::co_spawn(loop, accept_all(door), asio::detached);
    return std::make_unique<UnixHttpServer>(door, path);
}

}  // namespace lvx::api
