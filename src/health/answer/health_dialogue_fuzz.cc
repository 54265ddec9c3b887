// Servers of every protocol that say anything in any pieces.  First byte: which protocol, with or without login and TLS;
// second: the length of a piece.  A dialogue never fails to conclude once its bound is reached.
#include "base/ensure.hh"
#include "health/answer/dialogue.hh"

using namespace lvx;
using namespace lvx::health;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    model::GreetingCheck check = {.protocol = static_cast<model::Greeting>(data[0] % 8), .tls = (data[0] & 0x40) != 0, .login = {}, .password = {}, .database = {}};
    if ((data[0] & 0x80) != 0) {
        check.login = "me";
        check.password = "secret";
        check.database = "test";
    }
    const bool smtp = (data[0] & 0x20) != 0;
    const auto dialogue = smtp ? smtp_dialogue({}) : greeting_dialogue(check, "012345678901234567", "10.0.0.2:5060");
    const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
    const std::size_t piece = 1 + data[1];
    Turn turn = dialogue->open();
    for (std::size_t at = 0; at < text.size(); at += piece) {
        turn = dialogue->heard(text.substr(at, piece));
        if (turn.next == Turn::Next::start_tls) turn = dialogue->open();
        if (turn.next == Turn::Next::passed || turn.next == Turn::Next::failed) {
            ensure(!turn.reason.empty());
            return 0;
        }
    }
    const std::string flood(dialogue_bytes + 1, 'x');
    ensure(dialogue->heard(flood).next == Turn::Next::failed);
    return 0;
}
