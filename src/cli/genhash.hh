// genhash, as keepalived has it: the digest of a page as HTTP_GET and SSL_GET want it in their configuration.
#pragma once

#include <expected>
#include <span>
#include <string>

#include "model/watch.hh"

namespace lvx::cli {

enum class Talk : std::uint8_t { quiet, verbose, help };

struct GenhashRequest {
    model::Check check;
    Talk talk = Talk::quiet;
    bool operator==(const GenhashRequest&) const = default;
};

// `words` with the program's name.  The error is a sentence.
[[nodiscard]] std::expected<GenhashRequest, std::string> parse_genhash(std::span<const std::string> words);

// Asks, prints "MD5SUM = ...", returns the exit status: 0, or 1 with a sentence on standard error.
[[nodiscard]] int genhash(std::span<const std::string> words);

}  // namespace lvx::cli
