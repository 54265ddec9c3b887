#include "dataplane/hertz.hh"

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <linux/bpf.h>

#include <bit>
#include <cerrno>
#include <cmath>
#include <iterator>

#include "base/fd.hh"
#include "dataplane/refusal.hh"

namespace lvx::dataplane {
namespace {

// Every HZ an architecture of Linux offers.
constexpr std::uint32_t usual[] = {24, 32, 48, 64, 100, 128, 250, 256, 300, 1000, 1024, 1200};

// Ticks may be caught up late, and a stopped guest may lose some.
constexpr double tolerance_s = 2.0;
constexpr double tolerance_share = 0.001;

// r6 = context; r0 = bpf_jiffies64(); *(u64*)(r6 + 0) = r0; exit with 0
Result<std::uint64_t> read_jiffies() {
    const bpf_insn program[] = {
        {.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_6, .src_reg = BPF_REG_1},
        {.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_jiffies64},
        {.code = BPF_STX | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_6, .src_reg = BPF_REG_0},
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
        {.code = BPF_JMP | BPF_EXIT},
    };
    LIBBPF_OPTS(bpf_prog_load_opts, load, .prog_flags = BPF_F_SLEEPABLE);
    const Fd fd(bpf_prog_load(BPF_PROG_TYPE_SYSCALL, "lvx_jiffies", "GPL", program, std::size(program), &load));
    if (!fd.valid()) return std::unexpected(explain({.code = errno}, ""));
    std::uint64_t answer = 0;
    LIBBPF_OPTS(bpf_test_run_opts, run, .ctx_in = &answer, .ctx_size_in = sizeof answer);
    if (const int error = bpf_prog_test_run_opts(fd.get(), &run)) return refusal("cannot ask the kernel for its jiffies", -error);
    return answer;
}

}  // namespace

std::optional<std::uint32_t> hertz_from(std::uint64_t jiffies, std::chrono::nanoseconds monotonic) {
    const double seconds = std::chrono::duration<double>(monotonic).count();
    std::optional<std::uint32_t> best;
    double least = tolerance_s + seconds * tolerance_share;
    for (const std::uint32_t hertz : usual) {
        const double start = 4294967296.0 - 300.0 * hertz;
        const double off = std::abs((static_cast<double>(jiffies) - start) / hertz - seconds);
        if (off >= least) continue;
        least = off;
        best = hertz;
    }
    return best;
}

Result<std::uint32_t> kernel_hertz() {
    const std::uint64_t jiffies = TRY(read_jiffies());
    timespec now = {};
    clock_gettime(CLOCK_MONOTONIC, &now);
    const auto monotonic = std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec};
    const auto hertz = hertz_from(jiffies, monotonic);
    if (!hertz)
        return refusal(fmt::format("cannot tell how long a jiffy is: {} of them after {} s", jiffies, now.tv_sec), ERANGE,
                       "please report this line with the kernel's version");
    return *hertz;
}

std::uint32_t tick_shift(std::uint32_t hertz) {
    const auto below = static_cast<std::uint32_t>(std::bit_width(hertz)) - 1;
    // 1.5 * 2^below lies in the middle between both powers.
    return 2 * hertz > 3u << below ? below + 1 : below;
}

}  // namespace lvx::dataplane
