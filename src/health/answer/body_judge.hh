// What a url wants of an answer: its status, the MD5 digest of its body, a regular expression that its body matches or
// must not match.  Fed with the body as it passes; what a regular expression may see is kept, up to a bound.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "model/watch.hh"

struct evp_md_ctx_st;

namespace lvx::health {

inline constexpr std::size_t regex_body_limit = 1u << 20;  // bytes a regular expression sees

using Digest = std::array<std::uint8_t, 16>;

class Md5 {
 public:
    Md5();
    void add(std::string_view bytes);
    [[nodiscard]] Digest finish();

 private:
    struct Free { void operator()(evp_md_ctx_st* context) const; };
    std::unique_ptr<evp_md_ctx_st, Free> context_;
};

[[nodiscard]] std::string hex(const Digest& digest);

class BodyJudge {
 public:
    explicit BodyJudge(const model::HttpUrl& url);

    void add(std::string_view body);
    // Why the answer is refused; nothing: it is as wanted.
    [[nodiscard]] std::optional<std::string> verdict(std::uint16_t status);

 private:
    [[nodiscard]] bool expression_found() const;

    const model::HttpUrl& url_;
    std::optional<Md5> md5_;
    std::string kept_;
};

[[nodiscard]] bool status_wanted(const model::HttpUrl& url, std::uint16_t status);
[[nodiscard]] std::string wanted_text(const model::HttpUrl& url);  // "200-299", "200, 404"

}  // namespace lvx::health
