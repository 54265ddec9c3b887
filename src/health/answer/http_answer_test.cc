#include "health/answer/http_answer.hh"

#include <gtest/gtest.h>

#include <random>

#include "health/answer/body_judge.hh"

namespace lvx::health {
namespace {

using State = HttpAnswer::State;

struct Read {
    State state;
    std::uint16_t status;
    std::string body, wrong;
};

Read read(std::string_view text, std::size_t piece, HttpLimits limits) {
    std::string body;
    HttpAnswer answer(limits, [&body](std::string_view bytes) { body += bytes; });
    for (std::size_t at = 0; at < text.size(); at += piece) (void)answer.feed(text.substr(at, piece));
    (void)answer.closed();
    return {answer.state(), answer.status(), body, answer.wrong()};
}

Read read(std::string_view text) { return read(text, 7, {}); }

TEST(HttpAnswer, a_body_ends_by_its_length_by_its_last_chunk_or_with_the_stream) {
    EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello, more").body, "hello");
    EXPECT_EQ(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1;x=y\r\n!\r\n0\r\nTrailer: x\r\n\r\n").body, "hello!");
    EXPECT_EQ(read("HTTP/1.0 200 OK\r\n\r\nuntil the end").body, "until the end");
    for (const char* text : {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 404\n\n"}) {
        EXPECT_EQ(read(text).state, State::complete) << text;
    }
}

TEST(HttpAnswer, interim_answers_are_passed_over) {
    const Read seen = read("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 Busy\r\nContent-Length: 1\r\n\r\nx");
    EXPECT_EQ(seen.state, State::complete);
    EXPECT_EQ(seen.status, 503);
}

TEST(HttpAnswer, what_ends_early_says_where) {
    EXPECT_EQ(read("").wrong, "closed without an answer");
    EXPECT_EQ(read("HTTP/1.1 20").wrong, "closed within the status line");
    EXPECT_EQ(read("HTTP/1.1 200 OK\r\nServer: x\r\n").wrong, "closed within the headers");
    EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc").wrong, "closed after 3 of 10 bytes");
    EXPECT_EQ(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel").wrong, "closed within a chunked body");
}

TEST(HttpAnswer, garbage_is_named_and_cannot_steer_a_terminal) {
    EXPECT_EQ(read("SSH-2.0-OpenSSH_9\r\n").wrong, "no HTTP answer: \"SSH-2.0-OpenSSH_9\"");
    EXPECT_EQ(read("HTTP/\033[2J\n").wrong, "no HTTP answer: \"HTTP/?[2J\"");
    for (const char* text : {"HTTP/1.1 2000 OK\r\n", "HTTP/1.1 abc OK\r\n", "HTTP/1.1 099 X\r\n", "HTTP/1.1 600 X\r\n"}) {
        EXPECT_EQ(read(text).wrong, "status line without a status") << text;
    }
    EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n").wrong, "Content-Length that is no length");
    EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n").wrong, "Content-Length that is no length");
    EXPECT_EQ(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n").wrong, "chunk without a size");
    EXPECT_EQ(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n").wrong, "a chunk does not end where it says");
}

TEST(HttpAnswer, endless_headers_and_huge_bodies_meet_their_bounds) {
    const HttpLimits small = {.header_bytes = 100, .body_bytes = 10};
    EXPECT_EQ(read("HTTP/1.1 200 OK\r\n" + std::string(100, 'x'), 7, small).wrong, "more than 100 bytes of headers");
    std::string lines = "HTTP/1.1 200 OK\r\n";
    for (int i = 0; i < 50; ++i) lines += "A: b\r\n";
    EXPECT_EQ(read(lines, 1000, small).wrong, "more than 100 bytes of headers");
    EXPECT_EQ(read("HTTP/1.1 200 OK\r\n\r\n12345678901", 7, small).wrong, "body longer than 10 bytes");
    EXPECT_EQ(read("HTTP/1.1 200 OK\r\n\r\n1234567890", 7, small).state, State::complete) << "the border itself";
    EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", 7, small).wrong, "Content-Length that is no length");
    EXPECT_EQ(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n12345678901", 7, small).wrong, "body longer than 10 bytes");
}

TEST(HttpAnswer, pieces_make_no_difference) {
    const std::string texts[] = {
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX: y\r\n\r\n5\r\nhello\r\n10\r\n0123456789abcdef\r\n0\r\n\r\nrest",
        "HTTP/1.0 404 Not Found\nContent-Length: 3\n\nabcdef", "HTTP/1.1 301\r\n\r\nx\r\ny", "HTTP/1.1 200 OK\r\nbroken", "garbage\r\n\r\n"};
    for (const std::string& text : texts) {
        const Read whole = read(text, text.size(), {});
        for (std::size_t piece = 1; piece < text.size(); ++piece) {
            const Read parts = read(text, piece, {});
            EXPECT_EQ(parts.state, whole.state) << text << piece;
            EXPECT_EQ(parts.body, whole.body) << text << piece;
            EXPECT_EQ(parts.wrong, whole.wrong) << text << piece;
        }
    }
}

std::optional<std::string> judged(const model::HttpUrl& url, std::uint16_t status, std::string_view body) {
    BodyJudge judge(url);
    for (std::size_t at = 0; at < body.size(); at += 5) judge.add(body.substr(at, 5));
    return judge.verdict(status);
}

TEST(BodyJudge, the_status_must_be_wanted) {
    EXPECT_EQ(judged({}, 200, ""), std::nullopt);
    EXPECT_EQ(judged({}, 299, ""), std::nullopt);
    EXPECT_EQ(judged({}, 503, ""), "status 503, wanted 200-299");
    const model::HttpUrl url = {.status = {{200, 200}, {401, 404}}};
    EXPECT_EQ(judged(url, 404, ""), std::nullopt);
    EXPECT_EQ(judged(url, 201, ""), "status 201, wanted 200, 401-404");
}

TEST(BodyJudge, the_digest_is_md5_of_the_whole_body) {
    model::HttpUrl url;
    url.digest = Digest{0x5d, 0x41, 0x40, 0x2a, 0xbc, 0x4b, 0x2a, 0x76, 0xb9, 0x71, 0x9d, 0x91, 0x10, 0x17, 0xc5, 0x92};
    EXPECT_EQ(judged(url, 200, "hello"), std::nullopt);
    EXPECT_EQ(judged(url, 200, "hello!"), "digest 5a8dd3ad0756a93ded72b823b19dd877, wanted 5d41402abc4b2a76b9719d911017c592");
}

TEST(BodyJudge, the_expression_must_match_or_must_not) {
    model::HttpUrl url = {.regex = "server[0-9] is (up|well)"};
    EXPECT_EQ(judged(url, 200, "<p>server2 is well</p>"), std::nullopt);
    EXPECT_EQ(judged(url, 200, "<p>server2 is ill</p>"), "the body does not match the regular expression");
    url.regex_no_match = true;
    EXPECT_EQ(judged(url, 200, "<p>server2 is well</p>"), "the body matches the regular expression");
    EXPECT_EQ(judged(url, 200, ""), std::nullopt);
}

TEST(BodyJudge, a_match_begins_between_the_offsets) {
    model::HttpUrl url = {.regex = "b"};
    url.regex_min_offset = 2;
    url.regex_max_offset = 4;
    EXPECT_NE(judged(url, 200, "abaaa"), std::nullopt);
    EXPECT_EQ(judged(url, 200, "aabaa"), std::nullopt);
    EXPECT_EQ(judged(url, 200, "aaaab"), std::nullopt);
    EXPECT_NE(judged(url, 200, "aaaaab"), std::nullopt);
    EXPECT_NE(judged(url, 200, "a"), std::nullopt);
}

TEST(BodyJudge, an_expression_that_explodes_does_not_match) {
    const model::HttpUrl url = {.regex = "(a+)+$"};
    EXPECT_NE(judged(url, 200, std::string(40, 'a') + "b"), std::nullopt);
}

}  // namespace
}  // namespace lvx::health
