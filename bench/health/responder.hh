// What both checkers talk to: one process that accepts on every server's address, answers HTTP with a small page, and
// counts connections in memory shared with its parent.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>

#include "bench/health/load.hh"

namespace lvx::bench {

void stay_on(int cpu);                     // this process
void set_up(const std::string& commands);  // a shell's, in this namespace

class Responder {
 public:
    explicit Responder(Kind kind);
    ~Responder();
    Responder(const Responder&) = delete;
    [[nodiscard]] std::uint64_t accepted() const;

 private:
    std::atomic<std::uint64_t>* accepted_;
    pid_t process_ = -1;
};

}  // namespace lvx::bench
