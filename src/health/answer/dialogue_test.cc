#include "health/answer/dialogue.hh"

#include <gtest/gtest.h>

#include "health/answer/secret.hh"

namespace lvx::health {
namespace {

using namespace std::string_literals;
using Next = Turn::Next;

model::GreetingCheck greeting(model::Greeting protocol, std::string login, std::string password) {
    return {.protocol = protocol, .login = std::move(login), .password = std::move(password), .database = {}};
}

std::unique_ptr<Dialogue> dialogue_with(const model::GreetingCheck& check) { return greeting_dialogue(check, "012345678901234567", "10.0.0.2:5060"); }

TEST(Dialogue, smtp_greets_says_helo_and_quits) {
    const model::SmtpCheck check;
    const auto smtp = smtp_dialogue(check);
    EXPECT_EQ(smtp->open().send, "");
    EXPECT_EQ(smtp->heard("220-mail.example.org ESMTP\r\n220 ready\r\n").send, "HELO smtpchecker.keepalived.org\r\n");
    EXPECT_EQ(smtp->heard("250 mail.exa").next, Next::listen);
    const Turn last = smtp->heard("mple.org\r\n");
    EXPECT_EQ(last.next, Next::passed);
    EXPECT_EQ(last.send, "QUIT\r\n");
    EXPECT_EQ(last.reason, "250 mail.example.org");
}

TEST(Dialogue, smtp_refusals_say_what_came) {
    EXPECT_EQ(smtp_dialogue({})->heard("554 no SMTP service here\r\n").reason, "\"554 no SMTP service here\", wanted \"220\"");
    const auto smtp = smtp_dialogue({});
    (void)smtp->heard("220 x\r\n");
    EXPECT_EQ(smtp->heard("502 what?\r\n").reason, "\"502 what?\", wanted \"250\"");
}

TEST(Dialogue, ftp_logs_in_with_or_without_a_password) {
    const auto check = greeting(model::Greeting::ftp, "anonymous", "x@y");
    auto ftp = dialogue_with(check);
    EXPECT_EQ(ftp->heard("220-hello\r\n any text\r\n220 ready\r\n").send, "USER anonymous\r\n");
    EXPECT_EQ(ftp->heard("331 password\r\n").send, "PASS x@y\r\n");
    EXPECT_EQ(ftp->heard("230 in\r\n").next, Next::passed);
    ftp = dialogue_with(check);
    (void)ftp->heard("220 ready\r\n");
    EXPECT_EQ(ftp->heard("230 no password needed\r\n").next, Next::passed);
    ftp = dialogue_with(check);
    (void)ftp->heard("220 ready\r\n");
    EXPECT_EQ(ftp->heard("530 no\r\n").next, Next::failed);
}

TEST(Dialogue, imap_and_pop3_log_in) {
    const auto box = greeting(model::Greeting::imap, "me", "a\"b");
    const auto imap = dialogue_with(box);
    EXPECT_EQ(imap->heard("* OK ready\r\n").send, "a1 LOGIN \"me\" \"a\\\"b\"\r\n");
    EXPECT_EQ(imap->heard("* CAPABILITY X\r\na1 OK in\r\n").next, Next::passed);
    const auto post = greeting(model::Greeting::pop3, "me", "pw");
    const auto pop3 = dialogue_with(post);
    EXPECT_EQ(pop3->heard("+OK\r\n").send, "USER me\r\n");
    EXPECT_EQ(pop3->heard("+OK\r\n").send, "PASS pw\r\n");
    EXPECT_EQ(pop3->heard("-ERR no\r\n").next, Next::failed);
}

TEST(Dialogue, redis_answers_a_ping) {
    const auto check = greeting(model::Greeting::redis, "", "");
    EXPECT_EQ(dialogue_with(check)->open().send, "PING\r\n");
    EXPECT_EQ(dialogue_with(check)->heard("+PONG\r\n").next, Next::passed);
    EXPECT_EQ(dialogue_with(check)->heard("-LOADING Redis is loading\r\n").next, Next::failed);
    const auto secret = greeting(model::Greeting::redis, "", "pw");
    const auto redis = dialogue_with(secret);
    EXPECT_EQ(redis->open().send, "AUTH \"pw\"\r\n");
    EXPECT_EQ(redis->heard("+OK\r\n").send, "PING\r\n");
    EXPECT_EQ(redis->heard("+PONG\r\n").next, Next::passed);
}

std::string mysql_greeting(const std::string& plugin) {
    const std::string payload = "\x0a"s + "8.0.36\0"s + "\1\0\0\0"s + "abcdefgh\0"s + "\xff\xf7\x21\2\0\xff\xc1\x15"s + std::string(10, '\0') + "ijklmnopqrst\0"s + plugin + "\0"s;
    return std::string(1, static_cast<char>(payload.size())) + "\0\0\0"s + payload;
}

TEST(Dialogue, mysql_is_well_when_it_greets) {
    const auto check = greeting(model::Greeting::mysql, "", "");
    EXPECT_EQ(dialogue_with(check)->heard(mysql_greeting("mysql_native_password")).reason, "MySQL 8.0.36");
    EXPECT_EQ(dialogue_with(check)->heard("\x1e\0\0\0\xff\x69\4Host is blocked, alas...."s + "..."s).next, Next::failed);
    EXPECT_EQ(dialogue_with(check)->heard("\5\0\0\0\x09oops"s).reason, "no MySQL greeting");
}

TEST(Dialogue, mysql_logs_in_and_says_why_not) {
    const auto check = greeting(model::Greeting::mysql, "checker", "secret");
    const auto mysql = dialogue_with(check);
    const Turn login = mysql->heard(mysql_greeting("mysql_native_password"));
    EXPECT_EQ(login.next, Next::listen);
    EXPECT_EQ(login.send[3], 1);
    const std::string once = sha1("secret");
    EXPECT_NE(login.send.find("checker\0\x14"s + exclusive_or(once, sha1("abcdefghijklmnopqrst" + sha1(once)))), std::string::npos);
    EXPECT_EQ(mysql->heard("\7\0\0\2\0\0\0\2\0\0\0"s).next, Next::passed);
    const auto refused = dialogue_with(check);
    (void)refused->heard(mysql_greeting("mysql_native_password"));
    EXPECT_EQ(refused->heard("\x16\0\0\2\xff\x15\4#28000Access denied"s).reason, "Access denied");
}

TEST(Dialogue, mysql_never_sends_a_password_in_clear_text_without_tls) {
    const auto check = greeting(model::Greeting::mysql, "checker", "secret");
    const auto mysql = dialogue_with(check);
    (void)mysql->heard(mysql_greeting("caching_sha2_password"));
    const Turn turn = mysql->heard("\2\0\0\2\1\4"s);
    EXPECT_EQ(turn.next, Next::failed);
    EXPECT_EQ(turn.send, "");
}

TEST(Dialogue, postgresql_answers_whether_it_speaks_tls) {
    const auto check = greeting(model::Greeting::postgresql, "", "");
    EXPECT_EQ(dialogue_with(check)->open().send, "\0\0\0\x08\x04\xd2\x16\x2f"s);
    EXPECT_EQ(dialogue_with(check)->heard("x").next, Next::listen) << "nothing was asked yet";
    const auto asked = dialogue_with(check);
    (void)asked->open();
    EXPECT_EQ(asked->heard("N").next, Next::passed);
    const auto garbage = dialogue_with(check);
    (void)garbage->open();
    EXPECT_EQ(garbage->heard("HTTP/1.1 400").next, Next::failed);
}

TEST(Dialogue, postgresql_logs_in_by_md5) {
    const auto check = greeting(model::Greeting::postgresql, "me", "pw");
    const auto database = dialogue_with(check);
    EXPECT_EQ(database->open().send, "\0\0\0\x11\0\3\0\0user\0me\0\0"s);
    EXPECT_EQ(database->heard("R\0\0\0\x0c\0\0\0\5salt"s).send, "p\0\0\0\x28md5"s + md5_hex(md5_hex("pwme") + "salt") + "\0"s);
    EXPECT_EQ(database->heard("R\0\0\0\x08\0\0\0\0"s).next, Next::passed);
}

// RFC 7677 section 3 has another user name in its example; the numbers follow from the same formulas.
TEST(Dialogue, postgresql_logs_in_by_scram_and_checks_the_server_s_proof) {
    const auto check = greeting(model::Greeting::postgresql, "me", "pw");
    const auto begin = [&check] {
        auto database = dialogue_with(check);
        (void)database->open();
        const Turn first = database->heard("R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0"s.replace(4, 1, "\x17"));
        EXPECT_NE(first.send.find("n,,n=,r="), std::string::npos);
        return database;
    };
    const std::string nonce = base64("012345678901234567");
    const auto continued = [&nonce](const std::string& rest) {
        const std::string data = "r=" + nonce + rest;
        return "R\0\0\0"s + static_cast<char>(8 + data.size()) + "\0\0\0\x0b"s + data;
    };
    const Turn proof = begin()->heard(continued("server,s=c2FsdA==,i=4096"));
    EXPECT_NE(proof.send.find("c=biws,r=" + nonce + "server,p="), std::string::npos);
    EXPECT_EQ(begin()->heard(continued("server,s=c2FsdA==,i=99999999")).reason, "99999999 SCRAM iterations, more than 65536");
    const auto lied_to = begin();
    (void)lied_to->heard(continued("server,s=c2FsdA==,i=4096"));
    EXPECT_EQ(lied_to->heard("R\0\0\0\x0e\0\0\0\x0cv=AAAA"s).reason, "the server does not know the password");
}

TEST(Dialogue, ldap_binds) {
    const auto check = greeting(model::Greeting::ldap, "cn=x", "pw");
    const auto ldap = dialogue_with(check);
    EXPECT_EQ(ldap->open().send, "\x30\x12\x02\x01\x01\x60\x0d\x02\x01\x03\x04\x04"s + "cn=x\x80\x02pw"s);
    EXPECT_EQ(ldap->heard("\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00"s).next, Next::listen);
    EXPECT_EQ(ldap->heard("\x04\x00\x04\x00"s).next, Next::passed);
    const auto refused = dialogue_with(check);
    EXPECT_EQ(refused->heard("\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x31\x04\x00\x04\x00"s).reason, "bind answered with result 49, wanted 0");
    EXPECT_EQ(dialogue_with(check)->heard("GET /").reason, "no LDAP message");
}

TEST(Dialogue, sip_answers_options_with_200) {
    const auto check = greeting(model::Greeting::sip, "", "");
    EXPECT_NE(dialogue_with(check)->open().send.find("OPTIONS sip:10.0.0.2:5060 SIP/2.0\r\n"), std::string::npos);
    EXPECT_EQ(dialogue_with(check)->heard("SIP/2.0 200 OK\r\n").next, Next::passed);
    EXPECT_EQ(dialogue_with(check)->heard("SIP/2.0 503 Busy\r\n").reason, "\"SIP/2.0 503 Busy\", wanted \"SIP/2.0 200\"");
}

TEST(Dialogue, a_server_that_never_ends_a_line_meets_the_bound) {
    const auto smtp = smtp_dialogue({});
    Turn turn;
    for (int i = 0; i < 100 && turn.next == Next::listen; ++i) turn = smtp->heard(std::string(1000, 'x'));
    EXPECT_EQ(turn.reason, "more than 65536 bytes of answers");
}

}  // namespace
}  // namespace lvx::health
