#include "health/answer/secret.hh"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>

#include "base/ensure.hh"
#include "health/answer/body_judge.hh"

namespace lvx::health {
namespace {

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* room_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

std::string digest(const EVP_MD* kind, std::string_view text) {
    std::string result(static_cast<std::size_t>(EVP_MD_get_size(kind)), '\0');
    unsigned length = 0;
    ensure(EVP_Digest(text.data(), text.size(), room_of(result), &length, kind, nullptr) == 1);
    return result;
}

}  // namespace

std::string sha1(std::string_view text) { return digest(EVP_sha1(), text); }
std::string sha256(std::string_view text) { return digest(EVP_sha256(), text); }

std::string md5_hex(std::string_view text) {
    Md5 md5;
    md5.add(text);
    return hex(md5.finish());
}

std::string hmac_sha256(std::string_view key, std::string_view text) {
    std::string result(32, '\0');
    unsigned length = 0;
    ensure(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(text), text.size(), room_of(result), &length) != nullptr);
    return result;
}

std::string pbkdf2_sha256(std::string_view password, std::string_view salt, std::uint32_t iterations) {
    std::string result(32, '\0');
    ensure(PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), bytes_of(salt), static_cast<int>(salt.size()),
                             static_cast<int>(iterations), EVP_sha256(), 32, room_of(result)) == 1);
    return result;
}

std::string base64(std::string_view bytes) {
    std::string result(4 * ((bytes.size() + 2) / 3) + 1, '\0');
    result.resize(static_cast<std::size_t>(EVP_EncodeBlock(room_of(result), bytes_of(bytes), static_cast<int>(bytes.size()))));
    return result;
}

std::string from_base64(std::string_view text) {
    if (text.empty() || text.size() % 4 != 0) return {};
    std::string result(3 * text.size() / 4, '\0');
    if (EVP_DecodeBlock(room_of(result), bytes_of(text), static_cast<int>(text.size())) < 0) return {};
    result.resize(result.size() - (text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0));
    return result;
}

std::string exclusive_or(std::string_view a, std::string_view b) {
    std::string result(std::min(a.size(), b.size()), '\0');
    for (std::size_t i = 0; i < result.size(); ++i) result[i] = static_cast<char>(a[i] ^ b[i]);
    return result;
}

}  // namespace lvx::health
