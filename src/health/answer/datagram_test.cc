#include "health/answer/datagram.hh"

#include <gtest/gtest.h>

namespace lvx::health {
namespace {

using namespace std::string_literals;
using Kind = Judgement::Kind;

TEST(Dns, a_question_names_what_is_asked) {
    EXPECT_EQ(dns_question({.type = model::DnsType::a, .name = "www.example.org"}, 0x1234),
              "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x07"s + "example\x03org\x00\x00\x01\x00\x01"s);
    EXPECT_EQ(dns_question({}, 1), "\x00\x01\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x06\x00\x01"s);
    EXPECT_EQ(dns_question({.name = "a..b"}, 1), std::nullopt);
    EXPECT_EQ(dns_question({.name = std::string(64, 'x')}, 1), std::nullopt);
    EXPECT_TRUE(dns_question({.name = std::string(63, 'x')}, 1));
}

TEST(Dns, an_answer_has_our_id_and_no_error) {
    EXPECT_EQ(judge_dns("\x12\x34\x81\x80\x00\x01\x00\x02\x00\x00\x00\x00"s, 0x1234), (Judgement{Kind::good, "NOERROR, 2 answers"}));
    EXPECT_EQ(judge_dns("\x12\x34\x81\x83\x00\x01\x00\x00\x00\x00\x00\x00"s, 0x1234), (Judgement{Kind::bad, "NXDOMAIN, wanted NOERROR"}));
    EXPECT_EQ(judge_dns("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"s, 0x1234).reason, "a question in place of an answer");
    EXPECT_EQ(judge_dns("\x12\x34\x81"s, 0x1234).reason, "3 bytes, shorter than a DNS header");
    EXPECT_EQ(judge_dns("\x12\x35\x81\x80\x00\x01\x00\x02\x00\x00\x00\x00"s, 0x1234).kind, Kind::foreign);
    EXPECT_EQ(judge_dns("", 0x1234).kind, Kind::foreign);
}

TEST(Echo, a_reply_carries_the_same_number_and_bytes) {
    std::string reply = echo_request(Family::v4, 7, 9);
    EXPECT_EQ(reply.size(), 8 + echo_payload);
    EXPECT_EQ(judge_echo(reply, Family::v4, EchoSocket::datagram, 7, 9).kind, Kind::foreign) << "our own request";
    reply[0] = 0;
    EXPECT_EQ(judge_echo(reply, Family::v4, EchoSocket::datagram, 1, 9).kind, Kind::good) << "the kernel chooses the id";
    EXPECT_EQ(judge_echo(reply, Family::v4, EchoSocket::datagram, 7, 8).kind, Kind::foreign);
    const std::string header = "\x45"s + std::string(19, '\0');
    EXPECT_EQ(judge_echo(header + reply, Family::v4, EchoSocket::raw, 7, 9).kind, Kind::good);
    EXPECT_EQ(judge_echo(header + reply, Family::v4, EchoSocket::raw, 8, 9).kind, Kind::foreign);
    reply.back() = 'x';
    EXPECT_EQ(judge_echo(reply, Family::v4, EchoSocket::datagram, 7, 9).kind, Kind::bad);
}

TEST(Udp, a_reply_is_as_long_and_as_wanted) {
    EXPECT_EQ(udp_payload({}).size(), 32U);
    model::UdpCheck check = {.require_reply = true, .reply = {0x12, 0x30}, .reply_mask = {0xff, 0xf0}};
    EXPECT_EQ(judge_udp("\x12\x3f"s, check).kind, Kind::good);
    EXPECT_EQ(judge_udp("\x12\x4f"s, check).reason, "byte 1 is not as wanted");
    EXPECT_EQ(judge_udp("\x12"s, check).reason, "1 bytes, shorter than the pattern");
    check.min_reply_length = 3;
    check.max_reply_length = 4;
    EXPECT_EQ(judge_udp("\x12\x30"s, check).reason, "2 bytes, wanted 3 to 4");
    EXPECT_EQ(judge_udp("\x12\x30\x00"s, check).kind, Kind::good);
    EXPECT_EQ(judge_udp("\x12\x30\x00\x00\x00"s, check).kind, Kind::bad);
}

}  // namespace
}  // namespace lvx::health
