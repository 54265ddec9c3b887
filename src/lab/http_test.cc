#include "lab/http.hh"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

namespace lvx::lab::http {
namespace {

TEST(HttpRequest, ReadsMethodAndTarget) {
    const std::string text = "GET /index.html HTTP/1.1\r\nHost: a\r\n\r\nGET /next";
    const Request request = read_request(text);
    ASSERT_EQ(request.progress, Progress::whole);
    EXPECT_EQ(request.method, "GET");
    EXPECT_EQ(request.target, "/index.html");
    EXPECT_EQ(text.substr(request.length), "GET /next");
}

TEST(HttpRequest, KeepsAliveUnlessToldToClose) {
    EXPECT_EQ(read_request("GET / HTTP/1.1\r\nHost: a\r\n\r\n").afterwards, Afterwards::keep_alive);
    EXPECT_EQ(read_request("GET / HTTP/1.1\r\nconnection:  Close \r\n\r\n").afterwards, Afterwards::close);
    EXPECT_EQ(read_request("GET / HTTP/1.0\r\nHost: a\r\n\r\n").afterwards, Afterwards::close);
    EXPECT_EQ(read_request("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").afterwards, Afterwards::keep_alive);
}

TEST(HttpRequest, WaitsForTheWholeHead) {
    const std::string text = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    for (std::size_t length = 0; length < text.size(); ++length) {
        EXPECT_EQ(read_request(text.substr(0, length)).progress, Progress::partial) << length;
    }
    EXPECT_EQ(read_request(text).progress, Progress::whole);
}

TEST(HttpRequest, RefusesWhatIsNotHttp) {
    EXPECT_EQ(read_request("\r\n\r\n").progress, Progress::malformed);
    EXPECT_EQ(read_request("GET /\r\n\r\n").progress, Progress::malformed);
    EXPECT_EQ(read_request("GET / SMTP\r\n\r\n").progress, Progress::malformed);
    EXPECT_EQ(read_request(std::string(16 * 1024, 'x')).progress, Progress::partial);
    EXPECT_EQ(read_request(std::string(16 * 1024 + 1, 'x')).progress, Progress::malformed);
}

RC_GTEST_PROP(HttpRequest, NeverReadsPastWhatItWasGiven, (const std::string& bytes)) {
    const Request request = read_request(bytes + "\r\n\r\n");
    RC_ASSERT(request.length <= bytes.size() + 4);
}

TEST(HttpResponse, ReadsStatusAndLength) {
    const ResponseHead head = read_response_head("HTTP/1.1 404 Not Found\r\nX: y\r\ncontent-length: 12\r\n\r\nbody");
    ASSERT_EQ(head.progress, Progress::whole);
    EXPECT_EQ(head.status, 404);
    EXPECT_EQ(head.body_length, 12u);
}

TEST(HttpResponse, KnowsABodyThatEndsWithTheConnection) {
    const ResponseHead head = read_response_head("HTTP/1.1 200 OK\r\n\r\n");
    EXPECT_EQ(head.progress, Progress::whole);
    EXPECT_EQ(head.body_length, std::nullopt);
}

TEST(HttpResponse, RefusesWrongNumbers) {
    EXPECT_EQ(read_response_head("HTTP/1.1 2x0 OK\r\n\r\n").progress, Progress::malformed);
    EXPECT_EQ(read_response_head("HTTP/1.1 20\r\n\r\n").progress, Progress::malformed);
    EXPECT_EQ(read_response_head("HTTP/1.1 200 OK\r\nContent-Length: 1a\r\n\r\n").progress, Progress::malformed);
}

TEST(HttpResponse, ReadsBackWhatTheServerWrites) {
    const std::string text = response_head(200, "text/html", 5, Afterwards::close);
    const ResponseHead head = read_response_head(text);
    ASSERT_EQ(head.progress, Progress::whole);
    EXPECT_EQ(head.length, text.size());
    EXPECT_EQ(head.body_length, 5u);
}

}  // namespace
}  // namespace lvx::lab::http
