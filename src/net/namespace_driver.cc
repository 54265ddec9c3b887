#include "net/namespace_driver.hh"

#include <fcntl.h>
#include <sched.h>

#include <cerrno>
#include <thread>

#include "base/ensure.hh"

namespace lvx::net {
namespace {

constexpr const char* this_threads_namespace = "/proc/thread-self/ns/net";

}  // namespace

// A thread of its own goes there, so that nobody else's sockets do.
Result<Fd> new_namespace() {
    Fd made;
    int code = 0;
    std::thread([&] {
        if (::unshare(CLONE_NEWNET) != 0) {
            code = errno;
            return;
        }
        made = Fd(::open(this_threads_namespace, O_RDONLY | O_CLOEXEC));
        code = made.valid() ? 0 : errno;
    }).join();
    if (code != 0) return refusal("cannot make a network namespace", code, "it needs CAP_SYS_ADMIN");
    return made;
}

Result<void> inside(int network_namespace, const std::function<Result<void>()>& work) {
    const Fd home(::open(this_threads_namespace, O_RDONLY | O_CLOEXEC));
    if (!home.valid()) return refusal("cannot open the own network namespace", errno);
    if (::setns(network_namespace, CLONE_NEWNET) != 0) return refusal("cannot enter a network namespace", errno);
    Result<void> result = work();
    // Going on in the wrong namespace would send packets where none may go.
    ensure(::setns(home.get(), CLONE_NEWNET) == 0);
    return result;
}

}  // namespace lvx::net
