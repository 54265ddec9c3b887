#include "config/keepalived/print_page.hh"

#include <fmt/format.h>

namespace lvx::config::keepalived {

void Page::line(std::string_view text) {
    text_.append(4 * depth_, ' ');
    text_ += text;
    text_ += '\n';
}

void Page::open(std::string_view head) {
    line(fmt::format("{} {{", head));
    ++depth_;
}

void Page::close() {
    --depth_;
    line("}");
}

void Page::gap() {
    if (!text_.empty()) text_ += '\n';
}

void Page::line_if(bool wanted, std::string_view text) {
    if (wanted) line(text);
}

void Page::number(std::string_view name, std::int64_t value, std::int64_t usual) {
    if (value != usual) line(fmt::format("{} {}", name, value));
}

void Page::text(std::string_view name, std::string_view value) {
    if (!value.empty()) line(fmt::format("{} {}", name, word_text(value)));
}

void Page::time(std::string_view name, std::chrono::microseconds value, std::chrono::microseconds usual) {
    if (value != usual) line(fmt::format("{} {}", name, seconds_text(value)));
}

void Page::flag(std::string_view name, bool value, bool usual) {
    if (value != usual) line(value ? std::string(name) : fmt::format("{} off", name));
}

void Page::address(std::string_view name, const std::optional<Address>& value) {
    if (value) line(fmt::format("{} {}", name, value->text()));
}

void Page::command(std::string_view name, const std::optional<model::Command>& value) {
    if (value) line(fmt::format("{} {}", name, command_text(*value)));
}

std::string seconds_text(std::chrono::microseconds value) {
    const auto whole = value.count() / 1'000'000, rest = value.count() % 1'000'000;
    if (rest == 0) return std::to_string(whole);
    std::string text = fmt::format("{}.{:06}", whole, rest);
    return text.substr(0, text.find_last_not_of('0') + 1);
}

std::string word_text(std::string_view word) {
    const bool plain = !word.empty() && word.find_first_of(" \t\r\v\f{}\"#!$@~") == word.npos;
    return plain ? std::string(word) : fmt::format("\"{}\"", word);
}

// A quotation mark goes as \x22, so that the stage that takes comments away sees none inside the text.
static std::string with_escapes(std::string_view word, char mark) {
    std::string text;
    for (const char c : word) {
        if (c == '"') text += "\\x22";
        else if (c == '\n') text += "\\n";
        else if (c == '\\' || c == mark) text += {'\\', c};
        else text += c;
    }
    return text;
}

std::string escaped_text(std::string_view word) { return fmt::format("\"{}\"", with_escapes(word, '"')); }

static std::string argument_text(const std::string& word) {
    const bool plain = !word.empty() && word.find_first_of(" \t\r\v\f\n'\"\\") == word.npos;
    return plain ? word : fmt::format("'{}'", with_escapes(word, '\''));
}

std::string command_text(const model::Command& command) {
    std::string line;
    for (const std::string& word : command.words) line += (line.empty() ? "" : " ") + argument_text(word);
    std::string text = escaped_text(line);
    if (!command.user.empty()) text += " " + escaped_text(command.user);
    if (!command.group.empty()) text += " " + escaped_text(command.group);
    return text;
}

std::string dotted_mask(std::uint8_t prefix) {
    return Address::v4(prefix == 0 ? 0 : 0xffffffffu << (32 - prefix)).text();
}

}  // namespace lvx::config::keepalived
