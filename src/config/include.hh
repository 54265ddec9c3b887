// "include" in its six forms, and "include_check": which files a line asks for, and what to say when they are not there.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/diagnostic.hh"
#include "config/reader.hh"

namespace lvx::config {

// What makes a missing file an error instead of a warning.
struct IncludeChecks {
    bool readable = false;        // a file that matches can be read
    bool match = false;           // a name without wildcards is there
    bool wildcard_match = false;  // a pattern with wildcards finds something
    bool brace_match = false;     // each alternative of {a,b} finds something
    bool operator==(const IncludeChecks&) const = default;
};

struct IncludeRequest {
    std::string pattern;           // empty: the line only changes the checks
    std::size_t pattern_at = 0;    // offset in the line
    IncludeChecks checks;          // of this line
    IncludeChecks checks_after;    // of the lines that follow
};

// Nothing: the line is no include.
[[nodiscard]] std::optional<IncludeRequest> include_request(std::string_view line, const IncludeChecks& checks);

struct IncludeComplaint {
    Severity severity = Severity::warning;
    std::string message;
};

struct IncludeFindings {
    std::vector<std::pair<std::string, std::string>> files;  // name and text, in the order to be read
    std::vector<IncludeComplaint> complaints;
};

[[nodiscard]] IncludeFindings find_included(const IncludeRequest& request, std::string_view including_file,
                                            const Reader& reader);

// "" for a name without slash: the working directory.
[[nodiscard]] std::string_view folder_of(std::string_view file);

}  // namespace lvx::config
