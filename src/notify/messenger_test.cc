#include "notify/messenger.hh"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <mutex>
#include <sstream>
#include <thread>

#include "base/test_folder.hh"
#include "base/fd.hh"

namespace lvx::notify {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using Clock = std::chrono::steady_clock;

const script::Rules as_root{.user = "root"};

template <class Condition>
bool becomes_true(Condition condition) {
    for (const auto end = Clock::now() + 30s; Clock::now() < end; ::poll(nullptr, 0, 1))
        if (condition()) return true;
    return false;
}

struct Folder : TestFolder {
    [[nodiscard]] std::string text(const std::string& name) const {
        std::ifstream in(file(name));
        return {std::istreambuf_iterator<char>(in), {}};
    }
};

// Events come from the Messenger's threads.
struct Events {
    model::EmitEvent sink() {
        return [this](const model::Event& event) {
            const std::scoped_lock hold(lock);
            texts.push_back(model::text_of(event));
        };
    }
    std::vector<std::string> all() {
        const std::scoped_lock hold(lock);
        return texts;
    }
    std::mutex lock;
    std::vector<std::string> texts;
};

std::unique_ptr<Messenger> start(const Settings& settings, const Bounds& bounds, Events& events) {
    auto started = Messenger::start(settings, as_root, bounds, events.sink());
    EXPECT_TRUE(started);
    return std::move(*started);
}

VrrpNotice news(const std::string& name, VrrpNews what) { return {.name = name, .news = what, .priority = 100}; }

model::Command shell(const std::string& text) { return {.words = {"/bin/sh", "-c", text, "sh"}}; }

TEST(Messenger, runs_the_scripts_of_an_object_one_after_the_other) {
    const Folder folder;
    Events events;
    const auto messenger = start({}, {}, events);
    VrrpNotice notice = news("VI_1", VrrpNews::master);
    notice.how.master = shell("sleep 0.1; echo own >> " + folder.file("out"));
    notice.how.any = shell("echo $1 $2 $3 $4 >> " + folder.file("out"));
    messenger->tell(notice);
    notice.news = VrrpNews::backup;
    messenger->tell(notice);
    EXPECT_TRUE(messenger->drain(30s));
    EXPECT_EQ(folder.text("out"), "own\nINSTANCE VI_1 MASTER 100\nINSTANCE VI_1 BACKUP 100\n");
    EXPECT_TRUE(events.all().empty());
}

TEST(Messenger, tells_of_a_script_that_failed) {
    Events events;
    const auto messenger = start({}, {}, events);
    VrrpNotice notice = news("VI_1", VrrpNews::master);
    notice.how.master = model::Command{.words = {"/no/such"}};
    messenger->tell(notice);
    EXPECT_TRUE(messenger->drain(30s));
    EXPECT_THAT(events.all(), ElementsAre("notification of INSTANCE VI_1 by /no/such failed: cannot run /no/such: No such file or directory"));
}

TEST(Messenger, does_not_wait_longer_than_asked_for_a_script_that_hangs) {
    Events events;
    const auto messenger = start({}, {}, events);
    VrrpNotice notice = news("VI_1", VrrpNews::stop);
    notice.how.stop = shell("sleep 60");
    messenger->tell(notice);
    EXPECT_FALSE(messenger->drain(50ms));
}

TEST(Messenger, ends_a_script_that_takes_too_long_so_that_the_next_one_runs) {
    const Folder folder;
    Events events;
    const auto messenger = start({}, {.script_time = 1500ms}, events);
    VrrpNotice notice = news("VI_1", VrrpNews::master);
    notice.how.master = shell("sleep 60");
    notice.how.any = shell("echo $3 > " + folder.file("out"));
    messenger->tell(notice);
    EXPECT_TRUE(messenger->drain(30s));
    EXPECT_EQ(folder.text("out"), "MASTER\n");
}

Settings with_fifo(const Folder& folder) {
    Settings settings;
    settings.all.path = folder.file("fifo");
    return settings;
}

std::string read_all(int fd) {
    std::string text(65536, '\0');
    const ssize_t got = ::read(fd, text.data(), text.size());
    text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return text;
}

TEST(Messenger, makes_its_fifo_writes_clean_lines_and_takes_it_away) {
    const Folder folder;
    Events events;
    auto messenger = start(with_fifo(folder), {}, events);
    struct stat found {};
    ASSERT_TRUE(becomes_true([&] { return ::stat(folder.file("fifo").c_str(), &found) == 0; }));
    EXPECT_TRUE(S_ISFIFO(found.st_mode));
    EXPECT_EQ(found.st_mode & 0777, 0600U);
    messenger->tell(news("VI_1", VrrpNews::master));
    messenger->tell(ServerNotice{.server = "[10.0.0.2]:tcp:80", .service = "[10.0.0.1]:tcp:80", .health = Health::down});
    ASSERT_TRUE(messenger->drain(30s));
    const Fd reader(::open(folder.file("fifo").c_str(), O_RDONLY | O_NONBLOCK));
    EXPECT_EQ(read_all(reader.get()), "INSTANCE \"VI_1\" MASTER 100\nRS [10.0.0.2]:tcp:80 [10.0.0.1]:tcp:80 DOWN\n");
    messenger.reset();
    EXPECT_NE(::stat(folder.file("fifo").c_str(), &found), 0);
}

TEST(Messenger, a_fifo_nobody_reads_costs_old_lines_and_nothing_else) {
    const Folder folder;
    Events events;
    const auto messenger = start(with_fifo(folder), {.fifo_lines = 4}, events);
    for (int i = 0; i < 4000; ++i) messenger->tell(news("VI_" + std::to_string(i), VrrpNews::master));
    ASSERT_TRUE(messenger->drain(30s));
    ASSERT_TRUE(becomes_true([&] { return messenger->counters().fifo_lines_lost > 0; }));
    EXPECT_THAT(events.all(), ElementsAre(HasSubstr("nobody reads it")));
    const Fd reader(::open(folder.file("fifo").c_str(), O_RDONLY | O_NONBLOCK));
    std::string text;
    ASSERT_TRUE(becomes_true([&] { text += read_all(reader.get()); return text.find("VI_3999") != text.npos; }));
    const Counters counters = messenger->counters();
    EXPECT_EQ(counters.fifo_lines + counters.fifo_lines_lost, 4000U);
    EXPECT_TRUE(text.ends_with("INSTANCE \"VI_3999\" MASTER 100\n"));
}

TEST(Messenger, a_file_that_is_no_fifo_is_left_alone) {
    const Folder folder;
    std::ofstream(folder.file("fifo")) << "mine";
    Events events;
    const auto messenger = start(with_fifo(folder), {}, events);
    messenger->tell(news("VI_1", VrrpNews::master));
    EXPECT_TRUE(messenger->drain(30s));
    EXPECT_THAT(events.all(), ElementsAre(HasSubstr("cannot write to")));
    EXPECT_EQ(folder.text("fifo"), "mine");
}

TEST(Messenger, starts_the_script_that_reads_a_fifo_with_its_path) {
    const Folder folder;
    Events events;
    Settings settings = with_fifo(folder);
    settings.all.script = shell("while read line; do echo $line >> " + folder.file("out") + "; done < $1");
    const auto messenger = start(settings, {}, events);
    messenger->tell(news("VI_1", VrrpNews::fault));
    EXPECT_TRUE(becomes_true([&] { return folder.text("out") == "INSTANCE \"VI_1\" FAULT 100\n"; }));
}

TEST(Messenger, a_reload_opens_the_fifos_it_names) {
    const Folder folder;
    Events events;
    const auto messenger = start({}, {}, events);
    messenger->configure(with_fifo(folder), as_root);
    messenger->tell(news("VI_1", VrrpNews::master));
    ASSERT_TRUE(messenger->drain(30s));
    EXPECT_EQ(messenger->counters().fifo_lines, 1U);
    messenger->configure({}, as_root);
    ASSERT_TRUE(messenger->drain(30s));
    struct stat found {};
    EXPECT_NE(::stat(folder.file("fifo").c_str(), &found), 0);
}

TEST(Messenger, beyond_its_bound_it_counts_what_is_lost) {
    Events events;
    const auto messenger = start({}, {.notices = 0}, events);
    messenger->tell(news("VI_1", VrrpNews::master));
    EXPECT_EQ(messenger->counters().notices_lost, 1U);
    EXPECT_TRUE(messenger->drain(0ms));
}

// ---- mail ----

// A mail server that answers by rote, one conversation after the other.
class MailServerStub {
 public:
    explicit MailServerStub(std::vector<std::string> answers) : answers_(std::move(answers)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
        socklen_t length = sizeof address;
        EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), length), 0);
        EXPECT_EQ(::listen(listener_.get(), 8), 0);
        ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &length);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { serve(); });
    }
    ~MailServerStub() {
        ::shutdown(listener_.get(), SHUT_RDWR);
        thread_.join();
    }
    [[nodiscard]] Port port() const { return port_; }
    std::string heard() {
        const std::scoped_lock hold(lock_);
        return heard_;
    }

 private:
    void serve() {
        for (;;) {
            const Fd client(::accept(listener_.get(), nullptr, nullptr));
            if (!client.valid()) return;
            converse(client.get());
        }
    }
    void converse(int client) {
        std::string bytes(4096, '\0');
        for (const std::string& answer : answers_) {
            (void)::send(client, answer.data(), answer.size(), MSG_NOSIGNAL);
            const ssize_t got = ::recv(client, bytes.data(), bytes.size(), 0);
            if (got <= 0) return;
            const std::scoped_lock hold(lock_);
            heard_.append(bytes, 0, static_cast<std::size_t>(got));
        }
    }

    std::vector<std::string> answers_;
    Fd listener_;
    Port port_ = 0;
    std::mutex lock_;
    std::string heard_;
    std::thread thread_;
};

Settings with_mail(Port port) {
    return {.mail = {.router_id = "R1", .recipients = {"ops@example.org"}, .from = "lvs@example.org", .server_host = "127.0.0.1",
                     .server_port = port, .connect_timeout = 60s},
            .host = "lvs1"};
}

VrrpNotice mailed() {
    VrrpNotice notice = news("VI_1", VrrpNews::master);
    notice.how.smtp_alert = true;
    return notice;
}

TEST(Messenger, sends_mail) {
    MailServerStub server({"220 a\r\n", "250 b\r\n", "250 c\r\n", "250 d\r\n", "354 e\r\n", "250 f\r\n"});
    Events events;
    const auto messenger = start(with_mail(server.port()), {}, events);
    messenger->tell(mailed());
    EXPECT_TRUE(becomes_true([&] { return messenger->counters().mails_sent == 1; }));
    EXPECT_TRUE(becomes_true([&] { return server.heard().ends_with("QUIT\r\n"); }));
    EXPECT_THAT(server.heard(), HasSubstr("Subject: [R1] VRRP Instance VI_1 - Entering MASTER state\r\n"));
}

TEST(Messenger, tries_a_mail_twice_and_tells_why_it_failed) {
    MailServerStub server({"554 no service\r\n"});
    Events events;
    const auto messenger = start(with_mail(server.port()), {.mail_retry_delay = 10ms}, events);
    messenger->tell(mailed());
    EXPECT_TRUE(becomes_true([&] { return messenger->counters().mails_failed == 1; }));
    EXPECT_THAT(events.all(), ElementsAre("mail by 127.0.0.1 not sent: it refused: 554 no service"));
}

TEST(Messenger, a_silent_mail_server_holds_up_neither_scripts_nor_the_end) {
    MailServerStub server({""});
    Events events;
    const auto began = Clock::now();
    {
        const auto messenger = start(with_mail(server.port()), {.mails = 1}, events);
        for (int i = 0; i < 20; ++i) messenger->tell(mailed());
        EXPECT_TRUE(messenger->drain(30s));
        EXPECT_GE(messenger->counters().mails_lost, 18U);
    }
    EXPECT_LT(Clock::now() - began, 60s) << "for so long a mail waits";
}

}  // namespace
}  // namespace lvx::notify
