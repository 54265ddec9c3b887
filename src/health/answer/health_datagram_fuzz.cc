// Datagrams from anybody: DNS answers, echo replies, UDP patterns; and file names of a maintenance directory.
#include "base/ensure.hh"
#include "health/answer/datagram.hh"
#include "health/file_values.hh"

using namespace lvx;
using namespace lvx::health;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const Judgement dns = judge_dns(text, 0x1234);
    ensure(dns.kind != Judgement::Kind::good || (size >= 12 && data[0] == 0x12 && data[1] == 0x34 && (data[3] & 0xf) == 0));
    for (const Family family : {Family::v4, Family::v6}) {
        for (const EchoSocket socket : {EchoSocket::datagram, EchoSocket::raw}) {
            const Judgement echo = judge_echo(text, family, socket, 1, 2);
            ensure(echo.kind != Judgement::Kind::good || size >= echo_payload);
        }
    }
    const model::UdpCheck udp = {.require_reply = true, .reply = {0x12, 0x30}, .reply_mask = {0xff, 0xf0}, .min_reply_length = 4};
    const Judgement pattern = judge_udp(text, udp);
    ensure(pattern.kind != Judgement::Kind::good || (size >= 4 && data[0] == 0x12 && data[1] >> 4 == 3));
    (void)file_value(text);
    if (const auto server = maintenance_name(text)) ensure(text.find('\0') == text.npos);
    if (const auto question = dns_question({.name = std::string(text)}, 7)) ensure(question->size() <= 12 + 255 + 4);
    return 0;
}
