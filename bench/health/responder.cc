#include "bench/health/responder.hh"

#include <netinet/in.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <new>

#include "base/ensure.hh"
#include "base/fd.hh"

namespace lvx::bench {
namespace {

Fd listener() {
    Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    constexpr int on = 1;
    (void)::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(responder_port), .sin_addr = {htonl(INADDR_ANY)}, .sin_zero = {}};
    ensure(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    ensure(::listen(socket.get(), 4096) == 0);
    return socket;
}

void answer(int connection) {
    constexpr std::string_view page = "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nok\n";
    char buffer[2048];
    if (::recv(connection, buffer, sizeof buffer, 0) > 0) (void)!::send(connection, page.data(), page.size(), MSG_NOSIGNAL);
    ::close(connection);
}

[[noreturn]] void serve(Kind kind, std::atomic<std::uint64_t>& accepted) {
    const Fd door = listener(), epoll(::epoll_create1(0));
    epoll_event wanted = {.events = EPOLLIN, .data = {.fd = door.get()}};
    (void)::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, door.get(), &wanted);
    epoll_event ready[256];
    while (true) {
        const int count = ::epoll_wait(epoll.get(), ready, 256, -1);
        for (int i = 0; i < count; ++i) {
            if (ready[i].data.fd != door.get()) {
                answer(ready[i].data.fd);
                continue;
            }
            int connection = -1;
            while ((connection = ::accept4(door.get(), nullptr, nullptr, SOCK_NONBLOCK)) >= 0) {
                accepted.fetch_add(1, std::memory_order_relaxed);
                if (kind == Kind::tcp) {
                    ::close(connection);
                    continue;
                }
                wanted = {.events = EPOLLIN, .data = {.fd = connection}};
                (void)::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, connection, &wanted);
            }
        }
    }
}

}  // namespace

Responder::Responder(Kind kind) {
    void* const shared = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ensure(shared != MAP_FAILED);
    accepted_ = new (shared) std::atomic<std::uint64_t>(0);
    process_ = ::fork();
    ensure(process_ >= 0);
    if (process_ > 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    serve(kind, *accepted_);
}

Responder::~Responder() {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    ::munmap(accepted_, 4096);
}

std::uint64_t Responder::accepted() const { return accepted_->load(); }

}  // namespace lvx::bench
