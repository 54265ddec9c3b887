#include "api/http_message.hh"

#include <gtest/gtest.h>

namespace lvx::api {
namespace {

TEST(HttpMessage, RequestsWithABodySayHowLongItIs) {
    EXPECT_EQ(request_text("GET", "/v1/status", ""), "GET /v1/status HTTP/1.1\r\nHost: lvx\r\n\r\n");
    EXPECT_EQ(request_text("POST", "/v1/stop", ""), "POST /v1/stop HTTP/1.1\r\nHost: lvx\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(request_text("POST", "/v1/operations", "[]"),
              "POST /v1/operations HTTP/1.1\r\nHost: lvx\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]");
}

TEST(HttpMessage, AnAnswersHeadIsReadWhateverTheCaseOfItsNames) {
    const auto head = parse_answer_head("HTTP/1.1 200 OK\r\ncontent-TYPE: text/plain \r\nLink: </x>; rel=\"next\"\r\nContent-Length:\t12\r\nServer: lvx");
    ASSERT_TRUE(head) << head.error();
    EXPECT_EQ(*head, (AnswerHead{200, "text/plain", "</x>; rel=\"next\"", 12}));
}

TEST(HttpMessage, HeadsThatLeaveTheLengthOpenAreRefused) {
    for (const char* head : {"HTTP/1.1 200 OK", "HTTP/1.1 200 OK\r\nContent-Length: ", "HTTP/1.1 200 OK\r\nContent-Length: -1",
                             "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1", "HTTP/1.1 200 OK\r\nContent-Length: 1 2",
                             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1",
                             "HTTP/1.1 200 OK\r\nContent-Length: 1073741825", "HTTP/1.1 200 OK\r\nno colon\r\nContent-Length: 1"}) {
        EXPECT_FALSE(parse_answer_head(head)) << head;
    }
    EXPECT_TRUE(parse_answer_head("HTTP/1.1 200 OK\r\nContent-Length: 1073741824"));
}

TEST(HttpMessage, WhatIsNoStatusLineIsRefused) {
    for (const char* line : {"", "SSH-2.0-OpenSSH", "HTTP/1.0 200 OK", "HTTP/1.1 2x0 OK", "HTTP/1.1 "}) {
        EXPECT_FALSE(parse_answer_head(std::string(line) + "\r\nContent-Length: 1")) << line;
    }
}

TEST(HttpMessage, OnlyALinkToTheNextPageIsFollowed) {
    EXPECT_EQ(next_link("</v1/connections?cursor=7>; rel=\"next\""), "/v1/connections?cursor=7");
    EXPECT_EQ(next_link("</v1/connections?cursor=7>; rel=\"prev\""), "");
    EXPECT_EQ(next_link("/v1/connections; rel=\"next\""), "");
    EXPECT_EQ(next_link(""), "");
}

}  // namespace
}  // namespace lvx::api
