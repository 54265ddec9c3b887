#include <fmt/format.h>

#include <cstring>

#include "script/runner.hh"

namespace lvx::script {

std::string Outcome::sentence() const {
    switch (ending) {
        case Ending::exited: return fmt::format("exit status {}", code);
        case Ending::signalled: {
            const char* name = sigabbrev_np(code);
            return name == nullptr ? fmt::format("killed by signal {}", code) : fmt::format("killed by SIG{}", name);
        }
        case Ending::timed_out: return "no answer within its time";
        case Ending::not_started: break;
    }
    return error ? error->sentence() : "not started";
}

}  // namespace lvx::script
