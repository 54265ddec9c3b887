#include "script/spawn.hh"

#include <fcntl.h>
#include <linux/prctl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdint>

// glibc's clone() by its other name: ThreadSanitizer takes clone() for fork() and would have the child stop other threads.
extern "C" int __clone(int (*function)(void*), void* stack, int flags, void* argument, ...) noexcept;

namespace lvx::script {

namespace {

constexpr std::size_t stack_size = 64 * 1024;
constexpr int not_loaded = 127;   // as a shell's
constexpr int last_signal = 64;   // the kernel's _NSIG

// What the kernel takes and gives for rt_sigaction(2): all zeros is the default action.
struct KernelAction {
    std::uint64_t handler = 0, flags = 0, restorer = 0, mask = 0;
};

// Everything the child needs, laid out before it exists: it may not allocate.
struct Launch {
    const char* path;
    char* const* words;
    char* const* shell_words;  // "/bin/sh", path, words: for a script without "#!"
    char* const* environment;
    const gid_t* groups;
    std::size_t group_count;
    uid_t user;
    gid_t group;
    bool change_user;
    int input, output, error;
    pid_t parent;
    // Answered by the child, which shares our memory.
    int refused = 0;
    const char* doing = "";
};

// The child has our memory and our thread's storage, so it makes system calls and nothing else.  glibc's setresuid() would
// signal every thread of the daemon; the system call changes this process alone.
#define LVX_CHILD __attribute__((no_sanitize("address", "thread", "undefined")))

LVX_CHILD bool works(Launch& launch, const char* doing, long answer) {
    if (answer >= 0) return true;
    launch.refused = errno;
    launch.doing = doing;
    return false;
}

LVX_CHILD bool become(Launch& launch) {
    if (!launch.change_user) return true;
    return works(launch, "cannot set the groups for ", syscall(SYS_setgroups, launch.group_count, launch.groups)) &&
           works(launch, "cannot change the group for ", syscall(SYS_setresgid, launch.group, launch.group, launch.group)) &&
           works(launch, "cannot change the user for ", syscall(SYS_setresuid, launch.user, launch.user, launch.user));
}

// Handlers are the daemon's: they must be gone before signals may come.
LVX_CHILD void default_signals() {
    const KernelAction action;
    const std::uint64_t none = 0;
    for (int signal = 1; signal <= last_signal; ++signal) syscall(SYS_rt_sigaction, signal, &action, nullptr, sizeof none);
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, nullptr, sizeof none);
}

LVX_CHILD bool arrange(Launch& launch) {
    if (!works(launch, "cannot make a process group for ", syscall(SYS_setpgid, 0, 0))) return false;
    if (!works(launch, "cannot redirect ", syscall(SYS_dup3, launch.input, 0, 0))) return false;
    if (!works(launch, "cannot redirect ", syscall(SYS_dup3, launch.output, 1, 0))) return false;
    if (!works(launch, "cannot redirect ", syscall(SYS_dup3, launch.error, 2, 0))) return false;
    if (!works(launch, "cannot close files for ", syscall(SYS_close_range, 3, UINT_MAX, 0))) return false;
    if (!become(launch)) return false;
    // After the change of user, which clears it.  The parent may have died before.
    if (!works(launch, "cannot tie to lvxd ", syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0))) return false;
    return syscall(SYS_getppid) == launch.parent;
}

LVX_CHILD int child(void* argument) {
    Launch& launch = *static_cast<Launch*>(argument);
    if (!arrange(launch)) return not_loaded;
    default_signals();
    long answer = syscall(SYS_execve, launch.path, launch.words, launch.environment);
    if (errno == ENOEXEC) answer = syscall(SYS_execve, "/bin/sh", launch.shell_words, launch.environment);
    works(launch, "cannot run ", answer);
    return not_loaded;
}

std::vector<char*> pointers(const std::vector<std::string>& words) {
    std::vector<char*> result;
    for (const std::string& word : words) result.push_back(const_cast<char*>(word.c_str()));
    result.push_back(nullptr);
    return result;
}

std::vector<std::string> through_shell(const Program& program) {
    std::vector<std::string> words{"/bin/sh", program.path};
    if (!program.words.empty()) words.insert(words.end(), program.words.begin() + 1, program.words.end());
    return words;
}

// Nothing is to be done, and no capability for it is needed, where the daemon already is who the child shall be.
bool must_change(const Credentials& who) {
    if (::geteuid() != 0) return who.user != ::geteuid();
    if (who.user != ::getuid() || who.user != ::geteuid() || who.group != ::getgid() || who.group != ::getegid()) return true;
    std::vector<gid_t> mine(static_cast<std::size_t>(std::max(0, ::getgroups(0, nullptr))));
    mine.resize(static_cast<std::size_t>(std::max(0, ::getgroups(static_cast<int>(mine.size()), mine.data()))));
    return !std::ranges::is_permutation(mine, who.groups);
}

}  // namespace

void Spawner::Unmap::operator()(void* stack) const { ::munmap(stack, stack_size); }

Result<Spawner> Spawner::make() {
    void* stack = ::mmap(nullptr, stack_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED) return refusal("cannot map a stack for scripts", errno);
    return Spawner(stack);
}

Result<Child> Spawner::spawn(const Program& program) {
    const auto words = pointers(program.words), environment = pointers(program.environment);
    const auto shell_text = through_shell(program);
    const auto shell_words = pointers(shell_text);
    Launch launch{.path = program.path.c_str(), .words = words.data(), .shell_words = shell_words.data(),
                  .environment = environment.data(), .groups = program.who.groups.data(),
                  .group_count = program.who.groups.size(), .user = program.who.user, .group = program.who.group,
                  .change_user = must_change(program.who), .input = program.input, .output = program.output,
                  .error = program.error >= 0 ? program.error : program.output, .parent = ::getpid()};
    int pidfd = -1;
    void* top = static_cast<char*>(stack_.get()) + stack_size;
    const pid_t pid = ::__clone(child, top, CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &launch, &pidfd);
    if (pid < 0) return refusal("cannot start a process for " + program.path, errno);
    Child result{pid, Fd(pidfd)};
    if (launch.refused == 0) return result;
    siginfo_t ended;
    ::waitid(P_PIDFD, static_cast<id_t>(result.pidfd.get()), &ended, WEXITED);
    return refusal(launch.doing + program.path, launch.refused);
}

}  // namespace lvx::script
