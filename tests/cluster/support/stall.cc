#include "support/stall.hh"

#include <fmt/format.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace lvx::cluster {

Stall::Stall(pid_t process, std::string_view spared) {
    for (const auto& entry : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", process))) {
        std::string name;
        std::ifstream(entry.path() / "comm") >> name;
        if (name == spared) continue;
        const pid_t thread = std::atoi(entry.path().filename().c_str());
        if (ptrace(PTRACE_SEIZE, thread, nullptr, nullptr) != 0) continue;
        ptrace(PTRACE_INTERRUPT, thread, nullptr, nullptr);
        waitpid(thread, nullptr, __WALL);
        held_.push_back(thread);
    }
}

Stall::~Stall() {
    for (const pid_t thread : held_) ptrace(PTRACE_DETACH, thread, nullptr, nullptr);
}

}  // namespace lvx::cluster
