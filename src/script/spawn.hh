// Starts one program without copying the address space: clone(CLONE_VM | CLONE_VFORK), so that the cost does not grow with
// the daemon's tables.  Only the calling thread waits, until the program is loaded.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/fd.hh"
#include "base/result.hh"
#include "script/rules.hh"

namespace lvx::script {

struct Program {
    std::string path;
    std::vector<std::string> words, environment;
    Credentials who;
    int input = -1, output = -1;  // descriptors above 2: standard input; standard output and error
    int error = -1;               // standard error alone; -1: where the output goes
};

struct Child {
    pid_t pid = 0;  // and its process group
    Fd pidfd;
};

class Spawner {
 public:
    static Result<Spawner> make();

    // The program gets SIGKILL when the calling thread ends.
    [[nodiscard]] Result<Child> spawn(const Program& program);

 private:
    struct Unmap { void operator()(void* stack) const; };

    explicit Spawner(void* stack) : stack_(stack) {}

    std::unique_ptr<void, Unmap> stack_;  // of the child until it has loaded its program
};

}  // namespace lvx::script
