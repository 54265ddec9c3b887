#include "notify/smtp_dialogue.hh"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hh"

namespace lvx::notify {

namespace {

std::string one_line(std::string_view text) {
    std::string result(text);
    std::ranges::replace_if(result, [](char each) { return each == '\r' || each == '\n' || each == '\0'; }, ' ');
    return result;
}

// What stands between < and > of MAIL and RCPT: the address of "Name <address>".
std::string path_of(std::string_view mailbox) {
    const std::size_t open = mailbox.find('<'), close = mailbox.find('>');
    const bool named = open != mailbox.npos && close != mailbox.npos && open < close;
    return one_line(trim(named ? mailbox.substr(open + 1, close - open - 1) : mailbox));
}

// CRLF at line ends, and a dot more where a line begins with one (RFC 5321 section 4.5.2).
std::string body_lines(std::string_view body) {
    std::string result;
    for (std::string_view line : split_at(body, '\n')) {
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.starts_with('.')) result += '.';
        result += one_line(line) + "\r\n";
    }
    return result;
}

std::optional<int> code_of(std::string_view line) {
    if (line.size() < 3) return std::nullopt;
    const auto code = parse_integer(line.substr(0, 3));
    if (!code || *code < 200 || *code > 599) return std::nullopt;
    return static_cast<int>(*code);
}

}  // namespace

Envelope envelope_of(const SendMail& mail, const Settings& settings, std::string_view date, std::string_view id) {
    const std::string from = settings.mail.from.empty() ? "root@" + settings.host : one_line(settings.mail.from);
    std::string to;
    Envelope envelope{.helo = one_line(settings.mail.helo_name.empty() ? settings.host : settings.mail.helo_name), .from = path_of(from)};
    for (const std::string& recipient : settings.mail.recipients) {
        envelope.recipients.push_back(path_of(recipient));
        to += (to.empty() ? "" : ", ") + one_line(recipient);
    }
    envelope.message = fmt::format("Date: {}\r\nFrom: {}\r\nTo: {}\r\nSubject: {}\r\nMessage-ID: <{}@{}>\r\n\r\n{}", date, from, to,
                                   one_line(mail.subject), id, one_line(settings.host), body_lines(mail.body));
    return envelope;
}

Turn SmtpDialogue::fail(std::string reason) {
    stage_ = Stage::over;
    return Failed{std::move(reason)};
}

Turn SmtpDialogue::take(std::string_view bytes) {
    unread_ += bytes;
    for (std::size_t end = unread_.find('\n'); end != unread_.npos; end = unread_.find('\n')) {
        std::string text = unread_.substr(0, end);
        unread_.erase(0, end + 1);
        if (text.ends_with('\r')) text.pop_back();
        Turn turn = line(text);
        if (!std::holds_alternative<Wait>(turn)) return turn;
    }
    if (unread_.size() > reply_line_limit) return fail("its answer has no end");
    return Wait{};
}

// "250-first" "250-second" "250 last" is one reply; the last line counts.
Turn SmtpDialogue::line(std::string_view text) {
    if (stage_ == Stage::over) return Wait{};
    const auto code = code_of(text);
    const bool more = text.size() > 3 && text[3] == '-';
    if (!code || (text.size() > 3 && text[3] != ' ' && !more)) return fail("it does not speak SMTP: " + printable(text.substr(0, 80)));
    if (more && ++lines_ > reply_lines_limit) return fail("its answer has no end");
    if (more) return Wait{};
    lines_ = 0;
    return reply(*code, text);
}

Turn SmtpDialogue::reply(int code, std::string_view text) {
    if (stage_ == Stage::recipient) return after_recipient(code / 100 == 2, code, text);
    const int wanted = stage_ == Stage::data ? 3 : 2;
    if (code / 100 != wanted) return fail("it refused: " + printable(text.substr(0, 200)));
    switch (stage_) {
        case Stage::greeting: stage_ = Stage::helo; return Say{"HELO " + envelope_.helo + "\r\n"};
        case Stage::helo: stage_ = Stage::from; return Say{"MAIL FROM:<" + envelope_.from + ">\r\n"};
        case Stage::from:
            if (envelope_.recipients.empty()) return fail("it has nobody to go to");
            stage_ = Stage::recipient;
            return Say{"RCPT TO:<" + envelope_.recipients.front() + ">\r\n"};
        case Stage::data: stage_ = Stage::message; return Say{envelope_.message + ".\r\n"};
        default: stage_ = Stage::over; return Sent{"QUIT\r\n"};
    }
}

// One recipient that is refused does not take the mail from the others.
Turn SmtpDialogue::after_recipient(bool accepted, int code, std::string_view text) {
    if (code == 421) return fail("it refused: " + printable(text.substr(0, 200)));
    accepted_ += accepted ? 1 : 0;
    if (++recipient_ < envelope_.recipients.size()) return Say{"RCPT TO:<" + envelope_.recipients[recipient_] + ">\r\n"};
    if (accepted_ == 0) return fail("it refused: " + printable(text.substr(0, 200)));
    stage_ = Stage::data;
    return Say{"DATA\r\n"};
}

}  // namespace lvx::notify
