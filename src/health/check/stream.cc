#include "health/check/stream.hh"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <cerrno>

#include "base/text.hh"

namespace lvx::health {
namespace {

std::string first_tls_error(const char* otherwise) {
    const unsigned long code = ERR_get_error();
    ERR_clear_error();
    const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
    return printable(reason != nullptr ? reason : otherwise);
}

}  // namespace

Stream::Stream(Fd socket) : socket_(std::move(socket)) {}
Stream::Stream(Stream&&) noexcept = default;
Stream::~Stream() = default;

void Stream::Free::operator()(ssl_st* tls) const { SSL_free(tls); }

Outcome Stream::tls_failure(int result, int code) const {
    const int system = errno;
    const long verification = SSL_get_verify_result(tls_.get());
    if (verification != X509_V_OK && SSL_get_verify_mode(tls_.get()) != SSL_VERIFY_NONE) {
        ERR_clear_error();
        return failed(fmt::format("certificate: {}", X509_verify_cert_error_string(verification)));
    }
    if (code == SSL_ERROR_SYSCALL && ERR_peek_error() == 0 && result < 0 && system != 0) return refused_by(system);
    return failed("tls: " + first_tls_error("closed by the server"));
}

Task<Got<bool>> Stream::start_tls(Probe& probe, TlsWish wish) {
    tls_.reset(SSL_new(wish.verify ? probe.tools->tls_verifying : probe.tools->tls));
    if (!tls_ || SSL_set_fd(tls_.get(), socket_.get()) != 1) co_return std::unexpected(local_error("no memory for tls"));
    strict_end_ = wish.strict_end;
    if (!strict_end_) SSL_set_options(tls_.get(), SSL_OP_IGNORE_UNEXPECTED_EOF);
    if (!wish.name.empty()) SSL_set_tlsext_host_name(tls_.get(), const_cast<char*>(wish.name.c_str()));
    if (wish.verify) {
        const std::string& name = wish.name;
        if (name.empty()) (void)X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls_.get()), probe.check->target.endpoint.address.text().c_str());
        else (void)SSL_set1_host(tls_.get(), name.c_str());
    }
    while (true) {
        ERR_clear_error();
        errno = 0;
        const int result = SSL_connect(tls_.get());
        if (result == 1) co_return true;
        const int code = SSL_get_error(tls_.get(), result);
        if (code != SSL_ERROR_WANT_READ && code != SSL_ERROR_WANT_WRITE) co_return std::unexpected(tls_failure(result, code));
        if (!co_await probe.event()) co_return std::unexpected(failed(too_late(probe, "no tls handshake")));
    }
}

Task<Got<bool>> Stream::write(Probe& probe, std::string_view bytes) {
    while (!bytes.empty()) {
        ssize_t sent = 0;
        bool again = false;
        if (tls_) {
            ERR_clear_error();
            errno = 0;
            const int result = SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size()));
            const int code = result > 0 ? SSL_ERROR_NONE : SSL_get_error(tls_.get(), result);
            again = code == SSL_ERROR_WANT_READ || code == SSL_ERROR_WANT_WRITE;
            if (result <= 0 && !again) co_return std::unexpected(tls_failure(result, code));
            sent = result;
        } else {
            sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
            again = sent < 0 && errno == EAGAIN;
            if (sent < 0 && !again) co_return std::unexpected(refused_by(errno));
        }
        if (!again) bytes.remove_prefix(static_cast<std::size_t>(sent));
        else if (!co_await probe.event()) co_return std::unexpected(failed(too_late(probe, "the request was not taken")));
    }
    co_return true;
}

Task<Got<std::size_t>> Stream::read(Probe& probe, char* buffer) {
    while (true) {
        bool again = false;
        if (tls_) {
            ERR_clear_error();
            errno = 0;
            const int result = SSL_read(tls_.get(), buffer, read_bytes);
            if (result > 0) co_return static_cast<std::size_t>(result);
            const int code = SSL_get_error(tls_.get(), result);
            if (code == SSL_ERROR_ZERO_RETURN) co_return std::size_t{0};
            again = code == SSL_ERROR_WANT_READ || code == SSL_ERROR_WANT_WRITE;
            if (!again) co_return std::unexpected(tls_failure(result, code));
        } else {
            const ssize_t got = ::recv(socket_.get(), buffer, read_bytes, 0);
            if (got >= 0) co_return static_cast<std::size_t>(got);
            if (errno != EAGAIN) co_return std::unexpected(refused_by(errno));
        }
        if (!co_await probe.event()) co_return std::unexpected(failed(too_late(probe, "no whole answer")));
    }
}

void Stream::say(std::string_view bytes) {
    if (bytes.empty()) return;
    if (tls_) (void)SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size()));
    else (void)::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

Task<Got<Stream>> connected_stream(Probe& probe) {
    auto socket = co_await connected_socket(probe);
    if (!socket) co_return std::unexpected(std::move(socket.error()));
    probe.set_deadline(probe.check->timing.connect_timeout);
    co_return Stream(std::move(*socket));
}

}  // namespace lvx::health
