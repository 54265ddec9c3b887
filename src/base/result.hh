// Result<T>: a value, or what the machine refused.  An Error says what was being done, to what, and the errno, so
// that its sentence needs no stack: "cannot attach XDP program to eth0: Device or resource busy".
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace lvx {

struct Error {
    std::string doing;     // what was being done, to what: "cannot open /sys/fs/bpf/lvx"
    int code = 0;          // errno, 0 where the kernel gave none
    std::string hint = {}; // what the operator can do about it; may be empty

    // "doing: text of code", without a final full stop.
    [[nodiscard]] std::string sentence() const;
    bool operator==(const Error&) const = default;
};

template <class T>
using Result = std::expected<T, Error>;

// Shorthand for `return refusal(...)`, with the caller's errno.
[[nodiscard]] inline std::unexpected<Error> refusal(std::string doing, int code, std::string hint = {}) {
    return std::unexpected(Error{std::move(doing), code, std::move(hint)});
}

}  // namespace lvx

// Value of a Result, or return its error from the enclosing function.  Not for coroutines.
#define TRY(expression)                                                              \
    ({                                                                               \
        auto try_result_ = (expression);                                             \
        if (!try_result_) return std::unexpected(std::move(try_result_).error());    \
        std::move(try_result_).value();                                              \
    })
