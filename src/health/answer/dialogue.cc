#include "health/answer/dialogue.hh"

#include <fmt/format.h>

#include <utility>

#include "base/ensure.hh"

namespace lvx::health {

Turn Dialogue::heard(std::string_view bytes) {
    heard_ += bytes.size();
    if (heard_ > dialogue_bytes) return turn_failed(fmt::format("more than {} bytes of answers", dialogue_bytes));
    pending_.append(bytes);
    Turn turn;
    std::size_t before = pending_.size() + 1;
    while (turn.next == Turn::Next::listen && !pending_.empty() && pending_.size() < before) {
        before = pending_.size();
        Turn more = look(pending_);
        more.send.insert(0, turn.send);
        turn = std::move(more);
    }
    return turn;
}

Turn turn_failed(std::string reason) { return {.next = Turn::Next::failed, .reason = std::move(reason)}; }

Turn turn_passed(std::string reason, std::string goodbye) {
    return {.next = Turn::Next::passed, .send = std::move(goodbye), .reason = std::move(reason)};
}

std::unique_ptr<Dialogue> greeting_dialogue(const model::GreetingCheck& check, std::string nonce, std::string host) {
    switch (check.protocol) {
        case model::Greeting::mysql: return mysql_dialogue(check);
        case model::Greeting::postgresql: return postgresql_dialogue(check, std::move(nonce));
        case model::Greeting::ldap: return ldap_dialogue(check);
        case model::Greeting::sip: return sip_dialogue(check, std::move(nonce), std::move(host));
        case model::Greeting::redis:
        case model::Greeting::imap:
        case model::Greeting::pop3:
        case model::Greeting::ftp: return line_dialogue(check);
    }
    ensure(false && "a greeting of the list");
    return nullptr;
}

}  // namespace lvx::health
