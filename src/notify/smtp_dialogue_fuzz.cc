// What a mail server says, in pieces: the first byte of each piece is its length.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/ensure.hh"
#include "notify/smtp_dialogue.hh"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace lvx::notify;
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    SmtpDialogue dialogue({.helo = "h", .from = "f", .recipients = {"a", "b"}, .message = "m\r\n"});
    std::size_t said = 0;
    bool over = false;
    while (!rest.empty()) {
        const std::size_t length = static_cast<unsigned char>(rest.front());
        const std::string_view piece = rest.substr(1, length);
        rest.remove_prefix(1 + piece.size());
        const Turn turn = dialogue.take(piece);
        ensure(!over || std::holds_alternative<Wait>(turn) || std::holds_alternative<Failed>(turn));
        if (std::holds_alternative<Say>(turn)) ++said;
        over = over || std::holds_alternative<Sent>(turn) || std::holds_alternative<Failed>(turn);
    }
    ensure(said <= 6);  // HELO, MAIL, two RCPT, DATA, the message
    return 0;
}
