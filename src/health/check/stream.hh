// A connection of a check, plain or with TLS.  After connecting, one connect_timeout holds for everything the server says,
// so that one that drips bytes does not pass.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "health/check/socket.hh"

struct ssl_st;

namespace lvx::health {

struct TlsWish {
    std::string name;      // of SNI and, when verifying, of the certificate; "" = no SNI
    bool verify = false;
    bool strict_end = false;  // a connection that ends without close_notify is a failure (tls_compliant)
};

class Stream {
 public:
    explicit Stream(Fd socket);
    Stream(Stream&&) noexcept;
    ~Stream();

    static constexpr std::size_t read_bytes = 16384;

    // All are ended by the probe's deadline.
    [[nodiscard]] Task<Got<bool>> start_tls(Probe& probe, TlsWish wish);
    [[nodiscard]] Task<Got<bool>> write(Probe& probe, std::string_view bytes);
    // Appends what came to `buffer` of read_bytes; 0 = the server closed.
    [[nodiscard]] Task<Got<std::size_t>> read(Probe& probe, char* buffer);
    // A last word that need not arrive.
    void say(std::string_view bytes);

 private:
    struct Free { void operator()(ssl_st* tls) const; };
    [[nodiscard]] Outcome tls_failure(int result, int code) const;

    Fd socket_;
    std::unique_ptr<ssl_st, Free> tls_;
    bool strict_end_ = false;
};

// Connected, and the deadline set anew for the rest.
[[nodiscard]] Task<Got<Stream>> connected_stream(Probe& probe);

}  // namespace lvx::health
