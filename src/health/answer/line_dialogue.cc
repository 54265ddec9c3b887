// Protocols of lines: each exchange waits for a line that begins as wanted and then says something.
#include <fmt/format.h>

#include <vector>

#include "base/text.hh"
#include "health/answer/dialogue.hh"

namespace lvx::health {
namespace {

struct Exchange {
    std::string wanted;        // beginning of the line that lets us go on
    std::string finishes = {}; // beginning of a line that ends all well, too
    std::string say = {};      // then
};

// Which lines are to be passed over while waiting.
enum class Skipping : std::uint8_t { nothing, continuations /* "220-..." up to "220 " */, untagged /* IMAP's "* ..." */ };

class Lines : public Dialogue {
 public:
    Lines(std::string first_words, Skipping skipping, std::vector<Exchange> exchanges, std::string goodbye)
        : first_words_(std::move(first_words)), skipping_(skipping), exchanges_(std::move(exchanges)), goodbye_(std::move(goodbye)) {}

    Turn open() override { return {.send = first_words_}; }

 protected:
    Turn look(std::string& pending) override {
        const std::size_t end = pending.find('\n');
        if (end == pending.npos) return {};
        const std::string line(trim(std::string_view(pending).substr(0, end > 0 && pending[end - 1] == '\r' ? end - 1 : end)));
        pending.erase(0, end + 1);
        return skips(line) ? Turn{} : understood(line);
    }

 private:
    bool skips(const std::string& line) {
        if (skipping_ == Skipping::untagged) return at_ > 0 && line.starts_with('*');
        if (skipping_ != Skipping::continuations) return false;
        if (!code_.empty()) {
            if (!line.starts_with(code_ + " ") && line != code_) return true;
            code_.clear();
            return false;
        }
        if (line.size() < 4 || line[3] != '-') return false;
        code_ = line.substr(0, 3);
        return true;
    }

    Turn understood(const std::string& line) {
        const Exchange& exchange = exchanges_[at_];
        const std::string shown = printable(std::string_view(line).substr(0, 80));
        if (!exchange.finishes.empty() && line.starts_with(exchange.finishes)) return turn_passed(shown, goodbye_);
        if (!line.starts_with(exchange.wanted)) return turn_failed(fmt::format("\"{}\", wanted \"{}\"", shown, exchange.wanted));
        if (++at_ == exchanges_.size()) return turn_passed(shown, exchange.say + goodbye_);
        return {.send = exchange.say};
    }

    std::string first_words_;
    Skipping skipping_;
    std::vector<Exchange> exchanges_;
    std::string goodbye_, code_;
    std::size_t at_ = 0;
};

std::string quoted(std::string_view text) {
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') result += '\\';
        result += c;
    }
    return result + '"';
}

std::unique_ptr<Dialogue> redis(const model::GreetingCheck& check) {
    const std::string ping = "PING\r\n";
    if (check.password.empty()) return std::make_unique<Lines>(ping, Skipping::nothing, std::vector<Exchange>{{.wanted = "+PONG"}}, "QUIT\r\n");
    const std::string login = check.login.empty() ? "" : quoted(check.login) + " ";
    return std::make_unique<Lines>(fmt::format("AUTH {}{}\r\n", login, quoted(check.password)), Skipping::nothing,
                                   std::vector<Exchange>{{.wanted = "+OK", .say = ping}, {.wanted = "+PONG"}}, "QUIT\r\n");
}

std::unique_ptr<Dialogue> imap(const model::GreetingCheck& check) {
    std::vector<Exchange> exchanges = {{.wanted = "* OK"}};
    if (!check.login.empty()) {
        exchanges[0].say = fmt::format("a1 LOGIN {} {}\r\n", quoted(check.login), quoted(check.password));
        exchanges.push_back({.wanted = "a1 OK"});
    }
    return std::make_unique<Lines>("", Skipping::untagged, std::move(exchanges), "a2 LOGOUT\r\n");
}

std::unique_ptr<Dialogue> pop3(const model::GreetingCheck& check) {
    std::vector<Exchange> exchanges = {{.wanted = "+OK"}};
    if (!check.login.empty()) {
        exchanges[0].say = fmt::format("USER {}\r\n", check.login);
        exchanges.push_back({.wanted = "+OK", .say = fmt::format("PASS {}\r\n", check.password)});
        exchanges.push_back({.wanted = "+OK"});
    }
    return std::make_unique<Lines>("", Skipping::nothing, std::move(exchanges), "QUIT\r\n");
}

std::unique_ptr<Dialogue> ftp(const model::GreetingCheck& check) {
    std::vector<Exchange> exchanges = {{.wanted = "220"}};
    if (!check.login.empty()) {
        exchanges[0].say = fmt::format("USER {}\r\n", check.login);
        exchanges.push_back({.wanted = "331", .finishes = "230", .say = fmt::format("PASS {}\r\n", check.password)});
        exchanges.push_back({.wanted = "230"});
    }
    return std::make_unique<Lines>("", Skipping::continuations, std::move(exchanges), "QUIT\r\n");
}

}  // namespace

std::unique_ptr<Dialogue> smtp_dialogue(const model::SmtpCheck& check) {
    return std::make_unique<Lines>("", Skipping::continuations,
                                   std::vector<Exchange>{{.wanted = "220", .say = fmt::format("HELO {}\r\n", check.helo_name)}, {.wanted = "250"}},
                                   "QUIT\r\n");
}

std::unique_ptr<Dialogue> line_dialogue(const model::GreetingCheck& check) {
    if (check.protocol == model::Greeting::redis) return redis(check);
    if (check.protocol == model::Greeting::imap) return imap(check);
    if (check.protocol == model::Greeting::pop3) return pop3(check);
    return ftp(check);
}

}  // namespace lvx::health
