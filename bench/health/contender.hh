// The two checkers under one load, each in processes of its own whose CPU time and memory are read from /proc.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "bench/health/load.hh"

namespace lvx::bench {

class Contender {
 public:
    // `folder`: for files of its own.
    static Contender lvx(const Load& load);
    static Contender keepalived(const Load& load, const std::string& folder, const std::string& shim);
    Contender(Contender&& other) noexcept : process_(other.process_) { other.process_ = -1; }
    ~Contender();

    [[nodiscard]] std::uint64_t resident_kib() const;  // of the largest one
    [[nodiscard]] bool runs() const;

 private:
    explicit Contender(pid_t process) : process_(process) {}
    [[nodiscard]] std::vector<pid_t> processes() const;

    pid_t process_;
};

}  // namespace lvx::bench
