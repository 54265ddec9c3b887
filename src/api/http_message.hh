// HTTP/1.1 as far as the client needs it, pure: a request as text, and an answer out of bytes (RFC 9112).  Answers have
// a Content-Length; chunked ones are refused, since the daemon sends none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace lvx::api {

inline constexpr std::size_t answer_head_limit = 16 * 1024;
inline constexpr std::size_t answer_body_limit = std::size_t{1} << 30;

struct AnswerHead {
    std::uint32_t status = 0;
    std::string content_type, link;
    std::size_t content_length = 0;
    bool operator==(const AnswerHead&) const = default;
};

[[nodiscard]] std::string request_text(std::string_view method, std::string_view target, std::string_view body);

// `head` is everything before the empty line.  The error is a sentence.
[[nodiscard]] std::expected<AnswerHead, std::string> parse_answer_head(std::string_view head);

// The target within `Link: <target>; rel="next"`; empty if there is none.
[[nodiscard]] std::string next_link(std::string_view link);

}  // namespace lvx::api
