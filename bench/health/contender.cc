#include "bench/health/contender.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/ensure.hh"
#include "bench/health/responder.hh"
#include "health/worker.hh"

namespace lvx::bench {
namespace {

model::Check check_of(const Load& load, const Endpoint& server) {
    model::Check check = {.target = {.endpoint = server, .bind = {}, .bind_interface = {}}, .timing = {}, .kind = model::TcpCheck{}};
    check.timing.delay_loop = check.timing.warmup = std::chrono::seconds(load.period_s);
    check.timing.connect_timeout = std::chrono::seconds(2);
    if (load.kind == Kind::tcp) return check;
    model::HttpCheck http;
    http.urls.push_back({});
    check.kind = http;
    return check;
}

health::Setting setting_of(const Load& load) {
    health::Setting setting;
    for (std::uint32_t number = 0; number < load.servers; ++number) {
        if (number % servers_per_pool == 0) {
            model::Pool pool;
            pool.services.push_back({.address = Address::v4(0x0a000001), .port = static_cast<Port>(1 + number / servers_per_pool)});
            setting.pools.push_back(pool);
        }
        model::WatchedServer server;
        server.endpoint = {server_address(number), responder_port};
        server.checks.push_back(check_of(load, server.endpoint));
        setting.pools.back().servers.push_back(std::move(server));
    }
    return setting;
}

[[noreturn]] void run_worker(const Load& load) {
    const rlimit many = {.rlim_cur = 65536, .rlim_max = 65536};
    (void)::setrlimit(RLIMIT_NOFILE, &many);
    auto worker = health::Worker::open({.view = [](health::View) {}, .emit = [](const model::Event&) {}, .tell = [](notify::Notice) {}}, 1);
    ensure(worker.has_value());
    ensure((*worker)->configure(std::make_shared<const health::Setting>(setting_of(load)), health::Clock::now()).has_value());
    while (true) {
        (*worker)->wait();
        (*worker)->work(health::Clock::now());
    }
}

void write_configuration(const Load& load, const std::string& file) {
    std::ofstream out(file);
    for (std::uint32_t number = 0; number < load.servers; ++number) {
        if (number % servers_per_pool == 0) {
            if (number != 0) out << "}\n";
            out << fmt::format("virtual_server 10.0.0.1 {} {{\n  lvs_sched rr\n  lvs_method NAT\n  protocol TCP\n  delay_loop {}\n  warmup {}\n",
                               1 + number / servers_per_pool, load.period_s, load.period_s);
        }
        const std::string check = load.kind == Kind::tcp ? "TCP_CHECK { connect_timeout 2 }" : "HTTP_GET { url { path / }\n connect_timeout 2 }";
        out << fmt::format("  real_server {} {} {{\n    weight 1\n    {}\n  }}\n", server_address(number).text(), responder_port, check);
    }
    out << "}\n";
}

std::string contents(const std::string& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

Contender Contender::lvx(const Load& load) {
    const pid_t process = ::fork();
    ensure(process >= 0);
    if (process > 0) return Contender(process);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    stay_on(checker_cpu);
    run_worker(load);
}

Contender Contender::keepalived(const Load& load, const std::string& folder, const std::string& shim) {
    write_configuration(load, folder + "/keepalived.conf");
    const pid_t process = ::fork();
    ensure(process >= 0);
    if (process > 0) return Contender(process);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    stay_on(checker_cpu);
    ::setenv("LD_PRELOAD", shim.c_str(), 1);
    const int log = ::open((folder + "/keepalived.log").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::dup2(log, 1);
    ::dup2(log, 2);
    ::execlp("keepalived", "keepalived", "-C", "-n", "-G", "-f", (folder + "/keepalived.conf").c_str(), "-p", (folder + "/pid").c_str(), "-c",
             (folder + "/checkers.pid").c_str(), nullptr);
    ::_exit(127);
}

Contender::~Contender() {
    if (process_ < 0) return;
    for (const pid_t process : processes()) ::kill(process, SIGKILL);
    ::waitpid(process_, nullptr, 0);
}

std::vector<pid_t> Contender::processes() const {
    std::vector<pid_t> found = {process_};
    std::ifstream children(fmt::format("/proc/{0}/task/{0}/children", process_));
    for (pid_t child = 0; children >> child;) found.push_back(child);
    return found;
}

bool Contender::runs() const { return ::waitpid(process_, nullptr, WNOHANG) == 0; }

std::uint64_t Contender::resident_kib() const {
    std::uint64_t largest = 0;
    for (const pid_t process : processes()) {
        const std::string status = contents(fmt::format("/proc/{}/status", process));
        const std::size_t at = status.find("VmRSS:");
        if (at != status.npos) largest = std::max<std::uint64_t>(largest, std::strtoull(status.c_str() + at + 6, nullptr, 10));
    }
    return largest;
}

}  // namespace lvx::bench
