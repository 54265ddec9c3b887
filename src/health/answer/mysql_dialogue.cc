// MySQL's and MariaDB's handshake (protocol version 10), and a login by mysql_native_password or caching_sha2_password.
//
//   packet   length (3 bytes, little endian), sequence number (1), payload
#include <fmt/format.h>

#include <optional>

#include "base/text.hh"
#include "health/answer/dialogue.hh"
#include "health/answer/secret.hh"

namespace lvx::health {
namespace {

using namespace std::string_literals;

enum Capability : std::uint32_t {
    long_password = 1, connect_with_database = 8, protocol_41 = 0x200, use_tls = 0x800, secure_connection = 0x8000, plugin_auth = 0x80000,
};

struct Packet {
    std::uint8_t sequence = 0;
    std::string payload;
};

std::string little(std::uint32_t value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
    return text;
}

std::string packet(std::uint8_t sequence, std::string_view payload) {
    return little(static_cast<std::uint32_t>(payload.size()), 3) + static_cast<char>(sequence) + std::string(payload);
}

std::optional<Packet> take_packet(std::string& pending) {
    if (pending.size() < 4) return std::nullopt;
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(pending[i]); };
    const std::size_t length = byte(0) | std::size_t{byte(1)} << 8 | std::size_t{byte(2)} << 16;
    if (pending.size() < 4 + length) return std::nullopt;
    Packet taken = {.sequence = byte(3), .payload = pending.substr(4, length)};
    pending.erase(0, 4 + length);
    return taken;
}

// SHA1(password) xor SHA1(salt SHA1(SHA1(password)))
std::string native_answer(const std::string& password, std::string_view salt) {
    if (password.empty()) return {};
    const std::string once = sha1(password);
    return exclusive_or(once, sha1(std::string(salt) + sha1(once)));
}

// SHA256(password) xor SHA256(SHA256(SHA256(password)) salt)
std::string caching_answer(const std::string& password, std::string_view salt) {
    if (password.empty()) return {};
    const std::string once = sha256(password);
    return exclusive_or(once, sha256(sha256(once) + std::string(salt)));
}

std::string error_text(std::string_view payload) {
    std::size_t skip = 3;
    if (payload.size() > 9 && payload[3] == '#') skip = 9;  // SQL state
    const std::string text = printable(payload.substr(std::min(skip, payload.size())).substr(0, 120));
    return text.empty() ? "an error without a message" : text;
}

class MySql : public Dialogue {
 public:
    explicit MySql(const model::GreetingCheck& check) : check_(check) {}

    Turn open() override {
        if (state_ != State::tls) return {};
        state_ = State::login;
        return {.send = packet(sequence_, login_payload(use_tls))};
    }

 protected:
    Turn look(std::string& pending) override {
        auto taken = take_packet(pending);
        if (!taken) return {};
        if (taken->payload.empty()) return turn_failed("an empty packet");
        sequence_ = static_cast<std::uint8_t>(taken->sequence + 1);
        if (static_cast<std::uint8_t>(taken->payload[0]) == 0xff) return turn_failed(error_text(taken->payload));
        return state_ == State::greeting ? greeted(taken->payload) : answered(taken->payload);
    }

 private:
    enum class State : std::uint8_t { greeting, tls, login };

    Turn greeted(std::string_view payload) {
        const std::size_t end = payload.find('\0', 1);
        if (payload[0] != 10 || end == payload.npos || payload.size() < end + 1 + 4 + 9 + 18) return turn_failed("no MySQL greeting");
        const std::string version = printable(payload.substr(1, std::min<std::size_t>(end - 1, 60)));
        if (check_.login.empty()) return turn_passed("MySQL " + version, "");
        salt_ = payload.substr(end + 5, 8);
        const std::string_view rest = payload.substr(end + 1 + 4 + 9 + 18);  // after the reserved bytes
        salt_ += rest.substr(0, 12);
        const std::string_view name = rest.size() > 13 ? rest.substr(13) : std::string_view();
        plugin_ = name.substr(0, name.find('\0'));
        if (plugin_ != "caching_sha2_password") plugin_ = "mysql_native_password";
        if (!check_.tls) {
            state_ = State::login;
            return {.send = packet(sequence_, login_payload(0))};
        }
        state_ = State::tls;
        return {.next = Turn::Next::start_tls, .send = packet(sequence_++, login_head(use_tls))};
    }

    [[nodiscard]] std::string login_head(std::uint32_t more) const {
        const std::uint32_t database = check_.database.empty() ? 0 : connect_with_database;
        return little(long_password | protocol_41 | secure_connection | plugin_auth | database | more, 4) + little(1 << 24, 4) + '\x21' + std::string(23, '\0');
    }

    [[nodiscard]] std::string login_payload(std::uint32_t more) const {
        const std::string answer = proof(plugin_, salt_);
        std::string payload = login_head(more) + check_.login + '\0' + static_cast<char>(answer.size()) + answer;
        if (!check_.database.empty()) payload += check_.database + '\0';
        return payload + plugin_ + '\0';
    }

    [[nodiscard]] std::string proof(std::string_view plugin, std::string_view salt) const {
        return plugin == "caching_sha2_password" ? caching_answer(check_.password, salt) : native_answer(check_.password, salt);
    }

    Turn answered(std::string_view payload) {
        const auto kind = static_cast<std::uint8_t>(payload[0]);
        if (kind == 0) return turn_passed("logged in", packet(0, "\x01"));
        if (kind == 0xfe) return switched(payload.substr(1));
        if (kind != 1 || payload.size() < 2) return turn_failed("no answer to a login");
        if (payload[1] == 3) return {};  // known to the server's cache; OK follows
        if (check_.tls) return {.send = packet(sequence_, check_.password + '\0')};
        return turn_failed("the server wants the password itself, which only goes over tls");
    }

    Turn switched(std::string_view payload) {
        const std::size_t end = payload.find('\0');
        const std::string_view plugin = payload.substr(0, end);
        if (end == payload.npos || (plugin != "mysql_native_password" && plugin != "caching_sha2_password")) {
            return turn_failed(fmt::format("login by \"{}\", which is not known here", printable(plugin.substr(0, 40))));
        }
        return {.send = packet(sequence_, proof(plugin, payload.substr(end + 1).substr(0, 20)))};
    }

    const model::GreetingCheck& check_;
    State state_ = State::greeting;
    std::string salt_, plugin_;
    std::uint8_t sequence_ = 0;
};

}  // namespace

std::unique_ptr<Dialogue> mysql_dialogue(const model::GreetingCheck& check) { return std::make_unique<MySql>(check); }

}  // namespace lvx::health
