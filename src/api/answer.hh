// What the door says besides snapshots: how far a list of operations came, and what is wrong with a request (RFC 9457).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace lvx::api {

// Answer to a list of operations of which all were executed.
struct OperationsOutcome {
    std::uint64_t executed = 0;
    bool operator==(const OperationsOutcome&) const = default;
};

// An RFC 9457 problem.  `code` is a word for machines: an errno symbol where the kernel's rules refused
// ("ESRCH"), else a name of this API ("no_such_resource").
struct Problem {
    std::string type = "about:blank";
    std::string title;
    std::uint32_t status = 500;
    std::string detail;
    std::string code;
    std::string hint;
    std::int32_t number = 0;             // the errno behind `code`, 0 where there is none
    std::optional<std::uint64_t> index;  // of the operation that was refused; those before it were executed
    bool operator==(const Problem&) const = default;
};

}  // namespace lvx::api
