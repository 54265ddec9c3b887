#include "cli/genhash.hh"

#include <gtest/gtest.h>

#include <vector>

namespace lvx::cli {
namespace {

std::expected<GenhashRequest, std::string> parsed(std::vector<std::string> words) {
    words.insert(words.begin(), "genhash");
    return parse_genhash(words);
}

TEST(Genhash, TakesServerPortAndUrlInShortAndInLong) {
    const auto request = parsed({"-s", "10.0.0.2", "--port=8080", "--url", "/health", "-S", "-V", "www.example.org", "-P", "1.1", "-t", "0.5"});
    ASSERT_TRUE(request) << request.error();
    EXPECT_EQ(request->check.target.endpoint.text(), "10.0.0.2:8080");
    EXPECT_EQ(request->check.timing.connect_timeout, std::chrono::milliseconds(500));
    const auto& http = std::get<model::HttpCheck>(request->check.kind);
    EXPECT_EQ(http.urls.front().path, "/health");
    EXPECT_TRUE(http.tls);
    EXPECT_EQ(http.virtualhost, "www.example.org");
    EXPECT_EQ(http.protocol, model::HttpProtocol::http_1_1);
}

TEST(Genhash, RefusesWhatItCannotAsk) {
    EXPECT_EQ(parsed({"-p", "80", "-u", "/"}).error(), "--server is missing");
    EXPECT_EQ(parsed({"-s", "10.0.0.2", "-u", "/"}).error(), "--port is missing");
    EXPECT_EQ(parsed({"-s", "10.0.0.2", "-p", "80"}).error(), "--url is missing");
    EXPECT_EQ(parsed({"-s", "server2"}).error(), "\"server2\" is no address");
    EXPECT_EQ(parsed({"-s"}).error(), "-s needs ADDRESS");
    EXPECT_EQ(parsed({"-H", "sha1"}).error(), "there is no hash \"sha1\": md5");
    EXPECT_EQ(parsed({"--moon"}).error(), "what is \"--moon\"?");
    EXPECT_EQ(parsed({"--help"})->talk, Talk::help);
}

}  // namespace
}  // namespace lvx::cli
