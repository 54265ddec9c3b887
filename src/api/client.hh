// The tool's side of the API: a blocking HTTP/1.1 client over the daemon's Unix socket.  One connection for all its
// requests; bounded by a time-out per request.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "api/json.hh"
#include "base/fd.hh"
#include "base/result.hh"

namespace lvx::api {

inline constexpr std::string_view default_socket_path = "/run/lvx/api.sock";
inline constexpr std::chrono::milliseconds default_request_timeout{30'000};

// A whole answer as it came.
struct HttpAnswer {
    std::uint32_t status = 0;
    std::string content_type, link, body;
};

class Client {
 public:
    // Connects.  ENOENT or ECONNREFUSED means that no daemon is running; the error's hint says so.
    static Result<Client> connect(const std::string& socket_path, std::chrono::milliseconds request_timeout);

    // Any answer, whatever its status.
    Result<HttpAnswer> request(std::string_view method, std::string_view target, std::string_view body);

    Result<StatusSnapshot> status();
    Result<ServicesSnapshot> services();
    Result<Verdicts> verdicts();
    Result<Interfaces> interfaces();
    Result<ChecksSnapshot> checks();
    Result<BfdSessions> bfd();
    Result<MarksSnapshot> marks();
    // Lines of /v1/events after `since`; waits up to `wait_s` for the first.
    Result<std::vector<EventSnapshot>> events(std::uint64_t since, std::uint64_t wait_s);
    // Calls `visitor` for every connection, page by page.
    Result<void> connections(const std::function<void(const ConnectionSnapshot&)>& visitor);
    // As Director::execute; an Error only when there was no proper answer.
    Result<Execution> execute(const Operations& operations);
    Result<ReloadOutcome> reload();
    Result<VrrpSnapshot> vrrp();
    Result<void> failover(const std::string& instance);
    Result<void> standby(bool on);
    Result<void> stop(StopKind kind);

 private:
    Client(Fd socket, std::string path, std::chrono::milliseconds timeout) : socket_(std::move(socket)), path_(std::move(path)), timeout_(timeout) {}

    template <Wire T>
    Result<T> fetch(std::string_view target);

    Fd socket_;
    std::string path_;
    std::chrono::milliseconds timeout_;
    std::string unread_;  // bytes that came behind the last answer; none, unless the peer is broken
};

}  // namespace lvx::api
