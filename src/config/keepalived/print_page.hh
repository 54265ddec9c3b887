// A page of keepalived.conf while it is written: lines with the indent of their block, words in quotation marks where
// the language wants them.  What print_*.cc write is what the readers read back.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/watch.hh"

namespace lvx::config::keepalived {

class Page {
 public:
    void line(std::string_view text);            // "keyword argument"
    void open(std::string_view head);            // "head {"
    void close();
    void gap();                                  // an empty line between blocks; none at the top
    void line_if(bool wanted, std::string_view text);

    // "name value" where the value is not the usual one.
    void number(std::string_view name, std::int64_t value, std::int64_t usual);
    void text(std::string_view name, std::string_view value);  // nothing where it is empty
    void time(std::string_view name, std::chrono::microseconds value, std::chrono::microseconds usual);
    void flag(std::string_view name, bool value, bool usual);  // "name", "name off"
    void address(std::string_view name, const std::optional<Address>& value);
    void command(std::string_view name, const std::optional<model::Command>& value);

    [[nodiscard]] std::string take() { return std::move(text_); }
    [[nodiscard]] bool empty() const { return text_.empty(); }

 private:
    std::string text_;
    std::size_t depth_ = 0;
};

[[nodiscard]] std::string seconds_text(std::chrono::microseconds value);     // "1.5"
// One word of the general tokeniser: in quotation marks where it has blanks or signs with a meaning.
[[nodiscard]] std::string word_text(std::string_view word);
// One word of the tokeniser of commands and regular expressions.
[[nodiscard]] std::string escaped_text(std::string_view word);
[[nodiscard]] std::string command_text(const model::Command& command);       // "\"/bin/x a\" user group"
[[nodiscard]] std::string dotted_mask(std::uint8_t prefix);                  // 24 -> "255.255.255.0"

}  // namespace lvx::config::keepalived
