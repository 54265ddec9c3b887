// Runs the tools that print netfilter's rules, each with a deadline and a bound for what it prints.
#pragma once

#include <array>
#include <chrono>
#include <string>
#include <vector>

#include "base/fd.hh"
#include "base/result.hh"
#include "marks/understand.hh"
#include "script/spawn.hh"

namespace lvx::marks {

inline constexpr std::size_t print_limit = 16 * 1024 * 1024;

class Tools {
 public:
    // `path`: folders of programs, as in $PATH.  Looks into the network namespace of the thread that calls look().
    static Result<Tools> make(std::string path, std::chrono::milliseconds deadline);

    // Runs all of them, one after the other.  `end`: a descriptor that becomes readable when nobody waits any more.
    [[nodiscard]] std::vector<Print> look(int end);
    // The kernel has tables of iptables-legacy, which tells nobody when they change.
    [[nodiscard]] static bool has_legacy_tables();

 private:
    struct Output {
        std::string text, error;
        std::string problem;
    };

    Tools(script::Spawner spawner, Fd null, std::string path, std::chrono::milliseconds deadline)
        : spawner_(std::move(spawner)), null_(std::move(null)), path_(std::move(path)), deadline_(deadline) {}

    [[nodiscard]] Print run(Tool tool, int end);
    [[nodiscard]] Print print_of(Tool tool, Output output) const;
    [[nodiscard]] Result<Output> start(const std::string& program, const std::vector<std::string>& words, int end);
    [[nodiscard]] Output follow(const script::Child& child, Fd text, Fd error, int end) const;

    script::Spawner spawner_;
    Fd null_;
    std::string path_;
    std::chrono::milliseconds deadline_;
    std::array<std::string, tool_count> last_;  // what each printed last; "": nothing yet
};

}  // namespace lvx::marks
