#include "api/metrics_page.hh"

#include <fmt/format.h>

#include <iterator>

#include "api/utf8.hh"

namespace lvx::api {

namespace {

// The format escapes backslash, double quote and line feed in label values, nothing else.
std::string escaped(std::string_view text) {
    std::string result;
    for (const char character : to_utf8(text)) {
        if (character == '\\' || character == '"') result += '\\';
        if (character == '\n') result += "\\n";
        else result += character;
    }
    return result;
}

}  // namespace

void Page::family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    fmt::format_to(std::back_inserter(text_), "# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

void Page::name_and(std::initializer_list<Label> labels) {
    text_ += name_;
    std::string_view separator = "{";
    for (const auto& [name, content] : labels) {
        fmt::format_to(std::back_inserter(text_), "{}{}=\"{}\"", separator, name, escaped(content));
        separator = ",";
    }
    text_ += labels.size() == 0 ? " " : "} ";
}

void Page::sample(std::initializer_list<Label> labels, std::uint64_t value) {
    name_and(labels);
    fmt::format_to(std::back_inserter(text_), "{}\n", value);
}

void Page::seconds(std::initializer_list<Label> labels, std::uint64_t microseconds) {
    constexpr std::uint64_t second = 1'000'000;
    name_and(labels);
    fmt::format_to(std::back_inserter(text_), "{}.{:06}\n", microseconds / second, microseconds % second);
}

void Page::signed_sample(std::initializer_list<Label> labels, std::int64_t value) {
    name_and(labels);
    fmt::format_to(std::back_inserter(text_), "{}\n", value);
}

}  // namespace lvx::api
