#include "cli/duration.hh"

#include <charconv>

namespace lvx::cli {

namespace {

constexpr std::int64_t longest_s = std::int64_t{10} * 365 * 86400;

std::int64_t seconds_of(char unit) {
    switch (unit) {
        case 's': return 1;
        case 'm': return 60;
        case 'h': return 3600;
        case 'd': return 86400;
        default: return 0;
    }
}

}  // namespace

std::optional<std::chrono::seconds> parse_duration(std::string_view text) {
    std::int64_t total = 0, last = longest_s + 1;
    while (!text.empty()) {
        std::uint32_t number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc{}) return std::nullopt;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        const std::int64_t unit = text.empty() ? 1 : seconds_of(text.front());
        // Larger units first, each once.
        if (unit == 0 || unit >= last || (text.empty() && last <= longest_s)) return std::nullopt;
        if (!text.empty()) text.remove_prefix(1);
        last = unit;
        total += unit * number;
    }
    if (total <= 0 || total > longest_s) return std::nullopt;
    return std::chrono::seconds(total);
}

}  // namespace lvx::cli
