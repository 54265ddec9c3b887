#include "dataplane/refusal.hh"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/bpf.h>

#include <cerrno>
#include <cstdio>
#include <memory>

#include "base/fd.hh"

namespace lvx::dataplane {
namespace {

bool maps_into_memory() {
    LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE);
    return Fd(bpf_map_create(BPF_MAP_TYPE_ARRAY, "lvx_probe", 4, 8, 1, &options)).valid();
}

// r0 = 0; *(u64*)(r10 - 8) = r0; compare-and-swap it; exit
bool compares_and_swaps() {
    const bpf_insn program[] = {
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
        {.code = BPF_STX | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_10, .src_reg = BPF_REG_0, .off = -8},
        {.code = BPF_STX | BPF_ATOMIC | BPF_DW, .dst_reg = BPF_REG_10, .src_reg = BPF_REG_0, .off = -8, .imm = BPF_CMPXCHG},
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
        {.code = BPF_JMP | BPF_EXIT},
    };
    return Fd(bpf_prog_load(BPF_PROG_TYPE_XDP, "lvx_probe", "GPL", program, std::size(program), nullptr)).valid();
}

template <bpf_func_id helper>
bool xdp_has() {
    return libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP, helper, nullptr) == 1;
}

struct Feature {
    std::string_view what, version;
    bool (*present)();
};

constexpr Feature features[] = {
    {"clsact programs", "4.5", [] { return libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_SCHED_CLS, nullptr) == 1; }},
    {"XDP programs", "4.8", [] { return libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_XDP, nullptr) == 1; }},
    {"bpf_fib_lookup in XDP", "4.18", xdp_has<BPF_FUNC_fib_lookup>},
    {"arrays mapped into memory (BPF_F_MMAPABLE)", "5.5", maps_into_memory},
    {"bpf_jiffies64", "5.6", xdp_has<BPF_FUNC_jiffies64>},
    {"compare-and-swap in BPF", "5.12", compares_and_swaps},
    {"programs of type syscall", "5.14", [] { return libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_SYSCALL, nullptr) == 1; }},
    {"bpf_loop", "5.17", xdp_has<BPF_FUNC_loop>},
};

bool write_file(const std::string& path, std::string_view text) {
    const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "we"), std::fclose);
    return file && std::fwrite(text.data(), 1, text.size(), file.get()) == text.size();
}

Error of_verifier(const LoadFailure& failure, const std::string& log_file) {
    std::string hint = "LVX_VERIFIER_LOG=FILE keeps the whole log; please report it with the kernel's version";
    if (!log_file.empty() && write_file(log_file, failure.verifier_log)) hint = "the whole log is in " + log_file;
    return {.doing = fmt::format("the kernel's verifier refuses program {}, because \"{}\"", failure.program,
                                 decisive_line(failure.verifier_log)),
            .code = failure.code,
            .hint = hint};
}

}  // namespace

std::string_view decisive_line(std::string_view log) {
    std::string_view result;
    while (!log.empty()) {
        const std::size_t end = log.find('\n');
        const std::string_view line = log.substr(0, end);
        log.remove_prefix(end == log.npos ? log.size() : end + 1);
        const bool statistics = line.starts_with("processed ") || line.starts_with("verification time") ||
                                line.starts_with("stack depth") || line.starts_with("max_states") || line.starts_with("peak_states");
        if (!line.empty() && line.find_first_not_of(" \t") != line.npos && !statistics && line.front() != '\0') result = line;
    }
    return result;
}

std::string missing_feature() {
    std::string result;
    for (const Feature& feature : features)
        if (!feature.present()) result += fmt::format("{}{} (Linux {})", result.empty() ? "" : ", ", feature.what, feature.version);
    return result;
}

Error explain(const LoadFailure& failure, const std::string& log_file) {
    if (failure.code == EPERM || failure.code == EACCES)
        if (failure.verifier_log.empty())
            return {.doing = "cannot load the data plane", .code = EPERM,
                    .hint = "run lvxd as root (it needs CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON)"};
    if (failure.code == ENOMEM || failure.code == E2BIG)
        if (failure.verifier_log.empty())
            return {.doing = fmt::format("cannot make the tables: they need {} MiB", failure.table_bytes >> 20),
                    .code = failure.code,
                    .hint = "give lvxd fewer --connections, or the machine (or its memory cgroup) more memory"};
    if (const std::string missing = missing_feature(); !missing.empty())
        return {.doing = "cannot load the data plane: this kernel lacks " + missing, .code = EOPNOTSUPP,
                .hint = "lvx needs Linux 6.1 or newer"};
    if (!failure.verifier_log.empty()) return of_verifier(failure, log_file);
    return {.doing = "cannot load the data plane", .code = failure.code};
}

std::string program_name(std::uint32_t id) {
    const Fd fd(bpf_prog_get_fd_by_id(id));
    bpf_prog_info info = {};
    __u32 length = sizeof info;
    if (!fd.valid() || bpf_obj_get_info_by_fd(fd.get(), &info, &length) != 0 || info.name[0] == '\0')
        return fmt::format("program with id {}", id);
    return fmt::format("program {} (id {})", info.name, id);
}

}  // namespace lvx::dataplane
