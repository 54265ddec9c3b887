// What both checkers talk to: one process that accepts on every server's address, answers HTTP with a small page, and
// counts connections in memory shared with its parent; those that a reset ends before they stand are never accepted, its
// kernel counts them.
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
    [[nodiscard]] std::uint64_t met() const;  // checks that were answered

 private:
    [[nodiscard]] std::uint64_t reset_before_standing() const;

    std::atomic<std::uint64_t>* accepted_;
    pid_t process_ = -1;
};

}  // namespace lvx::bench
