// What the kernel said when it would not load the data plane, turned into a sentence that says what to do.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hh"

namespace lvx::dataplane {

// The line of a verifier's log that says why: the last one that is neither empty nor statistics.
[[nodiscard]] std::string_view decisive_line(std::string_view log);

// What this kernel lacks of what the data plane needs, and the version that brought it; empty when nothing.
[[nodiscard]] std::string missing_feature();

struct LoadFailure {
    int code = 0;                   // errno
    std::string program;            // whose verification failed, or ""
    std::string verifier_log;
    std::uint64_t table_bytes = 0;  // all maps together
};

// `log_file`: where the whole verifier log goes, "" for nowhere.
[[nodiscard]] Error explain(const LoadFailure& failure, const std::string& log_file);

// "name (id 42)" of a loaded program.
[[nodiscard]] std::string program_name(std::uint32_t id);

}  // namespace lvx::dataplane
