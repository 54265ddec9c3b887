// TLS 1.3 between directors: by a shared key (RFC 8446, 4.2.11, with a fresh Diffie-Hellman), or by certificates of both
// sides.  Nothing older, no tickets, no early data: what is replayed is refused by TLS itself.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/fd.hh"
#include "base/result.hh"
#include "model/site.hh"

struct ssl_ctx_st;
struct ssl_st;

namespace lvx::sync {

enum class TlsSide : std::uint8_t { client, server };

// A key, or certificates, read once.
class TlsContext {
 public:
    // Errors name the file and what is wrong with it.
    static Result<TlsContext> make(const model::StateSync& settings);

    struct Shared;
    [[nodiscard]] const Shared& shared() const { return *shared_; }

 private:
    std::shared_ptr<const Shared> shared_;
};

// One connection; its socket does not block.
class TlsLink {
 public:
    TlsLink(const TlsContext& context, Fd socket, TlsSide side);
    TlsLink(TlsLink&&) noexcept;
    TlsLink& operator=(TlsLink&&) noexcept;
    ~TlsLink();

    enum class Progress : std::uint8_t { wants_more, done, refused };
    [[nodiscard]] Progress handshake();
    // Bytes that were there; empty: none now; nothing: the connection is over.
    [[nodiscard]] std::optional<std::span<const std::uint8_t>> read();
    // How many bytes were taken; nothing: the connection is over.
    [[nodiscard]] std::optional<std::size_t> write(std::span<const std::uint8_t> bytes);
    [[nodiscard]] int socket() const { return socket_.get(); }

 private:
    struct Free {
        void operator()(ssl_st* ssl) const;
    };
    TlsContext context_;  // its key is asked for during the handshake
    Fd socket_;
    TlsSide side_;
    std::unique_ptr<ssl_st, Free> ssl_;
    std::vector<std::uint8_t> buffer_;
};

}  // namespace lvx::sync
