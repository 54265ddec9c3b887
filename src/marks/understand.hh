// From what the tools printed to which packets carry which mark: reads each text, leaves out of nft's tables what
// iptables-save tells better, evaluates.  Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "marks/evaluate.hh"

namespace lvx::marks {

enum class Tool : std::uint8_t { nft, iptables, ip6tables, iptables_legacy, ip6tables_legacy };
inline constexpr std::size_t tool_count = 5;

[[nodiscard]] std::string_view program_of(Tool tool);  // "iptables-legacy-save"

enum class Printed : std::uint8_t {
    whole,     // the text is what it printed
    kept,      // it failed; the text is what it printed before
    absent,    // not installed
    needless,  // not run: the kernel has no such tables
    failed,    // without a text
};

struct Print {
    Tool tool = Tool::nft;
    Printed printed = Printed::absent;
    std::string text;
    std::string problem = {};  // why it failed; or what it said beside its text
};

struct ToolState {
    std::string program;
    std::string state;  // "read", "not installed", "no tables", or what is wrong
    bool failed = false;
    bool operator==(const ToolState&) const = default;
};

struct View {
    Evaluation evaluation;
    std::vector<ToolState> tools;
    bool operator==(const View&) const = default;
};

[[nodiscard]] View understand(std::span<const Print> prints);

}  // namespace lvx::marks
