// A regular expression of an HTTP check (PCRE2): compiled when the configuration is read, so that a wrong one is a
// mistake of the file, and matched by the check.  Matching is bounded in steps and depth: an expression that explodes
// on some body does not match it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace lvx {

struct RegexFault {
    std::string message;
    std::size_t offset = 0;  // in the expression
};

class Regex {
 public:
    // Options by their names in keepalived.conf (regex_options); names not in regex_option_names are left out.
    [[nodiscard]] static std::expected<Regex, RegexFault> compile(std::string_view expression, std::span<const std::string> options);

    // Where the first match begins, if there is one.
    [[nodiscard]] std::optional<std::size_t> find(std::string_view text) const;

 private:
    using Code = std::unique_ptr<void, void (*)(void*)>;
    explicit Regex(Code code) : code_(std::move(code)) {}

    Code code_;
};

// Blanks between them.
[[nodiscard]] std::string_view regex_option_names();

}  // namespace lvx
