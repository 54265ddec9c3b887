#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string_view>

#include "soak/soak.hh"

namespace {

using Clock = std::chrono::steady_clock;

// The program's exit status.
int tell(std::uint64_t seed) {
    const std::string finding = lvx::soak::finding_of(seed);
    if (finding.empty()) return 0;
    std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), finding.c_str());
    return 1;
}

int tell_until(Clock::time_point end) {
    const std::uint64_t first = std::random_device{}();
    std::uint64_t seed = first;
    while (Clock::now() < end)
        if (tell(++seed) != 0) return 1;
    std::printf("%llu seeds from %llu on: nothing found\n", static_cast<unsigned long long>(seed - first), static_cast<unsigned long long>(first + 1));
    return 0;
}

}  // namespace

int main(int count, char** words) {
    const std::string_view option = count == 3 ? words[1] : "";
    if (option == "--seed") return tell(std::strtoull(words[2], nullptr, 10));
    if (option == "--seconds") return tell_until(Clock::now() + std::chrono::seconds(std::strtoull(words[2], nullptr, 10)));
    std::fprintf(stderr, "usage: %s --seconds N | --seed S\n", words[0]);
    return 2;
}
