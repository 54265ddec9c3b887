#include "cli/keepalived.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/test_reader.hh"

namespace lvx::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* good_file = R"(virtual_server 192.0.2.1 80 {
    protocol TCP
    lvs_sched rr
    lvs_method NAT
    real_server 10.0.0.2 80 { weight 1
        TCP_CHECK { connect_timeout 3 }
    }
}
)";

struct Ran {
    int status = 0;
    std::string out, error, written;
    std::vector<std::string> lvxd;
};

Ran run(std::vector<std::string> arguments, const std::map<std::string, std::string, std::less<>>& files) {
    Ran result;
    arguments.insert(arguments.begin(), "keepalived");
    result.status = run_keepalived(arguments, {
        .load = [&](const std::string& file, const config::Options& options) { return config::load(config::reader_of(files), file, options); },
        .out = [&](std::string_view text) { result.out += text; },
        .error = [&](std::string_view text) { result.error += text; },
        .write = [&](const std::string&, std::string_view text) { result.written = text; return true; },
        .executable = [](const std::string& program) { return program == "/bin/true" || program == "true"; },
        .become_lvxd = [&](std::span<const std::string> words) { result.lvxd.assign(words.begin(), words.end()); return 7; },
        .options = {}});
    return result;
}

int status_of(const std::string& text) { return run({"-t", "-f", "k.conf"}, {{"k.conf", text}}).status; }

TEST(Keepalived, says_nothing_of_a_good_file) {
    const Ran result = run({"-t", "-f", "k.conf"}, {{"k.conf", good_file}});
    EXPECT_EQ(result.status, 0) << result.error;
    EXPECT_THAT(result.out + result.error, IsEmpty());
}

TEST(Keepalived, tells_kinds_of_mistakes_apart_as_keepalived_does) {
    EXPECT_EQ(status_of(std::string(good_file) + "no_such_keyword 1\n"), 5);
    EXPECT_EQ(status_of("vrrp_instance V {\n interface eth0\n virtual_router_id 5\n priority 300\n virtual_ipaddress { 192.0.2.9 }\n}\n"), 5);
    EXPECT_EQ(status_of("vrrp_instance V {\n interface\n}\n"), 2);
    EXPECT_EQ(status_of("vrrp_script s {\n script \"/bin/true\"\n}\n"), 6);
    EXPECT_EQ(status_of("global_defs {\n enable_script_security\n script_user root\n}\nvrrp_script s {\n script \"/bin/true\"\n}\n"), 0);
    EXPECT_EQ(status_of("vrrp_script s {\n script \"/no/such/program\"\n}\n"), 0);
    EXPECT_EQ(status_of("include nowhere.conf\n"), 0);
    EXPECT_EQ(status_of("includem nowhere.conf\n"), 6);
    EXPECT_EQ(status_of(""), 0);
}

TEST(Keepalived, a_file_that_is_not_there_is_no_good_file) {
    const Ran result = run({"-t", "-f", "other.conf"}, {{"k.conf", good_file}});
    EXPECT_EQ(result.status, 4);
    EXPECT_THAT(result.error, HasSubstr("other.conf"));
}

TEST(Keepalived, options_may_be_joined_and_long) {
    EXPECT_EQ(run({"-tf", "k.conf"}, {{"k.conf", good_file}}).status, 0);
    EXPECT_EQ(run({"--config-test", "--use-file=k.conf"}, {{"k.conf", good_file}}).status, 0);
    EXPECT_EQ(run({"-t", "--use-file", "k.conf", "-lD"}, {{"k.conf", good_file}}).status, 0);
}

TEST(Keepalived, the_log_of_a_test_goes_into_the_file_that_is_named) {
    const Ran result = run({"-t=/tmp/log", "-f", "k.conf"}, {{"k.conf", "rubbish\n"}});
    EXPECT_EQ(result.status, 5);
    EXPECT_THAT(result.error, IsEmpty());
    EXPECT_THAT(result.written, HasSubstr("rubbish"));
}

TEST(Keepalived, lines_of_another_id_are_not_read) {
    const std::map<std::string, std::string, std::less<>> files{{"k.conf", "@one rubbish\n"}};
    EXPECT_EQ(run({"-t", "-f", "k.conf", "-i", "one"}, files).status, 5);
    EXPECT_EQ(run({"-t", "-f", "k.conf", "-i", "two"}, files).status, 0);
}

TEST(Keepalived, every_include_has_to_find_something_where_all_are_to_be_checked) {
    const std::map<std::string, std::string, std::less<>> files{{"k.conf", "include none/*.conf\n"}};
    EXPECT_NE(run({"-te", "-f", "k.conf"}, files).status, 0);
}

TEST(Keepalived, knows_the_numbers_of_its_signals) {
    EXPECT_EQ(run({"--signum=RELOAD"}, {}).out, "1\n");
    EXPECT_EQ(run({"--signum=JSON"}, {}).out, "36\n");
    EXPECT_EQ(run({"--signum=STATS_CLEAR"}, {}).out, "63\n");
    EXPECT_EQ(run({"--signum=NONE"}, {}).status, 1);
}

TEST(Keepalived, unknown_or_incomplete_options_are_wrong_usage) {
    EXPECT_EQ(run({"-y"}, {}).status, 1);
    EXPECT_EQ(run({"-f"}, {}).status, 1);
    EXPECT_EQ(run({"file.conf"}, {}).status, 1);
}

TEST(Keepalived, in_the_foreground_it_becomes_the_daemon) {
    const Ran result = run({"-n", "-l", "-f", "k.conf", "-i", "one"}, {});
    EXPECT_EQ(result.status, 7);
    EXPECT_THAT(result.lvxd, ElementsAre("--file", "k.conf", "--config-id", "one"));
    EXPECT_EQ(run({"-f", "k.conf"}, {}).status, 1);
}

}  // namespace
}  // namespace lvx::cli
