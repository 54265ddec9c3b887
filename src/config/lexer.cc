#include "config/lexer.hh"

#include "base/text.hh"

namespace lvx::config {
namespace {

constexpr std::string_view blanks = " \t\r\v\f";

constexpr std::size_t longest_reference = 256;  // a bound on looking ahead

bool blank(char c) { return blanks.find(c) != std::string_view::npos; }

class Lexer {
 public:
    Lexer(const Line& line, TakesCommand takes_command, Diagnostics& diagnostics)
        : line_(line), text_(line.text), takes_command_(takes_command), diagnostics_(diagnostics) {}

    // The whole text as the arguments of a command, in which braces mean nothing.
    std::vector<std::string> run_command() {
        command_ = true;
        braces_ = "";
        std::vector<std::string> words;
        while ((at_ = text_.find_first_not_of(blanks, at_)) != std::string_view::npos) words.push_back(command_word());
        return words;
    }

    std::vector<Token> run() {
        while ((at_ = text_.find_first_not_of(blanks, at_)) != std::string_view::npos) next();
        return std::move(tokens_);
    }

 private:
    void next() {
        const char c = text_[at_];
        if (c == '{' || c == '}') return brace(c == '{' ? TokenKind::open : TokenKind::close);
        const std::size_t from = at_;
        const bool quoted = c == '"' || (command_ && c == '\'');
        std::string word = command_ ? command_word() : quoted ? quoted_word() : plain_word();
        tokens_.push_back({.kind = TokenKind::word, .text = std::move(word), .place = line_.place(from, at_ - from),
                           .quoted = quoted});
        if (!in_statement_) command_ = takes_command_(tokens_.back().text);
        in_statement_ = true;
    }

    void brace(TokenKind kind) {
        tokens_.push_back({.kind = kind, .text = {}, .place = line_.place(at_, 1)});
        ++at_;
        in_statement_ = command_ = false;
    }

    void unterminated(std::size_t from) {
        diagnostics_.add({.severity = Severity::warning, .code = Code::unterminated_quote,
                          .place = line_.place(from, 1), .message = "this quotation mark is never closed",
                          .caret = "the word reaches to the end of the line"});
    }

    std::string quoted_word() {
        const std::size_t from = at_ + 1;
        std::size_t end = text_.find('"', from);
        if (end == std::string_view::npos) {
            unterminated(at_);
            at_ = end = text_.size();
        } else {
            at_ = end + 1;
        }
        return std::string(text_.substr(from, end - from));
    }

    // "${NAME...}" that no definition replaced stays inside its word, though it has braces.
    std::size_t end_of_reference(std::size_t at) const {
        if (!text_.substr(at).starts_with("${")) return at;
        const std::size_t end = text_.substr(0, at + longest_reference).find_first_of(" \t}\"", at);
        return end != std::string_view::npos && text_[end] == '}' ? end + 1 : at;
    }

    std::string plain_word() {
        const std::size_t from = at_;
        while (at_ < text_.size() && !blank(text_[at_]) && text_[at_] != '{' && text_[at_] != '}' && text_[at_] != '"') {
            const std::size_t end = end_of_reference(at_);
            at_ = end == at_ ? at_ + 1 : end;
        }
        return std::string(text_.substr(from, at_ - from));
    }

    std::string command_word() {
        std::string word;
        while (at_ < text_.size() && !blank(text_[at_]) && !braces_.contains(text_[at_])) {
            const char c = text_[at_];
            if (c == '\'' || c == '"') {
                command_quote(word, c);
            } else if (c == '\\' && at_ + 1 < text_.size()) {
                ++at_;
                word += escape();
            } else {
                word += c;
                ++at_;
            }
        }
        return word;
    }

    void command_quote(std::string& word, char mark) {
        const std::size_t opened = at_++;
        while (at_ < text_.size() && text_[at_] != mark) {
            if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
                ++at_;
                word += escape();
            } else {
                word += text_[at_++];
            }
        }
        if (at_ >= text_.size()) return unterminated(opened);
        ++at_;
    }

    // The character after a backslash, and what it takes with it.
    char escape() {
        constexpr std::string_view letters = "abEfnrtv", meanings = "\a\b\x1b\f\n\r\t\v";
        const char c = text_[at_++];
        if (const std::size_t found = letters.find(c); found != std::string_view::npos) return meanings[found];
        if (c == 'c' && at_ < text_.size()) return static_cast<char>(text_[at_++] & 0x1f);
        if (c == 'x') return static_cast<char>(digits(0, 2, 16));
        if (c >= '0' && c <= '7') return static_cast<char>(digits(c - '0', 2, 8));
        return c;
    }

    int digits(int value, int most, int base) {
        for (; most > 0 && at_ < text_.size(); --most, ++at_) {
            const char c = text_[at_];
            const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10
                              : c >= 'A' && c <= 'F' ? c - 'A' + 10 : base;
            if (digit >= base) break;
            value = value * base + digit;
        }
        return value & 0xff;
    }

    const Line& line_;
    std::string_view text_;
    TakesCommand takes_command_;
    Diagnostics& diagnostics_;
    std::vector<Token> tokens_;
    std::size_t at_ = 0;
    std::string_view braces_ = "{}";
    bool in_statement_ = false;  // a keyword stands before, on this line
    bool command_ = false;       // whose arguments are read as a command
};

}  // namespace

std::vector<Token> tokenise(const Line& line, TakesCommand takes_command, Diagnostics& diagnostics) {
    return Lexer(line, takes_command, diagnostics).run();
}

std::vector<std::string> command_words(const Token& token, Diagnostics& diagnostics) {
    const Line line{.text = token.text, .file = token.place.file, .number = token.place.line,
                    .pieces = {{.offset = 0, .column = token.place.column, .width = token.place.width}}};
    return Lexer(line, nullptr, diagnostics).run_command();
}

}  // namespace lvx::config
