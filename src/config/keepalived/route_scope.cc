#include "config/keepalived/route_scope.hh"

#include <array>

namespace lvx::config::keepalived {
namespace {

struct Scope {
    std::string_view name;
    std::uint8_t number;
};
constexpr std::array scopes = {
    Scope{"global", 0}, Scope{"site", 200}, Scope{"link", 253}, Scope{"host", 254}, Scope{"nowhere", 255},
};

}  // namespace

std::optional<std::uint8_t> read_scope(LineCursor& words) {
    if (words.more()) {
        if (const auto number = parse_number(words.peek().text); number && *number >= 0 && *number <= 255) {
            words.take();
            return static_cast<std::uint8_t>(*number);
        }
    }
    const auto name = words.choice("global site link host nowhere");
    if (!name) return std::nullopt;
    for (const Scope& scope : scopes) {
        if (scope.name == *name) return scope.number;
    }
    return std::nullopt;
}

}  // namespace lvx::config::keepalived
