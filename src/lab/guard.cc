#include "lab/guard.hh"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>

namespace lvx::lab {
namespace {

constexpr std::array interruptions = {SIGINT, SIGTERM, SIGHUP};

// Blocked for as long as it lives.
class Blocked {
 public:
    Blocked() {
        sigset_t signals;
        sigemptyset(&signals);
        sigaddset(&signals, SIGCHLD);
        for (const int number : interruptions) sigaddset(&signals, number);
        sigprocmask(SIG_BLOCK, &signals, &before_);
        awaited_ = signals;
    }
    Blocked(const Blocked&) = delete;
    Blocked& operator=(const Blocked&) = delete;
    ~Blocked() { sigprocmask(SIG_SETMASK, &before_, nullptr); }

    void restore_in_child() const { sigprocmask(SIG_SETMASK, &before_, nullptr); }
    [[nodiscard]] int await() const { return sigwaitinfo(&awaited_, nullptr); }

 private:
    sigset_t before_, awaited_;
};

int watch(pid_t child, const Blocked& blocked) {
    int raw = 0;
    while (waitpid(child, &raw, WNOHANG) == 0) {
        const int number = blocked.await();
        // From a terminal the child has it already; by kill(1) it came to us alone.
        if (number > 0 && number != SIGCHLD) kill(child, number);
    }
    return WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
}

}  // namespace

int guarded(const std::function<int()>& work, const std::function<void(int status)>& tidy) {
    const Blocked blocked;
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child < 0) {
        std::perror("lvx: cannot fork");
        return 1;
    }
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        blocked.restore_in_child();
        const int status = work();
        std::fflush(nullptr);
        _exit(status);
    }
    const int status = watch(child, blocked);
    tidy(status);
    return status;
}

}  // namespace lvx::lab
