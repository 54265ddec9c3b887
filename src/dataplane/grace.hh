// Waits until no packet is under way that began before the wait.
//
// XDP and tc programs run inside an RCU read-side section from first instruction to last, so one RCU grace period is
// the answer.  Updating an element of a map of maps waits for exactly that before the system call returns (the kernel
// promises it, so that a user may reuse the inner map it took out; maybe_wait_bpf_programs in kernel/bpf/syscall.c);
// membarrier's global command does the same, but is refused on machines with nohz_full.
#pragma once

#include "base/fd.hh"
#include "base/result.hh"

namespace lvx::dataplane {

class Grace {
 public:
    static Result<Grace> make();
    void wait() const;

 private:
    Fd outer_, inner_;
};

}  // namespace lvx::dataplane
