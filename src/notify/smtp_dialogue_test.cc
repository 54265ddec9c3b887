#include "notify/smtp_dialogue.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lvx::notify {
namespace {

using testing::HasSubstr;

Settings settings() {
    return {.mail = {.recipients = {"ops@example.org", "Boss <boss@example.org>"}, .from = "lvs@example.org", .server_host = "mail"},
            .host = "lvs1"};
}

Envelope envelope() { return envelope_of({"[R1] subject", "body\n"}, settings(), "Sun, 22 Nov 2026 15:00:00 +0000", "1"); }

std::string said(const Turn& turn) {
    const Say* say = std::get_if<Say>(&turn);
    return say == nullptr ? "(nothing)" : say->text;
}

std::string reason(const Turn& turn) {
    const Failed* failed = std::get_if<Failed>(&turn);
    return failed == nullptr ? "(not failed)" : failed->reason;
}

TEST(SmtpDialogue, delivers_to_all_recipients) {
    SmtpDialogue dialogue(envelope());
    EXPECT_EQ(said(dialogue.take("220 mail ESMTP\r\n")), "HELO lvs1\r\n");
    EXPECT_EQ(said(dialogue.take("250 hello\r\n")), "MAIL FROM:<lvs@example.org>\r\n");
    EXPECT_EQ(said(dialogue.take("250 ok\r\n")), "RCPT TO:<ops@example.org>\r\n");
    EXPECT_EQ(said(dialogue.take("250 ok\r\n")), "RCPT TO:<boss@example.org>\r\n");
    EXPECT_EQ(said(dialogue.take("251 ok\r\n")), "DATA\r\n");
    EXPECT_THAT(said(dialogue.take("354 go on\r\n")), testing::EndsWith("\r\nbody\r\n\r\n.\r\n"));
    EXPECT_EQ(dialogue.take("250 queued\r\n"), Turn(Sent{"QUIT\r\n"}));
}

TEST(SmtpDialogue, understands_replies_of_many_lines_in_any_pieces) {
    SmtpDialogue dialogue(envelope());
    EXPECT_EQ(dialogue.take("220-one\r\n22"), Turn(Wait{}));
    EXPECT_EQ(dialogue.take("0-two\r"), Turn(Wait{}));
    EXPECT_EQ(dialogue.take("\n220 three"), Turn(Wait{}));
    EXPECT_EQ(said(dialogue.take("\r\n")), "HELO lvs1\r\n");
}

TEST(SmtpDialogue, a_refusal_at_any_stage_is_told_with_its_text) {
    const std::vector<std::string> good{"220 a\r\n", "250 b\r\n", "250 c\r\n", "250 d\r\n", "250 e\r\n", "354 f\r\n", "250 g\r\n"};
    for (std::size_t bad = 0; bad < good.size(); ++bad) {
        if (bad == 3 || bad == 4) continue;  // recipients: the next test
        SmtpDialogue dialogue(envelope());
        for (std::size_t i = 0; i < bad; ++i) EXPECT_EQ(reason(dialogue.take(good[i])), "(not failed)");
        EXPECT_EQ(reason(dialogue.take("550 no\r\n")), "it refused: 550 no") << bad;
    }
}

TEST(SmtpDialogue, one_refused_recipient_does_not_take_the_mail_from_the_others) {
    SmtpDialogue dialogue(envelope());
    for (const char* reply : {"220 a\r\n", "250 b\r\n", "250 c\r\n"}) (void)dialogue.take(reply);
    EXPECT_THAT(said(dialogue.take("550 unknown\r\n")), HasSubstr("boss"));
    EXPECT_EQ(said(dialogue.take("250 ok\r\n")), "DATA\r\n");
}

TEST(SmtpDialogue, fails_when_all_recipients_are_refused) {
    SmtpDialogue dialogue(envelope());
    for (const char* reply : {"220 a\r\n", "250 b\r\n", "250 c\r\n", "550 d\r\n"}) (void)dialogue.take(reply);
    EXPECT_EQ(reason(dialogue.take("550 e\r\n")), "it refused: 550 e");
}

TEST(SmtpDialogue, garbage_and_endless_answers_fail) {
    EXPECT_THAT(reason(SmtpDialogue(envelope()).take("HTTP/1.1 200 OK\r\n")), HasSubstr("does not speak SMTP"));
    EXPECT_THAT(reason(SmtpDialogue(envelope()).take("22\r\n")), HasSubstr("does not speak SMTP"));
    EXPECT_EQ(reason(SmtpDialogue(envelope()).take(std::string(reply_line_limit, '2'))), "(not failed)");
    EXPECT_EQ(reason(SmtpDialogue(envelope()).take(std::string(reply_line_limit + 1, '2'))), "its answer has no end");
    std::string many;
    for (std::size_t i = 0; i <= reply_lines_limit; ++i) many += "220-x\r\n";
    EXPECT_EQ(reason(SmtpDialogue(envelope()).take(many)), "its answer has no end");
}

TEST(Envelope, text_of_others_adds_no_header_and_no_command) {
    Settings hostile = settings();
    hostile.mail.recipients = {"a@example.org>\r\nDATA\r\n"};
    hostile.mail.helo_name = "x\r\nRSET";
    const Envelope made = envelope_of({"s\r\nBcc: all@example.org", "a\n.\nb"}, hostile, "now", "1");
    EXPECT_EQ(made.helo, "x  RSET");
    EXPECT_EQ(made.recipients.at(0).find('\n'), std::string::npos);
    EXPECT_THAT(made.message, HasSubstr("Subject: s  Bcc: all@example.org\r\n"));
    EXPECT_THAT(made.message, testing::EndsWith("\r\n\r\na\r\n..\r\nb\r\n"));
}

TEST(Envelope, without_a_sender_it_is_from_root_of_this_host) {
    Settings plain = settings();
    plain.mail.from.clear();
    EXPECT_EQ(envelope_of({}, plain, "now", "1").from, "root@lvs1");
}

}  // namespace
}  // namespace lvx::notify
