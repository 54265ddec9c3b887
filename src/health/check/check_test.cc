// Every kind of check against small servers that are good, bad, silent, dripping, resetting or talking garbage.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "health/check/test_probe.hh"
#include "health/check/test_server.hh"

namespace lvx::health {
namespace {

using namespace health::testing;
using ::testing::HasSubstr;

model::HttpCheck page(const std::string& path) {
    model::HttpCheck http;
    http.urls.push_back({.path = path});
    return http;
}

// A port that nobody listens on: bound, so that nobody else gets it.
struct NoServer {
    Fd socket = bound_socket(SOCK_STREAM);
    Endpoint endpoint = local_endpoint(socket.get());
};

TEST(TcpCheck, a_listener_is_up_and_none_is_refused) {
    const LittleServer server([](int) {});
    EXPECT_EQ(run_check(check_of(model::TcpCheck{}, server.endpoint()), {}), passed("connected"));
    const NoServer none;
    EXPECT_EQ(run_check(check_of(model::TcpCheck{}, none.endpoint), {}), failed("connection refused"));
}

TEST(TcpCheck, our_own_machine_s_refusals_are_no_failures) {
    const LittleServer server([](int) {});
    model::Check check = check_of(model::TcpCheck{}, server.endpoint());
    check.target.bind = Endpoint{Address::v4(0xcb007101), 0};
    const Outcome outcome = run_check(check, {});
    EXPECT_EQ(outcome.verdict, Verdict::local_error);
    EXPECT_THAT(outcome.reason, HasSubstr("cannot bind to the source"));
    check.target.bind.reset();
    check.target.bind_interface = "nosuchif";
    EXPECT_EQ(run_check(check, {}).verdict, Verdict::local_error);
}

TEST(HttpCheck, a_page_with_a_wanted_status_is_up) {
    const LittleServer server([](int connection) {
        hear(connection);
        say(connection, "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
    EXPECT_EQ(run_check(check_of(page("/"), server.endpoint()), {}), passed("status 200"));
}

TEST(HttpCheck, the_request_is_keepalived_s) {
    std::string request;
    const LittleServer server([&request](int connection) {
        char buffer[1024];
        const ssize_t got = ::recv(connection, buffer, sizeof buffer, 0);
        request.assign(buffer, static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        say(connection, "HTTP/1.0 204 None\r\n\r\n");
    });
    model::HttpCheck http = page("/health?x=1");
    EXPECT_EQ(run_check(check_of(http, server.endpoint()), {}).reason, "status 204");
    EXPECT_EQ(request, "GET /health?x=1 HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nHost: " + server.endpoint().text() + "\r\n\r\n");
    http.protocol = model::HttpProtocol::http_1_1;
    http.urls[0].virtualhost = "www.example.org";
    EXPECT_EQ(run_check(check_of(http, server.endpoint()), {}).reason, "status 204");
    EXPECT_EQ(request, "GET /health?x=1 HTTP/1.1\r\nUser-Agent: KeepAliveClient\r\nConnection: close\r\nHost: www.example.org\r\n\r\n");
}

TEST(HttpCheck, every_kind_of_bad_answer_is_a_failure_with_its_reason) {
    struct Row {
        LittleServer::Treatment treatment;
        std::string_view reason;
    };
    const Row rows[] = {
        {[](int c) { hear(c); say(c, "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"); }, "status 503, wanted 200-299"},
        {[](int c) { hear(c); say(c, "hello\r\n\r\n"); }, "no HTTP answer: \"hello\""},
        {[](int c) { hear(c); }, "closed without an answer"},
        {[](int c) { hear(c); reset(c); }, "connection reset"},
        {[](int c) { hear(c); say(c, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"); }, "closed after 3 of 9 bytes"},
        {[](int c) { hear(c); hang(c); }, "no whole answer within 0.15 s"},
        {[](int c) { hear(c); say(c, "HTTP/1.1 200 OK\r\n\r\n"); drip(c); }, "no whole answer within 0.15 s"},
        {[](int c) { hear(c); for (int i = 0; i < 20; ++i) say(c, "HTTP/1.1 200 OK\r\n" + std::string(5000, 'x')); }, "more than 65536 bytes of headers"},
    };
    for (const Row& row : rows) {
        const LittleServer server(row.treatment);
        const auto check = row.reason.ends_with("0.15 s") ? quick_check : check_of;
        EXPECT_EQ(run_check(check(page("/"), server.endpoint()), {}), failed(std::string(row.reason)));
    }
}

TEST(HttpCheck, a_server_that_drips_its_headers_does_not_pass_either) {
    const LittleServer server([](int connection) {
        hear(connection);
        for (const char letter : std::string("HTTP/1.1 200 OK\r\nX: ")) say(connection, std::string(1, letter));
        drip(connection);
    });
    EXPECT_EQ(run_check(quick_check(page("/"), server.endpoint()), {}), failed("no whole answer within 0.15 s"));
}

TEST(SslCheck, a_server_without_tls_is_a_failure) {
    const LittleServer server([](int connection) { say(connection, "HTTP/1.1 400 no TLS\r\n\r\n"); });
    model::HttpCheck http = page("/");
    http.tls = true;
    const Outcome outcome = run_check(check_of(http, server.endpoint()), {});
    EXPECT_EQ(outcome.verdict, Verdict::failed);
    EXPECT_THAT(outcome.reason, ::testing::AnyOf(HasSubstr("tls: "), HasSubstr("reset")));
}

TEST(SslCheck, a_peer_that_never_shakes_hands_is_too_late) {
    const LittleServer server(hang);
    model::HttpCheck http = page("/");
    http.tls = true;
    EXPECT_EQ(run_check(quick_check(http, server.endpoint()), {}), failed("no tls handshake within 0.15 s"));
}

TEST(SmtpCheck, greets_and_leaves) {
    const LittleServer server([](int connection) {
        say(connection, "220 mail\r\n");
        hear(connection);
        say(connection, "250 hello\r\n");
        hear(connection);
    });
    EXPECT_EQ(run_check(check_of(model::SmtpCheck{}, server.endpoint()), {}), passed("250 hello"));
    const LittleServer busy([](int connection) { say(connection, "421 too busy\r\n"); });
    EXPECT_EQ(run_check(check_of(model::SmtpCheck{}, busy.endpoint()), {}), failed("\"421 too busy\", wanted \"220\""));
    const LittleServer silent(hang);
    EXPECT_EQ(run_check(quick_check(model::SmtpCheck{}, silent.endpoint()), {}), failed("no whole answer within 0.15 s"));
    const LittleServer closing([](int) {});
    EXPECT_EQ(run_check(check_of(model::SmtpCheck{}, closing.endpoint()), {}).verdict, Verdict::failed);
}

TEST(GreetingCheck, every_protocol_fails_on_garbage_silence_and_reset) {
    const LittleServer garbage([](int connection) { say(connection, std::string(300, '\xee') + "\r\n"); hang(connection); });
    const LittleServer silent(hang);
    const LittleServer resetting(reset);
    for (int protocol = 0; protocol < 8; ++protocol) {
        const model::GreetingCheck check = {.protocol = static_cast<model::Greeting>(protocol), .login = "a", .password = "b", .database = {}};
        for (const LittleServer* server : {&garbage, &silent, &resetting}) {
            const Outcome outcome = run_check(quick_check(check, server->endpoint()), {});
            EXPECT_EQ(outcome.verdict, Verdict::failed) << protocol;
            EXPECT_FALSE(outcome.reason.empty()) << protocol;
        }
    }
}

// Answers one datagram with what the test wants; none when that is empty.
struct DatagramServer {
    Fd socket = bound_socket(SOCK_DGRAM);
    Endpoint endpoint = local_endpoint(socket.get());
    std::thread thread;
    explicit DatagramServer(std::function<std::string(std::string)> answer)
        : thread([this, answer = std::move(answer)] {
              char buffer[2048];
              sockaddr_in from{};
              socklen_t length = sizeof from;
              const ssize_t got = ::recvfrom(socket.get(), buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&from), &length);
              if (got <= 0) return;
              const std::string said = answer({buffer, static_cast<std::size_t>(got)});
              if (!said.empty()) (void)!::sendto(socket.get(), said.data(), said.size(), 0, reinterpret_cast<sockaddr*>(&from), length);
          }) {}
    ~DatagramServer() {
        ::shutdown(socket.get(), SHUT_RDWR);
        thread.join();
    }
};

TEST(DnsCheck, an_answer_without_error_is_up) {
    const DatagramServer good([](std::string question) {
        question[2] = '\x81';
        return question;
    });
    EXPECT_EQ(run_check(check_of(model::DnsCheck{}, good.endpoint), {}), passed("NOERROR, 0 answers"));
    const DatagramServer refusing([](std::string question) {
        question[2] = '\x81';
        question[3] = '\x05';
        return question;
    });
    EXPECT_EQ(run_check(check_of(model::DnsCheck{}, refusing.endpoint), {}), failed("REFUSED, wanted NOERROR"));
    const DatagramServer silent([](const std::string&) { return std::string(); });
    EXPECT_EQ(run_check(quick_check(model::DnsCheck{}, silent.endpoint), {}), failed("no answer within 0.15 s"));
    const DatagramServer garbage([](const std::string&) { return std::string("hello"); });
    EXPECT_EQ(run_check(quick_check(model::DnsCheck{}, garbage.endpoint), {}), failed("no answer within 0.15 s"));
}

TEST(UdpCheck, silence_is_good_unless_a_reply_is_wanted) {
    const DatagramServer silent([](const std::string&) { return std::string(); });
    EXPECT_EQ(run_check(quick_check(model::UdpCheck{}, silent.endpoint), {}), passed("no refusal"));
    const DatagramServer silent_again([](const std::string&) { return std::string(); });
    EXPECT_EQ(run_check(quick_check(model::UdpCheck{.require_reply = true}, silent_again.endpoint), {}), failed("no answer within 0.15 s"));
    Endpoint nobody;
    {
        const Fd socket = bound_socket(SOCK_DGRAM);
        nobody = local_endpoint(socket.get());
    }
    EXPECT_EQ(run_check(check_of(model::UdpCheck{}, nobody), {}), failed("connection refused"));
}

TEST(UdpCheck, a_reply_is_compared) {
    const model::UdpCheck check = {.payload = {'p'}, .require_reply = true, .reply = {'q'}, .reply_mask = {0xff}};
    const DatagramServer good([](const std::string& said) { return said == "p" ? std::string("qx") : std::string("z"); });
    EXPECT_EQ(run_check(check_of(check, good.endpoint), {}), passed("2 bytes as wanted"));
    const DatagramServer bad([](const std::string&) { return std::string("z"); });
    EXPECT_EQ(run_check(check_of(check, bad.endpoint), {}), failed("byte 0 is not as wanted"));
}

TEST(PingCheck, loopback_answers) {
    EXPECT_EQ(run_check(check_of(model::PingCheck{}, {Address::v4(0x7f000001), 0}), {}), passed("echo reply"));
}

model::MiscCheck command(std::vector<std::string> words, bool dynamic) {
    return {.command = {.words = std::move(words), .user = {}, .group = {}}, .timeout = std::chrono::seconds(30), .dynamic = dynamic};
}

TEST(MiscCheck, the_exit_status_decides) {
    const Endpoint nowhere;
    EXPECT_EQ(run_check(check_of(command({"/bin/true"}, false), nowhere), {}).verdict, Verdict::passed);
    EXPECT_EQ(run_check(check_of(command({"/bin/false"}, false), nowhere), {}).verdict, Verdict::failed);
    EXPECT_EQ(run_check(check_of(command({"/bin/sh", "-c", "exit 12"}, false), nowhere), {}).verdict, Verdict::failed);
    const Outcome dynamic = run_check(check_of(command({"/bin/sh", "-c", "exit 12"}, true), nowhere), {});
    EXPECT_EQ(dynamic.verdict, Verdict::passed);
    EXPECT_EQ(dynamic.weight_added, 9) << "weight 10 where 1 is configured";
    EXPECT_EQ(run_check(check_of(command({"/bin/sh", "-c", "exit 1"}, true), nowhere), {}).verdict, Verdict::failed);
    EXPECT_EQ(run_check(check_of(command({"/nonexistent/check"}, false), nowhere), {}).verdict, Verdict::local_error);
}

TEST(MiscCheck, a_script_that_hangs_is_ended) {
    model::MiscCheck hanging = command({"/bin/sleep", "30"}, false);
    hanging.timeout = std::chrono::milliseconds(100);
    EXPECT_EQ(run_check(check_of(hanging, {}), {}).verdict, Verdict::failed);
}

}  // namespace
}  // namespace lvx::health
