// The client's half of an SMTP conversation (RFC 5321), pure: bytes of the server go in, what to say next comes out.
// HELO, MAIL, RCPT for each recipient, DATA, QUIT; no extensions, since a notification needs none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/site.hh"
#include "notify/notice.hh"

namespace lvx::notify {

inline constexpr std::size_t reply_line_limit = 2048;  // RFC 5321 4.5.3.1.5 has 512
inline constexpr std::size_t reply_lines_limit = 100;

struct Envelope {
    std::string helo, from;
    std::vector<std::string> recipients;
    std::string message;  // RFC 5322, lines end in CRLF, without the final dot
    bool operator==(const Envelope&) const = default;
};

// Text of others never adds a header or a command: line ends become blanks.
[[nodiscard]] Envelope envelope_of(const SendMail& mail, const Settings& settings, std::string_view date, std::string_view id);

struct Say { std::string text; bool operator==(const Say&) const = default; };
struct Wait { bool operator==(const Wait&) const = default; };
struct Sent { std::string farewell; bool operator==(const Sent&) const = default; };  // to be said before closing
struct Failed { std::string reason; bool operator==(const Failed&) const = default; };
using Turn = std::variant<Say, Wait, Sent, Failed>;

class SmtpDialogue {
 public:
    explicit SmtpDialogue(Envelope envelope) : envelope_(std::move(envelope)) {}

    [[nodiscard]] Turn take(std::string_view bytes);

 private:
    enum class Stage : std::uint8_t { greeting, helo, from, recipient, data, message, over };

    [[nodiscard]] Turn line(std::string_view text);
    [[nodiscard]] Turn reply(int code, std::string_view text);
    [[nodiscard]] Turn after_recipient(bool accepted, int code, std::string_view text);
    [[nodiscard]] Turn fail(std::string reason);

    Envelope envelope_;
    std::string unread_;
    Stage stage_ = Stage::greeting;
    std::size_t lines_ = 0, recipient_ = 0, accepted_ = 0;
};

}  // namespace lvx::notify
