// Reads the JSON that nft writes: one value at a time of the list under one name, so that a ruleset of megabytes never
// stands in memory as a tree.  Pure, bounded in depth, and small: no other JSON is read with it.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lvx::marks {

inline constexpr std::size_t json_depth_limit = 64;

struct Json {
    enum class Kind : std::uint8_t { null, boolean, number, string, array, object };
    Kind kind = Kind::null;
    std::string text;                // of a string, without escapes; of a number or boolean, as written
    std::vector<Json> items;         // of an array; values of an object
    std::vector<std::string> names;  // of an object, one for each item

    // The member of an object; nullptr where this is none or has none.
    [[nodiscard]] const Json* find(std::string_view name) const;
    // Strings only.
    [[nodiscard]] std::optional<std::string_view> string() const;
    // The string member of an object, "" where there is none.
    [[nodiscard]] std::string_view string_at(std::string_view name) const;
    // Whole numbers only.
    [[nodiscard]] std::optional<std::int64_t> integer() const;
    [[nodiscard]] bool is_array() const { return kind == Kind::array; }
    // An object with one member, as nft writes statements and expressions: its name; "" for everything else.
    [[nodiscard]] std::string_view only_name() const;
};

// The error is a place and a reason: "at byte 17: no value".
[[nodiscard]] std::expected<Json, std::string> parse_json(std::string_view text);

// Calls `visit` for each value of `{"NAME": [value, value]}`; other members are read over.
[[nodiscard]] std::expected<void, std::string> for_each_in(std::string_view text, std::string_view name, const std::function<void(const Json&)>& visit);

}  // namespace lvx::marks
