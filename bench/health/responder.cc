#include "bench/health/responder.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <new>
#include <sstream>
#include <string>
#include <utility>

#include "base/ensure.hh"
#include "base/fd.hh"
#include "lab/process.hh"

namespace lvx::bench {
namespace {

constexpr std::chrono::seconds patience{5};

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


// From this namespace to the one of a process.
void lay_cable(pid_t process) {
    const Fd here(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
    (void)lab::run(here.get(), lab::shell("ip link delete near"), patience);
    set_up("ip link add near type veth peer name far");
    for (const auto& [end, cpu] : {std::pair{"near", checker_cpu}, std::pair{"far", responder_cpu}})
        std::ofstream(fmt::format("/sys/class/net/{}/queues/rx-0/rps_cpus", end)) << fmt::format("{:x}\n", 1 << cpu);
    set_up(fmt::format("ip link set far netns {} && ip address add 10.64.0.1/30 dev near && ip link set near up && ip route add 10.65.0.0/16 via 10.64.0.2",
                       process));
}

}  // namespace

void set_up(const std::string& commands) {
    const Fd here(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
    const auto done = lab::run(here.get(), lab::shell(commands), patience);
    ensure(done && done->status == 0);
}

void stay_on(int cpu) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    ensure(::sched_setaffinity(0, sizeof one, &one) == 0);
}

Responder::Responder(Kind kind) {
    void* const shared = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ensure(shared != MAP_FAILED);
    accepted_ = new (shared) std::atomic<std::uint64_t>(0);
    int ready[2], cabled[2];
    ensure(::pipe(ready) == 0 && ::pipe(cabled) == 0);
    process_ = ::fork();
    ensure(process_ >= 0);
    char word = 0;
    if (process_ > 0) {
        ensure(::read(ready[0], &word, 1) == 1);
        lay_cable(process_);
        ensure(::write(cabled[1], &word, 1) == 1);
        ensure(::read(ready[0], &word, 1) == 1);
        for (const int fd : {ready[0], ready[1], cabled[0], cabled[1]}) ::close(fd);
        return;
    }
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ensure(::unshare(CLONE_NEWNET) == 0);
    ensure(::write(ready[1], &word, 1) == 1 && ::read(cabled[0], &word, 1) == 1);
    set_up("ip link set lo up && ip address add 10.64.0.2/30 dev far && ip link set far up && ip route add local 10.65.0.0/16 dev lo && "
           "ip route add default via 10.64.0.1");
    stay_on(responder_cpu);
    ensure(::write(ready[1], &word, 1) == 1);
    serve(kind, *accepted_);
}

Responder::~Responder() {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    ::munmap(accepted_, 4096);
}

// "TcpExt: Name Name ..." above "TcpExt: number number ..."
std::uint64_t Responder::reset_before_standing() const {
    std::ifstream in(fmt::format("/proc/{}/net/netstat", process_));
    std::string names, numbers;
    while (std::getline(in, names) && std::getline(in, numbers)) {
        std::istringstream name_words(names), number_words(numbers);
        std::string name, number;
        while (name_words >> name && number_words >> number)
            if (name == "EmbryonicRsts") return std::strtoull(number.c_str(), nullptr, 10);
    }
    return 0;
}

std::uint64_t Responder::met() const { return accepted_->load() + reset_before_standing(); }

}  // namespace lvx::bench
