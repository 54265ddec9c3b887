// LDAP's bind (RFC 4511) and SIP's OPTIONS (RFC 3261).
#include <fmt/format.h>

#include <optional>

#include "base/text.hh"
#include "health/answer/dialogue.hh"

namespace lvx::health {
namespace {

// BER: tag, length, content.  Lengths up to 65535.
std::string element(std::uint8_t tag, std::string_view content) {
    std::string text(1, static_cast<char>(tag));
    if (content.size() >= 128) {
        text += '\x82';
        text += static_cast<char>(content.size() >> 8);
    }
    text += static_cast<char>(content.size());
    return text + std::string(content);
}

struct Element {
    std::uint8_t tag = 0;
    std::string_view content;
    std::size_t whole = 0;  // bytes of tag, length and content
};

enum class Taken : std::uint8_t { whole, partial, wrong };

struct Reading {
    Taken taken = Taken::partial;
    Element element = {};
};

Reading read_element(std::string_view bytes) {
    if (bytes.size() < 2) return {};
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
    std::size_t head = 2, length = byte(1);
    if (length >= 128) {
        const std::size_t count = length & 0x7f;
        if (count == 0 || count > 4) return {.taken = Taken::wrong};
        if (bytes.size() < 2 + count) return {};
        length = 0;
        for (std::size_t i = 0; i < count; ++i) length = length << 8 | byte(2 + i);
        head += count;
    }
    if (length > dialogue_bytes) return {.taken = Taken::wrong};
    if (bytes.size() < head + length) return {};
    return {Taken::whole, {byte(0), bytes.substr(head, length), head + length}};
}

class Ldap : public Dialogue {
 public:
    explicit Ldap(const model::GreetingCheck& check) : check_(check) {}

    Turn open() override {
        const std::string bind = element(0x02, "\x03") + element(0x04, check_.login) + element(0x80, check_.password);
        return {.send = element(0x30, element(0x02, "\x01") + element(0x60, bind))};
    }

 protected:
    // LDAPMessage { messageID, BindResponse [APPLICATION 1] { resultCode ENUMERATED, ... } }
    Turn look(std::string& pending) override {
        if (pending[0] != 0x30) return turn_failed("no LDAP message");
        const Reading message = read_element(pending);
        if (message.taken == Taken::partial) return {};
        if (message.taken == Taken::wrong) return turn_failed("no LDAP message");
        const Reading id = read_element(message.element.content);
        if (id.taken != Taken::whole) return turn_failed("no LDAP message");
        const Reading response = read_element(message.element.content.substr(id.element.whole));
        if (response.taken != Taken::whole || response.element.tag != 0x61) return turn_failed("no answer to a bind");
        const Reading code = read_element(response.element.content);
        if (code.taken != Taken::whole || code.element.tag != 0x0a || code.element.content.size() != 1) return turn_failed("no result of a bind");
        const auto result = static_cast<std::uint8_t>(code.element.content[0]);
        if (result != 0) return turn_failed(fmt::format("bind answered with result {}, wanted 0", result));
        return turn_passed("bound", element(0x30, element(0x02, "\x02") + std::string("\x42\x00", 2)));
    }

 private:
    const model::GreetingCheck& check_;
};

class Sip : public Dialogue {
 public:
    Sip(const model::GreetingCheck& check, const std::string& nonce, std::string host) : user_(check.login), host_(std::move(host)) {
        for (const char byte : nonce) branch_ += fmt::format("{:02x}", static_cast<std::uint8_t>(byte));
    }

    Turn open() override {
        const std::string to = user_.empty() ? "sip:" + host_ : fmt::format("sip:{}@{}", user_, host_);
        return {.send = fmt::format("OPTIONS {0} SIP/2.0\r\nVia: SIP/2.0/UDP {1};branch=z9hG4bK{2}\r\nMax-Forwards: 70\r\nFrom: <{0}>;tag={2}\r\n"
                                    "To: <{0}>\r\nCall-ID: {2}\r\nCSeq: 1 OPTIONS\r\nContact: <{0}>\r\nAccept: application/sdp\r\nContent-Length: 0\r\n\r\n",
                                    to, host_, branch_)};
    }

 protected:
    Turn look(std::string& pending) override {
        const std::size_t end = pending.find('\n');
        if (end == pending.npos) return {};
        const std::string_view line = trim(std::string_view(pending).substr(0, end));
        const std::string shown = printable(line.substr(0, line.find('\r')).substr(0, 80));
        if (!line.starts_with("SIP/2.0 ")) return turn_failed(fmt::format("no SIP answer: \"{}\"", shown));
        if (!line.starts_with("SIP/2.0 200")) return turn_failed(fmt::format("\"{}\", wanted \"SIP/2.0 200\"", shown));
        return turn_passed(shown, "");
    }

 private:
    std::string user_, host_, branch_;
};

}  // namespace

std::unique_ptr<Dialogue> ldap_dialogue(const model::GreetingCheck& check) { return std::make_unique<Ldap>(check); }

std::unique_ptr<Dialogue> sip_dialogue(const model::GreetingCheck& check, std::string nonce, std::string host) {
    return std::make_unique<Sip>(check, nonce, std::move(host));
}

}  // namespace lvx::health
