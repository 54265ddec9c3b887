#include "download.hh"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <thread>
#include <vector>

#include "base/fd.hh"
#include "base/socket_address.hh"
#include "lab/namespace.hh"

namespace lvx::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t piece = 64 * 1024;
constexpr int silence_limit_ms = 20'000;

// Words of a counter, mixed: no two pieces are alike.
void fill(std::vector<std::uint64_t>& words, std::uint64_t offset) {
    for (std::size_t i = 0; i < words.size(); ++i) {
        std::uint64_t word = (offset / sizeof word + i) * 0x9e3779b97f4a7c15;
        word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9;
        words[i] = word ^ word >> 27;
    }
}

class Sha256 {
 public:
    Sha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) { EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr); }
    void add(const void* bytes, std::size_t count) { EVP_DigestUpdate(context_.get(), bytes, count); }
    std::string hexadecimal() {
        std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
        unsigned size = 0;
        EVP_DigestFinal_ex(context_.get(), digest.data(), &size);
        std::string text;
        for (unsigned i = 0; i < size; ++i) text += fmt::format("{:02x}", digest[i]);
        return text;
    }

 private:
    std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context_;
};

bool send_all(int socket, const char* bytes, std::size_t count) {
    while (count > 0) {
        const ssize_t sent = ::send(socket, bytes, count, MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes += sent;
        count -= static_cast<std::size_t>(sent);
    }
    return true;
}

Result<Fd> connected(const Endpoint& server) {
    Fd socket(::socket(server.address.is_v4() ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const SocketAddress address = socket_address(server);
    if (!socket.valid() || ::connect(socket.get(), address.get(), address.size) != 0) return refusal("cannot connect to " + server.text(), errno);
    return socket;
}

}  // namespace

int serve_stream(int listener) {
    std::vector<std::uint64_t> words(piece / sizeof(std::uint64_t));
    for (;;) {
        pollfd poll{.fd = listener, .events = POLLIN, .revents = 0};
        ::poll(&poll, 1, -1);
        const Fd client(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
        if (!client.valid() && errno == EAGAIN) continue;
        if (!client.valid()) return 1;
        for (std::uint64_t offset = 0; offset < gigabyte; offset += piece) {
            fill(words, offset);
            if (!send_all(client.get(), reinterpret_cast<const char*>(words.data()), std::min<std::uint64_t>(piece, gigabyte - offset))) break;
        }
    }
}

std::string expected_digest() {
    Sha256 sum;
    std::vector<std::uint64_t> words(piece / sizeof(std::uint64_t));
    for (std::uint64_t offset = 0; offset < gigabyte; offset += piece) {
        fill(words, offset);
        sum.add(words.data(), std::min<std::uint64_t>(piece, gigabyte - offset));
    }
    return sum.hexadecimal();
}

Result<Download> fetch_stream(int network_namespace, const Endpoint& server, std::uint64_t bytes_per_second,
                              const std::function<void(std::uint64_t)>& progress) {
    Fd socket;
    TRY(lab::inside(network_namespace, [&]() -> Result<void> {
        // Its server may be about to listen.
        for (const Clock::time_point end = Clock::now() + std::chrono::seconds(5);;) {
            auto tried = connected(server);
            if (!tried && tried.error().code == ECONNREFUSED && Clock::now() < end) {
                std::this_thread::sleep_for(std::chrono::milliseconds(20));
                continue;
            }
            socket = TRY(std::move(tried));
            return {};
        }
    }));
    Sha256 sum;
    Download download;
    std::vector<char> buffer(piece);
    const Clock::time_point begun = Clock::now();
    for (;;) {
        pollfd poll{.fd = socket.get(), .events = POLLIN, .revents = 0};
        if (::poll(&poll, 1, silence_limit_ms) != 1) return refusal("the download fell silent", ETIMEDOUT);
        const ssize_t got = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
        if (got < 0) return refusal("the download broke off", errno);
        if (got == 0) break;
        sum.add(buffer.data(), static_cast<std::size_t>(got));
        download.bytes += static_cast<std::uint64_t>(got);
        progress(download.bytes);
        std::this_thread::sleep_until(begun + std::chrono::nanoseconds(download.bytes * 1'000'000'000 / bytes_per_second));
    }
    download.digest = sum.hexadecimal();
    download.seconds = std::chrono::duration<double>(Clock::now() - begun).count();
    return download;
}

}  // namespace lvx::bench
