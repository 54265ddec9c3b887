#include "config/diagnostic.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/text.hh"

namespace lvx::config {
namespace {

constexpr std::size_t widest_line = 200;  // of a source line shown; longer ones are cut around the caret
constexpr std::size_t before_caret = 80;

struct Paint {
    std::string_view error = "", warning = "", bold = "", dim = "", plain = "";
};
constexpr Paint colours = {"\x1b[1;31m", "\x1b[1;33m", "\x1b[1m", "\x1b[36m", "\x1b[0m"};

std::string head(const Diagnostic& diagnostic, const Sources& sources, const Paint& paint) {
    const bool error = diagnostic.severity == Severity::error;
    return fmt::format("{}{}:{} {}{}[{}]{}: {}\n", paint.bold, printable(sources.text(diagnostic.place)), paint.plain,
                       error ? paint.error : paint.warning, error ? "error" : "warning",
                       code_text(diagnostic.severity, diagnostic.code), paint.plain, printable(diagnostic.message));
}

// Blanks up to the caret, tabs where the line has tabs, nothing for the later bytes of a UTF-8 letter.
std::string indentation(std::string_view line, std::size_t bytes) {
    std::string result;
    for (const char c : line.substr(0, bytes)) {
        if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) result += c == '\t' ? '\t' : ' ';
    }
    return result;
}

std::string excerpt(const Diagnostic& diagnostic, const Sources& sources, const Paint& paint) {
    const Place& place = diagnostic.place;
    if (place.line == 0 || place.line > sources.lines(place.file)) return {};
    std::string_view line = sources.line(place.file, place.line);
    std::size_t at = place.column == 0 ? 0 : std::min<std::size_t>(place.column - 1, line.size());
    if (line.size() > widest_line) {
        const std::size_t from = at > before_caret ? at - before_caret : 0;
        line = line.substr(from, widest_line);
        at -= from;
    }
    std::string text = fmt::format("{}{:5} |{} {}\n", paint.dim, place.line, paint.plain, printable(line));
    if (place.column == 0) return text;
    const std::size_t width = std::clamp<std::size_t>(place.width, 1, std::max<std::size_t>(line.size() - at, 1));
    text += fmt::format("{}      |{} {}{}^{}{}", paint.dim, paint.plain, indentation(line, at), paint.error,
                        std::string(width - 1, '~'), paint.plain);
    if (!diagnostic.caret.empty()) text += " " + printable(diagnostic.caret);
    return text + "\n";
}

std::string remark(std::string_view kind, std::string_view text, const Paint& paint) {
    if (text.empty()) return {};
    return fmt::format("{}      ={} {}: {}\n", paint.dim, paint.plain, kind, printable(text));
}

std::string counted(std::size_t number, std::string_view thing) {
    return fmt::format("{} {}{}", number, thing, number == 1 ? "" : "s");
}

}  // namespace

std::span<const Code> all_codes() {
    static constexpr Code codes[] = {
#define X(number, name, sentence) Code::name,
#include "config/diagnostic_codes.def"
#undef X
    };
    return codes;
}

std::string_view explanation(Code code) {
    switch (code) {
#define X(number, name, sentence) \
    case Code::name: return sentence;
#include "config/diagnostic_codes.def"
#undef X
    }
    return {};
}

bool survivable(Code code) {
    // Missing arguments end keepalived; the rest is what lvx cannot do, or must not for its own bounds.
    constexpr std::array fatal = {Code::file_unreadable, Code::include_unmatched, Code::include_depth, Code::expansion_size,
                                  Code::missing_argument, Code::nesting_depth, Code::range_size, Code::not_supported_yet};
    return std::ranges::find(fatal, code) == fatal.end();
}

std::string code_text(Severity severity, Code code) {
    return fmt::format("{}{:04}", severity == Severity::error ? 'E' : 'W', static_cast<unsigned>(code));
}

void Diagnostics::add(Diagnostic diagnostic) { list_.push_back(std::move(diagnostic)); }

void Diagnostics::sort() {
    const auto order = [](const Diagnostic& a, const Diagnostic& b) {
        if (a.place != b.place) return a.place < b.place;
        return a < b;
    };
    std::ranges::sort(list_, order);
    const auto tail = std::ranges::unique(list_);
    list_.erase(tail.begin(), tail.end());
}

void Diagnostics::tolerate() {
    for (Diagnostic& one : list_) {
        if (one.severity != Severity::error || !survivable(one.code)) continue;
        one.severity = Severity::warning;
        one.note += one.note.empty() ? "tolerated at this start only" : "; tolerated at this start only";
    }
}

std::size_t Diagnostics::errors() const {
    return static_cast<std::size_t>(std::ranges::count(list_, Severity::error, &Diagnostic::severity));
}

std::size_t Diagnostics::warnings() const { return list_.size() - errors(); }

std::string print(const Diagnostic& diagnostic, const Sources& sources, Colour colour) {
    const Paint paint = colour == Colour::always ? colours : Paint{};
    return head(diagnostic, sources, paint) + excerpt(diagnostic, sources, paint) +
           remark("note", diagnostic.note, paint) + remark("help", diagnostic.help, paint);
}

std::string print(const Diagnostics& diagnostics, const Sources& sources, Colour colour) {
    std::string text;
    for (const Diagnostic& one : diagnostics.all()) text += print(one, sources, colour);
    return text + fmt::format("{}, {}, {}.\n", counted(sources.count(), "file"), counted(diagnostics.errors(), "error"),
                              counted(diagnostics.warnings(), "warning"));
}

}  // namespace lvx::config
