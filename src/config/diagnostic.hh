// What is wrong with a configuration, and how it is shown:
//
//   lvx.conf:17:13: error[E0112]: unknown scheduler "wrrr"
//      17 |     lb_algo wrrr
//         |             ^~~~ did you mean "wrr"?
//         = note: keepalived would ignore this line and use wlc
//         = help: rr wrr lc wlc sh mh
//
// Codes stand in diagnostic_codes.def, one list; a code never changes its meaning.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/source.hh"

namespace lvx::config {

enum class Severity : std::uint8_t { error, warning };

enum class Code : std::uint16_t {
#define X(number, name, sentence) name = number,
#include "config/diagnostic_codes.def"
#undef X
};

[[nodiscard]] std::span<const Code> all_codes();
// What a code is about, in one sentence, for "lvx help E0112".
[[nodiscard]] std::string_view explanation(Code code);
// keepalived goes on where this stands, with the line, server or service left out or changed.
[[nodiscard]] bool survivable(Code code);
[[nodiscard]] std::string code_text(Severity severity, Code code);  // "E0112", "W0101"

struct Diagnostic {
    Severity severity = Severity::error;
    Code code{};
    Place place;
    std::string message;  // one line, no full stop
    std::string caret;    // beside the caret; may be empty
    std::string note;     // what keepalived would do, or where the other one is; may be empty
    std::string help;     // what to write instead; may be empty
    auto operator<=>(const Diagnostic&) const = default;
};

class Diagnostics {
 public:
    void add(Diagnostic diagnostic);
    // By file, line and column, and the same one at the same place once.  Called when all stages are through.
    void sort();
    // Errors that keepalived survives become warnings.
    void tolerate();

    [[nodiscard]] std::span<const Diagnostic> all() const { return list_; }
    [[nodiscard]] std::size_t errors() const;
    [[nodiscard]] std::size_t warnings() const;

 private:
    std::vector<Diagnostic> list_;
};

enum class Colour : std::uint8_t { never, always };

[[nodiscard]] std::string print(const Diagnostic& diagnostic, const Sources& sources, Colour colour);
// All of them, and a last line that counts: "2 files, 3 errors, 1 warning."
[[nodiscard]] std::string print(const Diagnostics& diagnostics, const Sources& sources, Colour colour);

}  // namespace lvx::config
