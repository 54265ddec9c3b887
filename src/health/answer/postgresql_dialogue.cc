// PostgreSQL's protocol 3.0: without a login the question whether it speaks TLS, which every server answers; with one, a
// whole login by any of trust, password, MD5 and SCRAM-SHA-256 (RFC 7677).
//
//   message   type (1 byte), length with itself (4 bytes, big endian), payload; the first ones of a client have no type
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/text.hh"
#include "health/answer/dialogue.hh"
#include "health/answer/secret.hh"

namespace lvx::health {
namespace {

enum Authentication : std::uint32_t { done = 0, clear_text = 3, md5 = 5, sasl = 10, sasl_continue = 11, sasl_final = 12 };

constexpr std::uint32_t tls_request = 80877103, protocol_3_0 = 196608;

std::string big(std::uint32_t value) {
    return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8), static_cast<char>(value)};
}

std::uint32_t big_at(std::string_view text, std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<std::uint8_t>(text[at + i]);
    return value;
}

std::string framed(std::string_view payload) { return big(static_cast<std::uint32_t>(payload.size() + 4)) + std::string(payload); }
std::string message(char type, std::string_view payload) { return type + framed(payload); }

// The human part ('M') of an error's fields.
std::string error_text(std::string_view fields) {
    while (!fields.empty() && fields[0] != '\0') {
        const std::size_t end = fields.find('\0');
        if (end == fields.npos) break;
        if (fields[0] == 'M' && end > 1) return printable(fields.substr(1, std::min<std::size_t>(end - 1, 120)));
        fields.remove_prefix(end + 1);
    }
    return "an error without a message";
}

// "r=...,s=...,i=..." -> the value of one letter.
std::string attribute(std::string_view text, char letter) {
    for (const std::string_view part : split_at(text, ',')) {
        if (part.size() >= 2 && part[0] == letter && part[1] == '=') return std::string(part.substr(2));
    }
    return {};
}

class PostgreSql : public Dialogue {
 public:
    PostgreSql(const model::GreetingCheck& check, std::string nonce) : check_(check), nonce_(base64(nonce)) {}

    Turn open() override {
        if (check_.login.empty() || (check_.tls && state_ == State::fresh)) {
            state_ = State::tls_asked;
            return {.send = framed(big(tls_request))};
        }
        state_ = State::login;
        using namespace std::string_literals;
        std::string words = "user\0"s + check_.login + '\0';
        if (!check_.database.empty()) words += "database\0"s + check_.database + '\0';
        return {.send = framed(big(protocol_3_0) + words + '\0')};
    }

 protected:
    Turn look(std::string& pending) override {
        if (state_ == State::tls_asked) return tls_answered(pending);
        if (pending.size() < 5) return {};
        const std::uint32_t length = big_at(pending, 1);
        if (length < 4 || length > dialogue_bytes) return turn_failed("no PostgreSQL message");
        if (pending.size() < 1 + std::size_t{length}) return {};
        const char type = pending[0];
        const std::string payload = pending.substr(5, length - 4);
        pending.erase(0, 1 + std::size_t{length});
        if (type == 'E') return turn_failed(error_text(payload));
        if (type == 'N') return {};  // a notice
        if (type != 'R' || payload.size() < 4) return turn_failed("no answer to a login");
        return authenticate(static_cast<Authentication>(big_at(payload, 0)), payload.substr(4));
    }

 private:
    enum class State : std::uint8_t { fresh, tls_asked, login };

    Turn tls_answered(std::string& pending) {
        const char answer = pending[0];
        if (answer != 'S' && answer != 'N') return turn_failed("no PostgreSQL answer");
        pending.clear();
        if (check_.login.empty()) return turn_passed("PostgreSQL answers", "");
        if (answer == 'N') return turn_failed("the server does not speak tls");
        return {.next = Turn::Next::start_tls};
    }

    Turn authenticate(Authentication how, const std::string& data) {
        switch (how) {
            case done: return turn_passed("logged in", message('X', ""));
            case clear_text: return {.send = message('p', check_.password + '\0')};
            case md5:
                if (data.size() < 4) return turn_failed("no salt");
                return {.send = message('p', "md5" + md5_hex(md5_hex(check_.password + check_.login) + data.substr(0, 4)) + '\0')};
            case sasl: return scram_first(data);
            case sasl_continue: return scram_answer(data);
            case sasl_final: return attribute(data, 'v') == server_proof_ && !server_proof_.empty() ? Turn{} : turn_failed("the server does not know the password");
        }
        return turn_failed(fmt::format("login by method {}, which is not known here", static_cast<std::uint32_t>(how)));
    }

    Turn scram_first(std::string_view mechanisms) {
        if (mechanisms.find("SCRAM-SHA-256") == mechanisms.npos) return turn_failed("no SASL mechanism that is known here");
        first_bare_ = "n=,r=" + nonce_;
        using namespace std::string_literals;
        return {.send = message('p', "SCRAM-SHA-256\0"s + big(static_cast<std::uint32_t>(first_bare_.size() + 3)) + "n,," + first_bare_)};
    }

    Turn scram_answer(const std::string& first) {
        const std::string nonce = attribute(first, 'r'), salt = from_base64(attribute(first, 's'));
        const auto iterations = parse_integer(attribute(first, 'i'));
        if (!nonce.starts_with(nonce_) || salt.empty() || !iterations || *iterations < 1) return turn_failed("no SCRAM answer");
        if (*iterations > scram_iterations) return turn_failed(fmt::format("{} SCRAM iterations, more than {}", *iterations, scram_iterations));
        const std::string salted = pbkdf2_sha256(check_.password, salt, static_cast<std::uint32_t>(*iterations));
        const std::string client = hmac_sha256(salted, "Client Key");
        const std::string bare = "c=biws,r=" + nonce;
        const std::string all = first_bare_ + "," + first + "," + bare;
        server_proof_ = base64(hmac_sha256(hmac_sha256(salted, "Server Key"), all));
        return {.send = message('p', bare + ",p=" + base64(exclusive_or(client, hmac_sha256(sha256(client), all))))};
    }

    const model::GreetingCheck& check_;
    State state_ = State::fresh;
    std::string nonce_, first_bare_, server_proof_;
};

}  // namespace

std::unique_ptr<Dialogue> postgresql_dialogue(const model::GreetingCheck& check, std::string nonce) {
    return std::make_unique<PostgreSql>(check, std::move(nonce));
}

}  // namespace lvx::health
