#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "base/text.hh"
#include "config/keepalived/line_cursor.hh"
#include "config/keepalived/vrrp_instance.hh"

namespace lvx::config::keepalived {
namespace {

using model::Hmac;
using model::HmacKey;
using model::VrrpAuth;

constexpr std::size_t shortest_key = 32, longest_key = 64;  // bytes
constexpr std::size_t password_length = 8;                  // RFC 2338, 5.3.6

// ---- authentication { auth_type PASS; auth_pass SECRET } ----

void read_type(InstanceDraft& draft, const Statement& statement, Reading&) {
    if (statement.words.size() < 2) return;
    draft.instance.auth = statement.words[1].text == "PASS" ? VrrpAuth::password
                          : statement.words[1].text == "AH" ? VrrpAuth::header : VrrpAuth::none;
}

void read_password(InstanceDraft& draft, const Statement& statement, Reading& reading) {
    if (statement.words.size() < 2) return;
    const std::string& text = statement.words[1].text;
    draft.instance.auth_data = {};
    std::copy_n(text.begin(), std::min(text.size(), password_length), draft.instance.auth_data.begin());
    if (text.size() <= password_length) return;
    reading.warn(Code::adjusted_value, statement.words[1].place, "a password has 8 characters at most",
                 fmt::format("as with keepalived only the first 8 of {} count", text.size()));
}

constexpr Row<InstanceDraft> authentication_rows[] = {
    {"auth_type", read_type},
    {"auth_pass", read_password},
};

// ---- auth_hmac { key ID VALUE; active_key ID; ... } ----

std::optional<std::vector<std::uint8_t>> bytes_of_hex(std::string_view digits) {
    const auto value = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                           : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; };
    std::vector<std::uint8_t> bytes;
    if (digits.size() % 2 != 0) return std::nullopt;
    for (std::size_t at = 0; at < digits.size(); at += 2) {
        const int high = value(digits[at]), low = value(digits[at + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        bytes.push_back(static_cast<std::uint8_t>(high * 16 + low));
    }
    return bytes;
}

std::optional<std::vector<std::uint8_t>> secret_of(std::string_view text) {
    if (text.starts_with("hex:")) return bytes_of_hex(text.substr(4));
    return std::vector<std::uint8_t>(text.begin(), text.end());
}

void bad_key(const Word& word, std::string message, std::string caret, Reading& reading) {
    reading.report({.code = Code::bad_key, .place = word.place, .message = std::move(message), .caret = std::move(caret),
                    .note = "keepalived would leave out this key"});
}

std::optional<std::string> key_text(const Word& word, Reading& reading) {
    constexpr std::string_view prefix = "file:";
    if (!word.text.starts_with(prefix)) return word.text;
    const auto file = reading.files().read(word.text.substr(prefix.size()));
    if (file) return std::string(trim(file->substr(0, file->find_last_not_of("\r\n") + 1)));
    bad_key(word, "the file with the key cannot be read", std::generic_category().message(file.error().code), reading);
    return std::nullopt;
}

void read_key(Hmac& hmac, const Statement& statement, Reading& reading) {
    LineCursor cursor(statement, reading, 1);
    if (!cursor.more()) return;  // said by check.cc
    const Word& first = cursor.take();
    const auto number = reading.keep(read_number(Keyword{.name = "key", .low = 1, .high = 255}, first));
    const Word* word = cursor.argument("hex:..., file:PATH or 32 to 64 letters");
    if (word == nullptr || !number) return;
    const auto text = key_text(*word, reading);
    if (!text) return;
    const auto secret = secret_of(*text);
    if (!secret) return bad_key(*word, "this is not a key in hexadecimal digits", "two digits for each byte", reading);
    if (secret->size() < shortest_key || secret->size() > longest_key) {
        return bad_key(*word, fmt::format("this key has {} bytes", secret->size()), "a key has 32 to 64 bytes", reading);
    }
    const auto id = static_cast<std::uint8_t>(*number);
    if (std::ranges::find(hmac.keys, id, &HmacKey::id) != hmac.keys.end()) {
        return reading.warn(Code::duplicate_name, first.place, fmt::format("key {} is given twice", id),
                            "keepalived leaves out the second one as well");
    }
    hmac.keys.push_back({.id = id, .secret = *secret});
}

void read_mode(Hmac& hmac, const Statement& statement, Reading&) {
    const auto word = word_of(statement);
    if (word == "permissive") hmac.mode = Hmac::Mode::permissive;
    if (word == "receive-only") hmac.mode = Hmac::Mode::receive_only;
    if (word == "enforce") hmac.mode = Hmac::Mode::enforce;
}

constexpr Row<Hmac> hmac_rows[] = {
    {"key", read_key},
    {"active_key", into_number<Block::auth_hmac, &Hmac::active>},
    {"anti_replay", [](Hmac& hmac, const Statement& s, Reading&) { hmac.monotonic = word_of(s) == "monotonic"; }},
    {"time_window", into_time<Block::auth_hmac, &Hmac::window>},
    {"mode", read_mode},
};

void drop_password(InstanceDraft& draft, std::string message, std::string note, Reading& reading) {
    reading.warn(Code::conflicting_keywords, draft.place("authentication"), std::move(message), std::move(note));
    draft.instance.auth = VrrpAuth::none;
    draft.instance.auth_data = {};
}

}  // namespace

void read_authentication(InstanceDraft& draft, const Statement& statement, Reading& reading) {
    read_statements<InstanceDraft>(statement, Block::authentication, authentication_rows, draft, reading);
}

void read_hmac(InstanceDraft& draft, const Statement& statement, Reading& reading) {
    Hmac& hmac = draft.instance.hmac;
    read_statements<Hmac>(statement, Block::auth_hmac, hmac_rows, hmac, reading);
    if (hmac.keys.empty()) {
        return reading.report({.code = Code::missing_keyword, .place = statement.place(), .message = "auth_hmac needs a key",
                               .caret = "key 1 hex:...", .note = "keepalived would send without authentication"});
    }
    const Said said(statement, Block::auth_hmac);
    if (!said.has("active_key")) hmac.active = hmac.keys.front().id;
    if (std::ranges::find(hmac.keys, hmac.active, &HmacKey::id) != hmac.keys.end()) return;
    reading.report({.code = Code::unknown_name, .place = said.place("active_key", statement),
                    .message = fmt::format("there is no key {}", hmac.active),
                    .note = "keepalived would send without authentication"});
    hmac = {};
}

void settle_authentication(InstanceDraft& draft, Reading& reading) {
    model::VrrpInstance& it = draft.instance;
    if (it.auth == VrrpAuth::none) {
        it.auth_data = {};
        return;
    }
    constexpr std::string_view ignored = "keepalived ignores the block as well";
    if (it.version == 3) return drop_password(draft, "version 3 of VRRP has no authentication", std::string(ignored) + "; auth_hmac does it", reading);
    if (it.auth_data == std::array<char, 8>{}) return drop_password(draft, "authentication without a password", std::string(ignored), reading);
    if (it.auth == VrrpAuth::header && it.family == Family::v6) return drop_password(draft, "auth_type AH is for IPv4 only", std::string(ignored), reading);
    if (!it.hmac.keys.empty()) return drop_password(draft, "auth_hmac takes the place of authentication", std::string(ignored), reading);
    if (it.auth != VrrpAuth::header || !it.wants_master || it.priority == 255) return;
    reading.warn(Code::conflicting_keywords, draft.place("state"), "state MASTER does not go with auth_type AH",
                 "as with keepalived it starts as BACKUP, to hear sequence numbers first");
    it.wants_master = false;
}

std::vector<std::string_view> authentication_keywords(Block block) {
    if (block == Block::authentication) return keywords_of<InstanceDraft>(authentication_rows);
    if (block == Block::auth_hmac) return keywords_of<Hmac>(hmac_rows);
    return {};
}

}  // namespace lvx::config::keepalived
