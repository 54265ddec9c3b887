// The door and the client together, over a real Unix socket.
#include "api/http_server.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/test_folder.hh"
#include "api/client.hh"
#include "api/sample.hh"
#include "api/serving_thread.hh"

namespace lvx::api {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::chrono::milliseconds patience = 30s;

// A daemon with a fake director.
class Daemon {
 public:
    Daemon(const std::string& path, const ServerLimits& limits) : path_(path) {
        auto thread = ServingThread::start(director, path, limits);
        if (!thread) throw std::runtime_error(thread.error().sentence());
        thread_ = std::move(*thread);
    }

    // Waits until the counters fulfil a condition.
    template <class Condition>
    bool eventually(Condition condition) {
        const auto deadline = std::chrono::steady_clock::now() + patience;
        while (std::chrono::steady_clock::now() < deadline) {
            if (condition(thread_->counters())) return true;
            std::this_thread::yield();
        }
        return false;
    }

    void on_loop(const std::function<void()>& work) { thread_->on_loop(work); }
    void close() { thread_->close(); }
    void news() {
        on_loop([this] { thread_->news(); });
    }
    [[nodiscard]] Client client() const {
        auto client = Client::connect(path_, patience);
        if (!client) throw std::runtime_error(client.error().sentence());
        return std::move(*client);
    }

    FakeDirector director = sample_director();

 private:
    std::string path_;
    std::unique_ptr<ServingThread> thread_;
};

// Sends bytes as they are and reads until the other side closes.
class RawPeer {
 public:
    explicit RawPeer(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
        std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
        connected = ::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    }

    void send(std::string_view text) const { (void)!::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL); }

    [[nodiscard]] std::string rest() const {
        std::string all;
        char buffer[4096];
        pollfd polled{.fd = socket_.get(), .events = POLLIN, .revents = 0};
        while (::poll(&polled, 1, static_cast<int>(patience.count())) > 0) {
            const ssize_t got = ::recv(socket_.get(), buffer, sizeof buffer, 0);
            if (got <= 0) return all;
            all.append(buffer, static_cast<std::size_t>(got));
        }
        return all + " (and it was never closed)";
    }

    bool connected = false;

 private:
    Fd socket_;
};

TEST(HttpServer, TheClientGetsWhatTheDirectorSays) {
    const TestFolder folder;
    Daemon daemon(folder.file("api.sock"), {});
    Client client = daemon.client();
    EXPECT_EQ(client.status().value(), daemon.director.status_value);
    EXPECT_EQ(client.services().value(), daemon.director.services_value);
    EXPECT_EQ(client.verdicts().value(), daemon.director.verdicts_value);
    EXPECT_EQ(client.interfaces().value(), daemon.director.interfaces_value);
    EXPECT_TRUE(daemon.eventually([](const ServerCounters& counters) { return counters.requests == 4 && counters.accepted == 1; }));
}

TEST(HttpServer, ConnectionsOfManyPagesArriveInOrderAndOnce) {
    const TestFolder folder;
    Daemon daemon(folder.file("api.sock"), {});
    daemon.director.connections_value.clear();
    for (std::uint32_t port = 0; port < 10'000; ++port) daemon.director.connections_value.push_back(sample_connection(static_cast<Port>(port)));
    std::vector<ConnectionSnapshot> seen;
    Client client = daemon.client();
    ASSERT_TRUE(client.connections([&](const ConnectionSnapshot& connection) { seen.push_back(connection); }));
    EXPECT_EQ(seen, daemon.director.connections_value);
}

TEST(HttpServer, OperationsReachTheDirectorAndRefusalsComeBack) {
    const TestFolder folder;
    Daemon daemon(folder.file("api.sock"), {});
    Client client = daemon.client();
    EXPECT_EQ(client.execute({model::Flush{}}).value(), (Execution{1, 0}));
    daemon.on_loop([&] { daemon.director.refusal = Execution{1, EEXIST}; });
    EXPECT_EQ(client.execute({model::Flush{}, model::Flush{}}).value(), (Execution{1, EEXIST}));
}

TEST(HttpServer, ReloadAndStopReachTheDirector) {
    const TestFolder folder;
    Daemon daemon(folder.file("api.sock"), {});
    daemon.director.reload_value = {false, "lvx.conf:1:1: error"};
    Client client = daemon.client();
    EXPECT_EQ(client.reload().value(), daemon.director.reload_value);
    EXPECT_TRUE(client.stop(StopKind::stop_forwarding));
    EXPECT_EQ(daemon.director.stopped, StopKind::stop_forwarding);
}

TEST(HttpServer, TheSocketIsForOwnerAndGroup) {
    const TestFolder folder;
    const Daemon daemon(folder.file("api.sock"), {});
    struct stat found {};
    ASSERT_EQ(::stat(folder.file("api.sock").c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 07777, 0660);
}

TEST(HttpServer, ASecondDaemonIsRefusedAndAStaleSocketReplaced) {
    const TestFolder folder;
    const std::string path = folder.file("api.sock");
    {
        const Fd left_behind(::socket(AF_UNIX, SOCK_STREAM, 0));
        sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
        std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
        ASSERT_EQ(::bind(left_behind.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    }
    Daemon daemon(path, {});
    boost::asio::io_context loop;
    FakeDirector director;
    const auto second = HttpServer::listen(loop, director, path, {});
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, EADDRINUSE);
    EXPECT_THAT(second.error().hint, HasSubstr("another lvxd"));
    EXPECT_TRUE(daemon.client().status());
}

TEST(HttpServer, AFileThatIsNoSocketIsLeftAlone) {
    const TestFolder folder;
    std::ofstream(folder.file("precious")) << "data";
    boost::asio::io_context loop;
    FakeDirector director;
    const auto server = HttpServer::listen(loop, director, folder.file("precious"), {});
    ASSERT_FALSE(server);
    EXPECT_EQ(server.error().code, EEXIST);
    EXPECT_TRUE(std::filesystem::exists(folder.file("precious")));
}

TEST(HttpServer, AMissingFolderAndALongPathAreSaid) {
    boost::asio::io_context loop;
    FakeDirector director;
    EXPECT_EQ(HttpServer::listen(loop, director, "/tmp/lvx-no-such-folder/api.sock", {}).error().code, ENOENT);
    EXPECT_EQ(HttpServer::listen(loop, director, "/tmp/" + std::string(108, 'x'), {}).error().code, ENAMETOOLONG);
}

TEST(HttpServer, OneConnectionTooManyIsTurnedAwayAndCounted) {
    const TestFolder folder;
    Daemon daemon(folder.file("api.sock"), {.connections = 1});
    Client first = daemon.client();
    ASSERT_TRUE(first.status());
    const RawPeer second(folder.file("api.sock"));
    EXPECT_THAT(second.rest(), StartsWith("HTTP/1.1 503 "));
    EXPECT_TRUE(daemon.eventually([](const ServerCounters& counters) { return counters.too_many_connections == 1; }));
    EXPECT_TRUE(first.status());
}

TEST(HttpServer, ABodyOverTheBoundIsRefusedAndOneAtTheBoundIsNot) {
    const TestFolder folder;
    Daemon daemon(folder.file("api.sock"), {.body_bytes = 14});
    EXPECT_EQ(daemon.client().execute({model::Flush{}}).value(), (Execution{1, 0}));  // [{"flush":{}}] has 14 bytes
    const auto refused = daemon.client().execute({model::Flush{}, model::Flush{}});
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().doing, HasSubstr("body limit exceeded"));
    EXPECT_TRUE(daemon.eventually([](const ServerCounters& counters) { return counters.body_too_large == 1; }));
}

TEST(HttpServer, AHeaderOverTheBoundIsRefused) {
    const TestFolder folder;
    Daemon daemon(folder.file("api.sock"), {.header_bytes = 256});
    const RawPeer peer(folder.file("api.sock"));
    peer.send("GET /healthz HTTP/1.1\r\nHost: " + std::string(300, 'x') + "\r\n\r\n");
    EXPECT_THAT(peer.rest(), StartsWith("HTTP/1.1 431 "));
    EXPECT_TRUE(daemon.eventually([](const ServerCounters& counters) { return counters.header_too_large == 1; }));
}

TEST(HttpServer, WhatIsNoHttpIsRefused) {
    const TestFolder folder;
    Daemon daemon(folder.file("api.sock"), {});
    const RawPeer peer(folder.file("api.sock"));
    peer.send("hello, is this telnet?\r\n\r\n");
    EXPECT_THAT(peer.rest(), StartsWith("HTTP/1.1 400 "));
    EXPECT_TRUE(daemon.eventually([](const ServerCounters& counters) { return counters.bad_request == 1; }));
}

TEST(HttpServer, WhoSendsHalfARequestIsCutAfterItsTime) {
    const TestFolder folder;
    Daemon daemon(folder.file("api.sock"), {.read_timeout = 20ms});
    const RawPeer peer(folder.file("api.sock"));
    peer.send("GET /hea");
    EXPECT_EQ(peer.rest(), "");
    EXPECT_TRUE(daemon.eventually([](const ServerCounters& counters) { return counters.read_timeout == 1; }));
}

TEST(HttpServer, WhoSendsNothingIsCutAfterItsTime) {
    const TestFolder folder;
    Daemon daemon(folder.file("api.sock"), {.idle_timeout = 20ms});
    const RawPeer peer(folder.file("api.sock"));
    EXPECT_EQ(peer.rest(), "");
    EXPECT_TRUE(daemon.eventually([](const ServerCounters& counters) { return counters.idle_timeout == 1; }));
}

TEST(HttpServer, WhoReadsNothingIsCutAfterItsTime) {
    const TestFolder folder;
    Daemon daemon(folder.file("api.sock"), {.write_timeout = 20ms});
    daemon.director.status_value.problems.assign(1, std::string(4 << 20, 'x'));
    const RawPeer peer(folder.file("api.sock"));
    peer.send("GET /v1/status HTTP/1.1\r\nHost: lvx\r\n\r\n");
    EXPECT_TRUE(daemon.eventually([](const ServerCounters& counters) { return counters.write_timeout == 1; }));
}

TEST(HttpServer, SeveralRequestsInOneSendAreAllAnswered) {
    const TestFolder folder;
    Daemon daemon(folder.file("api.sock"), {});
    const RawPeer peer(folder.file("api.sock"));
    peer.send("GET /healthz HTTP/1.1\r\nHost: lvx\r\n\r\nGET /healthz HTTP/1.1\r\nHost: lvx\r\nConnection: close\r\n\r\n");
    const std::string all = peer.rest();
    EXPECT_NE(all.find("ok\n"), all.rfind("ok\n")) << all;
}

TEST(HttpServer, WhoExpectsAContinueGetsOne) {
    const TestFolder folder;
    Daemon daemon(folder.file("api.sock"), {});
    const RawPeer peer(folder.file("api.sock"));
    peer.send("POST /v1/operations HTTP/1.1\r\nHost: lvx\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    peer.send("[]");
    const std::string all = peer.rest();
    EXPECT_THAT(all, StartsWith("HTTP/1.1 100 Continue\r\n"));
    EXPECT_THAT(all, HasSubstr("{\"executed\":0}"));
}

void tell_event(Daemon& daemon) {
    daemon.on_loop([&] { daemon.director.events_value.add(model::event(model::EventKind::bfd_up, {"b1", "10.0.0.2"}), {}); });
}

TEST(HttpServer, WhoWaitsForNewsIsAnsweredWhenThereIsSome) {
    const TestFolder folder;
    Daemon daemon(folder.file("s"), {});
    Client client = daemon.client();
    std::thread teller([&] {
        ASSERT_TRUE(daemon.eventually([](const ServerCounters& counters) { return counters.requests == 1; }));
        tell_event(daemon);
        daemon.news();
    });
    const auto events = client.events(0, events_wait_limit_s);
    teller.join();
    ASSERT_TRUE(events) << events.error().sentence();
    ASSERT_EQ(events->size(), 1U);
    EXPECT_EQ(events->front().event, "bfd_up");
}

TEST(HttpServer, WhoWaitsForNewsInVainIsAnsweredAfterTheTimeItAskedFor) {
    const TestFolder folder;
    Daemon daemon(folder.file("s"), {});
    const auto began = std::chrono::steady_clock::now();
    const auto events = daemon.client().events(0, 1);
    ASSERT_TRUE(events) << events.error().sentence();
    EXPECT_TRUE(events->empty());
    EXPECT_GE(std::chrono::steady_clock::now() - began, 1s);
}

TEST(HttpServer, OneFollowerTooManyIsRefusedAndCounted) {
    const TestFolder folder;
    Daemon daemon(folder.file("s"), {.followers = 0});
    const auto events = daemon.client().events(0, 1);
    ASSERT_FALSE(events);
    EXPECT_THAT(events.error().sentence(), HasSubstr("0 requests wait for news"));
    EXPECT_TRUE(daemon.eventually([](const ServerCounters& counters) { return counters.too_many_followers == 1; }));
    EXPECT_TRUE(daemon.client().events(0, 0));
}

TEST(HttpServer, ClosingAnswersThoseWhoWaitForNews) {
    const TestFolder folder;
    Daemon daemon(folder.file("s"), {});
    Client client = daemon.client();
    std::thread closer([&] {
        ASSERT_TRUE(daemon.eventually([](const ServerCounters& counters) { return counters.requests == 1; }));
        daemon.close();
    });
    const auto began = std::chrono::steady_clock::now();
    EXPECT_TRUE(client.events(0, events_wait_limit_s));
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(events_wait_limit_s));
    closer.join();
}

TEST(HttpServer, ClosingRemovesTheSocketAndEndsIdleConversations) {
    const TestFolder folder;
    Daemon daemon(folder.file("api.sock"), {});
    const RawPeer peer(folder.file("api.sock"));
    ASSERT_TRUE(daemon.eventually([](const ServerCounters& counters) { return counters.accepted == 1; }));
    daemon.close();
    EXPECT_EQ(peer.rest(), "");
    EXPECT_FALSE(std::filesystem::exists(folder.file("api.sock")));
    EXPECT_EQ(Client::connect(folder.file("api.sock"), patience).error().code, ENOENT);
}

}  // namespace
}  // namespace lvx::api
