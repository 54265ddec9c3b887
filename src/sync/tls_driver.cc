#include "sync/tls_driver.hh"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace lvx::sync {
namespace {

constexpr std::string_view psk_identity = "lvx director sync 1";
// TLS_AES_128_GCM_SHA256: the one suite every TLS 1.3 has, and the hash a shared key is bound to.
constexpr std::array<unsigned char, 2> psk_suite = {0x13, 0x01};
constexpr const char* psk_suite_name = "TLS_AES_128_GCM_SHA256";
constexpr std::size_t shortest_key = 16, longest_key = 4096, read_bytes = 64 * 1024;

using Secret = std::array<unsigned char, 32>;

std::string last_reason() {
    const unsigned long code = ERR_get_error();
    ERR_clear_error();
    const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
    return reason ? reason : "unknown";
}

// What is in the file but for blanks at its ends, hashed: any text of some length serves.
Result<Secret> read_key(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return refusal("cannot read the key of director_sync, " + path, errno, "make one: openssl rand -hex 32 > " + path);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.pop_back();
    if (text.size() < shortest_key || text.size() > longest_key)
        return refusal(fmt::format("the key of director_sync, {}, has {} bytes", path, text.size()), 0,
                       fmt::format("{} to {} belong there: openssl rand -hex 32", shortest_key, longest_key));
    Secret key;
    EVP_Digest(text.data(), text.size(), key.data(), nullptr, EVP_sha256(), nullptr);
    return key;
}

}  // namespace

struct TlsContext::Shared {
    struct Free {
        void operator()(SSL_CTX* freed) const { SSL_CTX_free(freed); }
    };
    std::unique_ptr<SSL_CTX, Free> context;
    std::optional<Secret> key;
};

namespace {

const Secret* key_of(SSL* ssl) {
    return static_cast<const Secret*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), 0));
}

SSL_SESSION* session_of(SSL* ssl) {
    const Secret* key = key_of(ssl);
    const SSL_CIPHER* cipher = SSL_CIPHER_find(ssl, psk_suite.data());
    SSL_SESSION* session = key && cipher ? SSL_SESSION_new() : nullptr;
    if (session && SSL_SESSION_set1_master_key(session, key->data(), key->size()) && SSL_SESSION_set_cipher(session, cipher) &&
        SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION) &&
        SSL_SESSION_set1_id_context(session, reinterpret_cast<const unsigned char*>(psk_identity.data()), psk_identity.size()))
        return session;
    SSL_SESSION_free(session);
    return nullptr;
}

int offer_key(SSL* ssl, const EVP_MD* hash, const unsigned char** identity, std::size_t* length, SSL_SESSION** session) {
    *session = nullptr;
    if (hash && !EVP_MD_is_a(hash, "SHA256")) return 1;
    *session = session_of(ssl);
    *identity = reinterpret_cast<const unsigned char*>(psk_identity.data());
    *length = psk_identity.size();
    return *session != nullptr;
}

int find_key(SSL* ssl, const unsigned char* identity, std::size_t length, SSL_SESSION** session) {
    *session = nullptr;
    if (length != psk_identity.size() || std::memcmp(identity, psk_identity.data(), length) != 0) return 1;
    *session = session_of(ssl);
    return *session != nullptr;
}

Result<void> use_certificates(SSL_CTX* context, const model::StateSync& settings) {
    if (SSL_CTX_use_certificate_chain_file(context, settings.certificate.c_str()) != 1)
        return refusal(fmt::format("cannot use the certificate of director_sync, {}: {}", settings.certificate, last_reason()), 0);
    if (SSL_CTX_use_PrivateKey_file(context, settings.private_key.c_str(), SSL_FILETYPE_PEM) != 1)
        return refusal(fmt::format("cannot use the private key of director_sync, {}: {}", settings.private_key, last_reason()), 0);
    if (SSL_CTX_load_verify_locations(context, settings.ca.c_str(), nullptr) != 1)
        return refusal(fmt::format("cannot use the ca of director_sync, {}: {}", settings.ca, last_reason()), 0);
    return {};
}

}  // namespace

Result<TlsContext> TlsContext::make(const model::StateSync& settings) {
    auto shared = std::make_shared<Shared>();
    shared->context.reset(SSL_CTX_new(TLS_method()));
    SSL_CTX* context = shared->context.get();
    if (!context) return refusal("cannot begin TLS: " + last_reason(), 0);
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    SSL_CTX_set_num_tickets(context, 0);
    // A server that verifies refuses every session, that of a shared key too, without a context for it.
    SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char*>(psk_identity.data()), psk_identity.size());
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    // Of a server that answers with a certificate where the key was offered, nothing is trusted.
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    if (settings.key_file.empty()) {
        TRY(use_certificates(context, settings));
    } else {
        shared->key = TRY(read_key(settings.key_file));
        SSL_CTX_set_ciphersuites(context, psk_suite_name);
        SSL_CTX_set_ex_data(context, 0, &*shared->key);
        SSL_CTX_set_psk_use_session_callback(context, offer_key);
        SSL_CTX_set_psk_find_session_callback(context, find_key);
    }
    TlsContext result;
    result.shared_ = std::move(shared);
    return result;
}

void TlsLink::Free::operator()(ssl_st* ssl) const { SSL_free(ssl); }

TlsLink::TlsLink(const TlsContext& context, Fd socket, TlsSide side)
    : context_(context), socket_(std::move(socket)), side_(side), ssl_(SSL_new(context.shared().context.get())), buffer_(read_bytes) {
    SSL_set_fd(ssl_.get(), socket_.get());
    if (side_ == TlsSide::client) SSL_set_connect_state(ssl_.get());
    else SSL_set_accept_state(ssl_.get());
}

TlsLink::TlsLink(TlsLink&&) noexcept = default;
TlsLink& TlsLink::operator=(TlsLink&&) noexcept = default;
TlsLink::~TlsLink() = default;

namespace {

bool must_wait(const SSL* ssl, int result) {
    const int error = SSL_get_error(ssl, result);
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

}  // namespace

TlsLink::Progress TlsLink::handshake() {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) return Progress::done;
    return must_wait(ssl_.get(), result) ? Progress::wants_more : Progress::refused;
}

std::optional<std::span<const std::uint8_t>> TlsLink::read() {
    ERR_clear_error();
    std::size_t got = 0;
    const int result = SSL_read_ex(ssl_.get(), buffer_.data(), buffer_.size(), &got);
    if (result == 1) return std::span<const std::uint8_t>(buffer_.data(), got);
    if (must_wait(ssl_.get(), result)) return std::span<const std::uint8_t>();
    return std::nullopt;
}

std::optional<std::size_t> TlsLink::write(std::span<const std::uint8_t> bytes) {
    ERR_clear_error();
    std::size_t taken = 0;
    const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &taken);
    if (result == 1) return taken;
    if (must_wait(ssl_.get(), result)) return 0;
    return std::nullopt;
}

}  // namespace lvx::sync
