// HTTP/1.1 (RFC 9112) as the laboratory's own server and client speak it: GET requests without a body, answers with a
// Content-Length.  Pure: bytes in, values out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lvx::lab::http {

// What has arrived so far: not all of it, nothing that can become HTTP, or a whole head.
enum class Progress : std::uint8_t { partial, malformed, whole };

// What becomes of the connection after an answer.
enum class Afterwards : std::uint8_t { close, keep_alive };

struct Request {
    Progress progress = Progress::partial;
    std::size_t length = 0;  // bytes of the head, when whole
    std::string_view method, target;
    Afterwards afterwards = Afterwards::keep_alive;
};

[[nodiscard]] Request read_request(std::string_view bytes);

struct ResponseHead {
    Progress progress = Progress::partial;
    std::size_t length = 0;
    int status = 0;
    std::optional<std::uint64_t> body_length;  // none: the body ends with the connection
};

[[nodiscard]] ResponseHead read_response_head(std::string_view bytes);

[[nodiscard]] std::string request_text(std::string_view host, std::string_view target, Afterwards afterwards);
[[nodiscard]] std::string response_head(int status, std::string_view type, std::uint64_t body_length, Afterwards afterwards);

}  // namespace lvx::lab::http
