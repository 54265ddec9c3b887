// Digests that database logins are made of.  OpenSSL's, as functions of strings.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lvx::health {

[[nodiscard]] std::string sha1(std::string_view text);
[[nodiscard]] std::string sha256(std::string_view text);
[[nodiscard]] std::string md5_hex(std::string_view text);
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view text);
[[nodiscard]] std::string pbkdf2_sha256(std::string_view password, std::string_view salt, std::uint32_t iterations);
[[nodiscard]] std::string base64(std::string_view bytes);
[[nodiscard]] std::string from_base64(std::string_view text);  // "" when it is none
[[nodiscard]] std::string exclusive_or(std::string_view a, std::string_view b);  // as long as the shorter one

}  // namespace lvx::health
