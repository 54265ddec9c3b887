#include "config/ipvsadm/scanner.hh"

#include <algorithm>

namespace lvx::config::ipvsadm {

std::unexpected<std::string> Scanner::complaint(std::string_view what) const {
    return std::unexpected(last_word() + ": " + std::string(what));
}

std::expected<std::optional<Given>, std::string> Scanner::next() {
    if (!joined_.empty()) return short_option();
    while (next_ < words_.size()) {
        const std::string_view word = words_[next_++];
        if (word == "--") {
            for (; next_ < words_.size(); ++next_) arguments_.push_back(words_[next_]);
            return std::nullopt;
        }
        if (word.starts_with("--")) return long_option(word.substr(2));
        if (word.size() > 1 && word.starts_with('-')) {
            joined_ = word.substr(1);
            return short_option();
        }
        arguments_.emplace_back(word);
    }
    return std::nullopt;
}

std::expected<std::optional<Given>, std::string> Scanner::long_option(std::string_view text) {
    const std::size_t equals = text.find('=');
    const auto spelling = std::ranges::find(spellings(), text.substr(0, equals), &Spelling::word);
    if (spelling == spellings().end()) return complaint("unknown option");
    std::optional<std::string> glued;
    if (equals != std::string_view::npos) glued = text.substr(equals + 1);
    if (glued && spelling->value == Value::none) return complaint("option does not take an argument");
    return with_value(*spelling, std::move(glued));
}

std::expected<std::optional<Given>, std::string> Scanner::short_option() {
    const char letter = joined_.front();
    joined_.remove_prefix(1);
    const auto spelling = std::ranges::find(spellings(), letter, &Spelling::letter);
    if (letter == '\0' || spelling == spellings().end()) return complaint("unknown option");
    std::optional<std::string> glued;
    if (spelling->value != Value::none && !joined_.empty()) {
        glued = joined_.substr(joined_.front() == '=' ? 1 : 0);
        joined_ = {};
    }
    return with_value(*spelling, std::move(glued));
}

std::expected<std::optional<Given>, std::string> Scanner::with_value(const Spelling& spelling,
                                                                     std::optional<std::string> glued) {
    Given given{.meaning = spelling.meaning, .value = std::move(glued)};
    if (spelling.value == Value::none || given.value) return given;
    if (next_ == words_.size()) {
        if (spelling.value == Value::optional) return given;
        return complaint("missing argument");
    }
    if (spelling.value == Value::optional && words_[next_].starts_with('-')) return given;
    given.value = words_[next_++];
    return given;
}

}  // namespace lvx::config::ipvsadm
