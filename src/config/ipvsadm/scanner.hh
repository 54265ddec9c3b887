// Words of a command line as options, by the rules of the option library the real tool uses: short options may be
// joined ("-Ln", "-mw 2"), values glued ("-w2", "-w=2", "--weight=2"), other words wait until the options are read,
// "--" ends the options, an optional value is the next word unless that begins with "-".
#pragma once

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/ipvsadm/option.hh"

namespace lvx::config::ipvsadm {

struct Given {
    Letter meaning;
    std::optional<std::string> value;
};

class Scanner {
 public:
    // words[0] is the program.
    explicit Scanner(std::span<const std::string> words) : words_(words) {}

    // The next option, nothing at the end, or the library's complaint: "-t: missing argument".
    [[nodiscard]] std::expected<std::optional<Given>, std::string> next();

    // The word before the next one to be read: what the library calls the bad option.
    [[nodiscard]] const std::string& last_word() const { return words_[next_ - 1]; }
    // Words that were no options, once next() has come to the end.
    [[nodiscard]] const std::vector<std::string>& arguments() const { return arguments_; }

 private:
    std::expected<std::optional<Given>, std::string> long_option(std::string_view text);
    std::expected<std::optional<Given>, std::string> short_option();
    std::expected<std::optional<Given>, std::string> with_value(const Spelling& spelling,
                                                                std::optional<std::string> glued);
    [[nodiscard]] std::unexpected<std::string> complaint(std::string_view what) const;

    std::span<const std::string> words_;
    std::size_t next_ = 1;
    std::string_view joined_;  // short options of the current word still to be read
    std::vector<std::string> arguments_;
};

}  // namespace lvx::config::ipvsadm
