// The applets against a conversation with the real tool on a real kernel (tests/golden/ipvsadm-kernel): the same
// commands in the same order, over a real socket, must give the same output and exit status.
#include "cli/ipvsadm/applet.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "base/test_folder.hh"
#include "api/serving_thread.hh"
#include "cli/ipvsadm/kernel_director.hh"

namespace lvx::cli::ipvsadm {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// What the recorded machine's files knew.
const std::map<std::string, Port> tcp_ports{{"ftp", 21}, {"http", 80}, {"kerberos", 88}, {"https", 443}, {"http-alt", 8080}, {"sip", 5060}, {"telnet", 23}};
const std::map<std::string, Port> udp_ports{{"domain", 53}, {"kerberos", 88}, {"syslog", 514}, {"sip", 5060}};

std::map<std::string, Port> ports_of(model::Protocol protocol) {
    if (protocol == model::Protocol::tcp) return tcp_ports;
    return protocol == model::Protocol::udp ? udp_ports : std::map<std::string, Port>{};
}

config::ipvsadm::Names recorded_names() {
    return {.host = [](std::string_view host) { return host == "localhost" ? Address::parse("127.0.0.1") : std::nullopt; },
            .service = [](std::string_view name, model::Protocol protocol) -> std::optional<Port> {
                const auto ports = ports_of(protocol);
                const auto found = ports.find(std::string(name));
                return found == ports.end() ? std::nullopt : std::optional(found->second);
            }};
}

config::ipvsadm::Labels recorded_labels() {
    return {.host = [](const Address& address) { return address.text() == "127.0.0.1" ? "localhost" : address.text(); },
            .service = [](Port port, model::Protocol protocol) {
                for (const auto& [name, known] : ports_of(protocol)) {
                    if (known == port) return name;
                }
                return std::to_string(port);
            }};
}

struct Answer {
    int status = 0;
    std::string out, error;
};

class Conversation : public ::testing::Test {
 protected:
    Conversation() {
        auto thread = api::ServingThread::start(director, socket(), {});
        if (!thread) throw std::runtime_error(thread.error().sentence());
        thread_ = std::move(*thread);
    }

    [[nodiscard]] std::string socket() const { return folder_.file("api.sock"); }

    Answer say(const std::vector<std::string>& words, const std::string& input) { return say_at(socket(), words, input); }

    static Answer say_at(const std::string& path, const std::vector<std::string>& words, const std::string& input) {
        Answer answer;
        const Surroundings surroundings{.connect = [&] { return api::Client::connect(path, std::chrono::seconds{10}); },
                                        .input = [&]() -> Result<std::string> { return input; },
                                        .out = [&](std::string_view text) { answer.out += text; },
                                        .error = [&](std::string_view text) { answer.error += text; },
                                        .names = recorded_names(),
                                        .labels = recorded_labels()};
        const bool saves = words[0] == "ipvsadm-save", restores = words[0] == "ipvsadm-restore";
        answer.status = saves ? run_save(words, surroundings) : restores ? run_restore(words, surroundings) : run(words, surroundings);
        return answer;
    }

    // As long as the recorded kernel had a sync daemon, it refused some servers.
    void follow_sync_daemon(const std::vector<std::string>& words) {
        const bool starts = words.size() > 1 && words[1] == "--start-daemon", stops = words.size() > 1 && words[1] == "--stop-daemon";
        if (starts || stops) thread_->on_loop([&] { director.has_sync_daemon = starts; });
    }

    KernelDirector director;

 private:
    TestFolder folder_;
    std::unique_ptr<api::ServingThread> thread_;
};

// Turns that cannot be compared, with the reason.
bool incomparable(const std::vector<std::string>& words) {
    constexpr std::array unequal{
        "--nosort",                                      // the kernel's order of services is that of a salted hash
        "--start-daemon", "--stop-daemon", "--daemon",   // lvx has no sync daemon
        "-Lnc", "--connection",                          // there was traffic
        "-h", "--help",                                  // lvx describes itself in its own words
        "255.0.255.0",                                   // a mask with holes, which lvx refuses
    };
    return !words[0].starts_with("ipvsadm") ||  // other programs that were recorded along
           std::ranges::any_of(unequal, [&](const char* word) { return std::ranges::find(words, word) != words.end(); });
}

std::string text_of(const boost::json::value& value) { return value.is_string() ? std::string(value.get_string()) : std::string(); }

TEST_F(Conversation, IsTheOneWithTheRealTool) {
    std::ifstream file(std::string(LVX_GOLDEN_DIR) + "/ipvsadm-kernel/ipvsadm.json");
    const boost::json::value recorded = boost::json::parse(std::string{std::istreambuf_iterator<char>(file), {}});
    int compared = 0;
    for (const boost::json::value& turn : recorded.get_array()) {
        if (!turn.get_object().contains("argv")) continue;  // the title of a chapter
        std::vector<std::string> words;
        std::string line;
        for (const boost::json::value& word : turn.at("argv").get_array()) line += (line.empty() ? "" : " ") + words.emplace_back(word.get_string());
        follow_sync_daemon(words);
        if (incomparable(words)) continue;
        const Answer answer = say(words, text_of(turn.at("stdin")));
        EXPECT_EQ(answer.out, text_of(turn.at("stdout"))) << line;
        EXPECT_EQ(answer.error, text_of(turn.at("stderr"))) << line;
        EXPECT_EQ(answer.status, turn.at("rc").as_int64()) << line;
        ++compared;
    }
    EXPECT_GT(compared, 320);
}

TEST_F(Conversation, ARefusedLineOfARestoreDoesNotStopTheOthersAndTheLastOneDecides) {
    const std::string service = "-A -t 192.0.2.1:80 -s rr\n";
    const Answer bad_in_the_middle = say({"ipvsadm", "-R"}, service + service + "-A -t 192.0.2.1:81 -s rr\n");
    EXPECT_EQ(bad_in_the_middle.error, "Service already exists\n");
    EXPECT_EQ(bad_in_the_middle.status, 0);
    EXPECT_EQ(say({"ipvsadm", "-R"}, service).status, 255);
    EXPECT_EQ(director.services_value.services.size(), 2);
}

TEST_F(Conversation, AListInsideARestoreSeesTheLinesBeforeIt) {
    EXPECT_THAT(say({"ipvsadm", "-R"}, "-A -t 192.0.2.1:80 -s rr\n-L -n\n-C\n").out, HasSubstr("TCP  192.0.2.1:80 rr\n"));
    EXPECT_TRUE(director.services_value.services.empty());
}

TEST_F(Conversation, ARestoreOfMoreLinesThanOneRequestTakesIsWhole) {
    std::string lines = "-A -t 192.0.2.1:80 -s rr\n";
    for (int i = 0; i < 12'000; ++i) lines += "-a -t 192.0.2.1:80 -r 10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250 + 1) + ":80 -m\n";
    const Answer answer = say({"ipvsadm-restore", "-n"}, lines);
    EXPECT_EQ(answer.error, "");
    EXPECT_EQ(director.services_value.services.at(0).servers.size(), 12'000);
}

TEST_F(Conversation, ConnectionsAreListedOneByOne) {
    director.connections_value = {{.state = "ESTABLISHED", .expires_s = 899, .client = {*Address::parse("192.168.88.21"), 40001},
                                   .virtual_service = {*Address::parse("192.168.88.23"), 80}, .server = {*Address::parse("10.0.0.2"), 80}}};
    EXPECT_EQ(say({"ipvsadm", "-Lnc"}, "").out,
              "IPVS connection entries\n"
              "pro expire state       source             virtual            destination\n"
              "TCP 14:59  ESTABLISHED 192.168.88.21:40001 192.168.88.23:80   10.0.0.2:80\n");
}

TEST_F(Conversation, WithoutADaemonItIsAsWithoutIpvsInTheKernel) {
    const Answer answer = say_at(socket() + ".none", {"ipvsadm", "-Ln"}, "");
    EXPECT_EQ(answer.status, 2);
    EXPECT_THAT(answer.error, StartsWith("Can't initialize ipvs: cannot reach the daemon at "));
    EXPECT_THAT(answer.error, HasSubstr("no lvxd is running there"));
    EXPECT_EQ(say_at(socket() + ".none", {"ipvsadm", "-h"}, "").status, 0);
}

}  // namespace
}  // namespace lvx::cli::ipvsadm
