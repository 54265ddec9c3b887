// Conversations that tell whether a server of some protocol is well: what to say first, and what to say or conclude after
// each piece it answers.  Pure: bytes in, turns out.  SMTP, and ldirectord's protocol greetings with their logins.
//
// Whatever the server sends, at most dialogue_bytes of it are looked at, and everything unexpected is a reason.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "model/watch.hh"

namespace lvx::health {

inline constexpr std::size_t dialogue_bytes = 65536;      // from the server, in all
inline constexpr std::uint32_t scram_iterations = 65536;  // a server that wants more wants our processor

struct Turn {
    enum class Next : std::uint8_t { listen, start_tls, passed, failed };
    Next next = Next::listen;
    std::string send = {};    // before the next thing happens, also before hanging up
    std::string reason = {};  // of passed and failed
    bool operator==(const Turn&) const = default;
};

class Dialogue {
 public:
    virtual ~Dialogue() = default;
    // The connection stands; after Next::start_tls once more, when TLS does.
    virtual Turn open() = 0;
    // Some bytes came; they may be half a message or two.
    Turn heard(std::string_view bytes);

 protected:
    // Looks at the beginning of `pending`; what it removes is done with.  Called again while it removes and listens.
    virtual Turn look(std::string& pending) = 0;

 private:
    std::string pending_;
    std::size_t heard_ = 0;
};

[[nodiscard]] std::unique_ptr<Dialogue> smtp_dialogue(const model::SmtpCheck& check);
// `nonce`: not to be guessed twice (SCRAM, SIP's branch).  `host`: of the server, for SIP.
[[nodiscard]] std::unique_ptr<Dialogue> greeting_dialogue(const model::GreetingCheck& check, std::string nonce, std::string host);

[[nodiscard]] Turn turn_failed(std::string reason);
[[nodiscard]] Turn turn_passed(std::string reason, std::string goodbye);

// Each protocol's, by file; greeting_dialogue chooses.
[[nodiscard]] std::unique_ptr<Dialogue> line_dialogue(const model::GreetingCheck& check);  // Redis, IMAP, POP3, FTP
[[nodiscard]] std::unique_ptr<Dialogue> mysql_dialogue(const model::GreetingCheck& check);
[[nodiscard]] std::unique_ptr<Dialogue> postgresql_dialogue(const model::GreetingCheck& check, std::string nonce);
[[nodiscard]] std::unique_ptr<Dialogue> ldap_dialogue(const model::GreetingCheck& check);
[[nodiscard]] std::unique_ptr<Dialogue> sip_dialogue(const model::GreetingCheck& check, std::string nonce, std::string host);

}  // namespace lvx::health
