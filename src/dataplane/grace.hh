// Waits until no packet is under way that began before the wait.
//
// XDP and tc programs run inside an RCU read-side section from first instruction to last, so one RCU grace period is
// the answer.  Updating an element of a map of maps waits for exactly that before the system call returns (the kernel
// promises it, so that a user may reuse the inner map it took out; maybe_wait_bpf_programs in kernel/bpf/syscall.c);
// membarrier's global command does the same, but is refused on machines with nohz_full.
//
// It takes milliseconds (7 seen), so a change of configuration does not wait for it: it begins after the change, on a
// thread of its own, and the next change waits for what is left of it.
#pragma once

#include <memory>

#include "base/fd.hh"
#include "base/result.hh"

namespace lvx::dataplane {

class Grace {
 public:
    static Result<Grace> make();
    Grace(Grace&&) noexcept;
    Grace& operator=(Grace&&) noexcept;
    ~Grace();

    // Here and now.
    void wait() const;
    // From now on, elsewhere.
    void begin() const;
    // Whether the last one that began is over.
    [[nodiscard]] bool over() const;
    // Until it is.
    void finish() const;

 private:
    class Waiter;
    Grace();
    std::unique_ptr<Waiter> waiter_;
};

}  // namespace lvx::dataplane
