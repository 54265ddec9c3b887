// Programs run inside a network namespace.  A Process is owned: when its owner goes, it is killed and reaped, unless
// it was released.  The kernel kills it too when its parent dies, so a crashed test leaves nothing behind.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "base/fd.hh"
#include "base/result.hh"

namespace lvx::lab {

using Milliseconds = std::chrono::milliseconds;

// What happens to a program when the process that started it ends.
enum class Bond : std::uint8_t { dies_with_parent, outlives_parent };

struct Command {
    std::vector<std::string> argv;
    std::vector<std::string> environment;  // "NAME=value", on top of the own environment
    std::string output;                    // file for what it prints; empty: our own output (start) or collected (run)
    std::string directory;                 // to run in; empty: ours
    Bond bond = Bond::dies_with_parent;
};

struct Outcome {
    int status = 0;  // exit status, or 128 + signal
    std::string out, err;
};

// The command as `/bin/sh -c` runs it.
[[nodiscard]] Command shell(std::string_view text);

class Process {
 public:
    Process(Process&& other) noexcept;
    Process& operator=(Process&& other) noexcept;
    ~Process();

    [[nodiscard]] pid_t pid() const { return pid_; }
    [[nodiscard]] bool running();
    // Exit status as in Outcome; nothing when it still runs after `limit`.
    [[nodiscard]] std::optional<int> wait(Milliseconds limit);
    void signal(int number) const;
    // SIGKILL, and reaped.
    void kill();
    // No longer ours: it goes on.
    void release() { pid_ = -1; }

 private:
    friend Result<Process> start(int network_namespace, const Command& command);
    friend Result<Process> fork_inside(int network_namespace, Bond bond, const std::function<int()>& work);
    explicit Process(pid_t pid) : pid_(pid) {}
    pid_t pid_ = -1;
    std::optional<int> status_;
};

// Starts a program; a program that cannot be executed ends with status 127.
[[nodiscard]] Result<Process> start(int network_namespace, const Command& command);

// Runs it to its end and collects what it printed; past `limit` it is killed and an error returned.
[[nodiscard]] Result<Outcome> run(int network_namespace, const Command& command, Milliseconds limit);

// This process becomes the program, in the namespace; returns a status only when it cannot.
[[nodiscard]] int replace_by(int network_namespace, const Command& command);

// A child of ours, in the namespace, that runs `work` and exits with what it returns.
[[nodiscard]] Result<Process> fork_inside(int network_namespace, Bond bond, const std::function<int()>& work);

// Asks again until `condition` holds; false when it still does not after `limit`.
[[nodiscard]] bool wait_until(Milliseconds limit, const std::function<bool()>& condition);

}  // namespace lvx::lab
