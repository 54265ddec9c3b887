#include "api/client.hh"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "api/http_message.hh"

namespace lvx::api {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t read_bytes = 64 * 1024;
constexpr std::string_view end_of_head = "\r\n\r\n";

std::string_view connect_hint(int code) {
    switch (code) {
        case ENOENT:
        case ECONNREFUSED: return "no lvxd is running there; start it (systemctl start lvxd), or name another socket with --socket or LVX_SOCKET";
        case EACCES:
        case EPERM: return "the socket is for root and its group only; use sudo";
        case EAGAIN: return "the daemon does not accept connections; is it stopped or overloaded?";
        default: return "";
    }
}

// Waits until the socket is ready for `events`, or says that it took too long.
Result<void> wait_for(const Fd& socket, short events, Clock::time_point deadline, const std::string& doing) {
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
        if (left.count() <= 0) return refusal(doing, ETIMEDOUT, "the daemon is busy or hangs");
        pollfd polled{.fd = socket.get(), .events = events, .revents = 0};
        const int ready = ::poll(&polled, 1, static_cast<int>(left.count()));
        if (ready > 0) return {};
        if (ready < 0 && errno != EINTR) return refusal(doing, errno);
    }
}

Result<void> send_all(const Fd& socket, std::string_view text, Clock::time_point deadline, const std::string& doing) {
    while (!text.empty()) {
        const ssize_t sent = ::send(socket.get(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent >= 0) text.remove_prefix(static_cast<std::size_t>(sent));
        else if (errno == EAGAIN) TRY(wait_for(socket, POLLOUT, deadline, doing));
        // The daemon may refuse and close before it has read everything; its answer is worth reading.
        else if (errno == EPIPE) return {};
        else if (errno != EINTR) return refusal(doing, errno);
    }
    return {};
}

// Appends what has come; waits for at least one byte.
Result<std::string> receive_some(const Fd& socket, std::string so_far, Clock::time_point deadline, const std::string& doing) {
    for (;;) {
        TRY(wait_for(socket, POLLIN, deadline, doing));
        const std::size_t before = so_far.size();
        so_far.resize(before + read_bytes);
        const ssize_t got = ::recv(socket.get(), so_far.data() + before, read_bytes, MSG_DONTWAIT);
        const int code = errno;
        so_far.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        if (got > 0) return so_far;
        if (got == 0) return refusal(doing, ECONNRESET, "the daemon ended the conversation");
        if (code != EAGAIN && code != EINTR) return refusal(doing, code);
    }
}

Error unexpected_answer(const std::string& doing, const HttpAnswer& answer) {
    const auto problem = from_json<Problem>(answer.body);
    if (!problem) return {fmt::format("{}: the daemon answers {}", doing, answer.status), 0, ""};
    return {fmt::format("{}: {}", doing, problem->detail.empty() ? problem->title : problem->detail), 0, problem->hint};
}

}  // namespace

Result<Client> Client::connect(const std::string& socket_path, std::chrono::milliseconds request_timeout) {
    const std::string doing = "cannot reach the daemon at " + socket_path;
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    if (socket_path.size() >= sizeof address.sun_path) return refusal(doing, ENAMETOOLONG);
    std::memcpy(address.sun_path, socket_path.data(), socket_path.size());
    Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket.valid()) return refusal(doing, errno);
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        const int code = errno;
        return refusal(doing, code, std::string(connect_hint(code)));
    }
    return Client(std::move(socket), socket_path, request_timeout);
}

Result<HttpAnswer> Client::request(std::string_view method, std::string_view target, std::string_view body) {
    const std::string doing = fmt::format("cannot {} {} at {}", method, target, path_);
    const Clock::time_point deadline = Clock::now() + timeout_;
    TRY(send_all(socket_, request_text(method, target, body), deadline, doing));
    std::string bytes = std::exchange(unread_, {});
    std::size_t head_bytes = bytes.find(end_of_head);
    while (head_bytes == std::string::npos) {
        if (bytes.size() > answer_head_limit) return refusal(doing + ": the daemon's answer has no end of its header", EPROTO);
        bytes = TRY(receive_some(socket_, std::move(bytes), deadline, doing));
        head_bytes = bytes.find(end_of_head);
    }
    const auto head = parse_answer_head(std::string_view(bytes).substr(0, head_bytes));
    if (!head) return refusal(fmt::format("{}: {}", doing, head.error()), EPROTO, "is that an lvxd?");
    bytes.erase(0, head_bytes + end_of_head.size());
    while (bytes.size() < head->content_length) bytes = TRY(receive_some(socket_, std::move(bytes), deadline, doing));
    unread_ = bytes.substr(head->content_length);
    bytes.resize(head->content_length);
    return HttpAnswer{head->status, head->content_type, head->link, std::move(bytes)};
}

template <Wire T>
Result<T> Client::fetch(std::string_view target) {
    const HttpAnswer answer = TRY(request("GET", target, ""));
    const std::string doing = fmt::format("cannot GET {} at {}", target, path_);
    if (answer.status != 200) return std::unexpected(unexpected_answer(doing, answer));
    auto value = from_json<T>(answer.body);
    if (!value) return refusal(fmt::format("{}: {}", doing, value.error().sentence()), EPROTO, "tool and daemon are of different versions");
    return std::move(*value);
}

Result<StatusSnapshot> Client::status() { return fetch<StatusSnapshot>("/v1/status"); }
Result<ServicesSnapshot> Client::services() { return fetch<ServicesSnapshot>("/v1/services"); }
Result<Verdicts> Client::verdicts() { return fetch<Verdicts>("/v1/drops"); }
Result<ChecksSnapshot> Client::checks() { return fetch<ChecksSnapshot>("/v1/checks"); }
Result<Interfaces> Client::interfaces() { return fetch<Interfaces>("/v1/interfaces"); }

Result<MarksSnapshot> Client::marks() { return fetch<MarksSnapshot>("/v1/marks"); }

Result<BfdSessions> Client::bfd() { return fetch<BfdSessions>("/v1/bfd"); }

Result<std::vector<EventSnapshot>> Client::events(std::uint64_t since, std::uint64_t wait_s) {
    const HttpAnswer answer = TRY(request("GET", fmt::format("/v1/events?since={}&wait={}", since, wait_s), ""));
    if (answer.status != 200) return std::unexpected(unexpected_answer("cannot list events", answer));
    std::vector<EventSnapshot> result;
    std::string_view lines = answer.body;
    while (!lines.empty()) {
        const std::string_view line = lines.substr(0, lines.find('\n'));
        lines.remove_prefix(std::min(lines.size(), line.size() + 1));
        auto event = from_json<EventSnapshot>(line);
        if (!event) return refusal("cannot read an event: " + event.error().sentence(), EPROTO);
        result.push_back(std::move(*event));
    }
    return result;
}

Result<void> Client::connections(const std::function<void(const ConnectionSnapshot&)>& visitor) {
    for (std::string target = "/v1/connections"; !target.empty();) {
        const HttpAnswer answer = TRY(request("GET", target, ""));
        if (answer.status != 200) return std::unexpected(unexpected_answer("cannot list connections", answer));
        std::string_view lines = answer.body;
        while (!lines.empty()) {
            const std::string_view line = lines.substr(0, lines.find('\n'));
            lines.remove_prefix(std::min(lines.size(), line.size() + 1));
            const auto connection = from_json<ConnectionSnapshot>(line);
            if (!connection) return refusal("cannot read a connection: " + connection.error().sentence(), EPROTO);
            visitor(*connection);
        }
        target = next_link(answer.link);
    }
    return {};
}

Result<Execution> Client::execute(const Operations& operations) {
    const HttpAnswer answer = TRY(request("POST", "/v1/operations", to_json(operations)));
    if (answer.status == 200) {
        const auto outcome = from_json<OperationsOutcome>(answer.body);
        if (!outcome) return refusal("cannot read the daemon's answer: " + outcome.error().sentence(), EPROTO);
        return Execution{outcome->executed, 0};
    }
    const auto problem = from_json<Problem>(answer.body);
    if (!problem || problem->number == 0) return std::unexpected(unexpected_answer("cannot change the tables", answer));
    return Execution{problem->index.value_or(0), problem->number};
}

Result<ReloadOutcome> Client::reload() {
    const HttpAnswer answer = TRY(request("POST", "/v1/reload", ""));
    const auto outcome = from_json<ReloadOutcome>(answer.body);
    if (!outcome) return std::unexpected(unexpected_answer("cannot reload", answer));
    return *outcome;
}

Result<VrrpSnapshot> Client::vrrp() {
    const HttpAnswer answer = TRY(request("GET", "/v1/vrrp", ""));
    if (answer.status != 200) return std::unexpected(unexpected_answer("cannot ask about virtual routers", answer));
    const auto snapshot = from_json<VrrpSnapshot>(answer.body);
    if (!snapshot) return refusal("cannot read the daemon's answer: " + snapshot.error().sentence(), EPROTO);
    return *snapshot;
}

Result<void> Client::failover(const std::string& instance) {
    const HttpAnswer answer = TRY(request("POST", "/v1/vrrp/failover", to_json(VrrpOrder{.instance = instance})));
    if (answer.status != 202) return std::unexpected(unexpected_answer("cannot hand over " + instance, answer));
    return {};
}

Result<void> Client::standby(bool on) {
    const HttpAnswer answer = TRY(request("POST", "/v1/vrrp/standby", to_json(VrrpOrder{.on = on})));
    if (answer.status != 202) return std::unexpected(unexpected_answer("cannot change standby", answer));
    return {};
}

Result<void> Client::stop(StopKind kind) {
    const std::string target = kind == StopKind::keep_forwarding ? "/v1/stop?forwarding=keep" : "/v1/stop?forwarding=stop";
    const HttpAnswer answer = TRY(request("POST", target, ""));
    if (answer.status != 202) return std::unexpected(unexpected_answer("cannot stop the daemon", answer));
    return {};
}

}  // namespace lvx::api
