#include "cli/convert.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

namespace lvx::cli {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

struct Ran {
    int status = 0;
    std::string out, error;
};

Ran run(std::vector<std::string> words, const std::map<std::string, std::string>& files) {
    Ran result;
    words.insert(words.begin(), {"config", "convert"});
    const auto invocation = parse(words);
    if (!invocation) return {exit_usage, "", invocation.error()};
    const auto read = [&](const std::string& path) -> Result<std::string> {
        const auto found = files.find(path);
        if (found == files.end()) return refusal("cannot open " + path, ENOENT);
        return found->second;
    };
    result.status = run_convert(*invocation, {.read = read, .out = [&](std::string_view text) { result.out += text; },
                                              .error = [&](std::string_view text) { result.error += text; }, .host_name = "director1"});
    return result;
}

TEST(ConfigConvert, knows_a_dialect_by_the_name_of_its_file) {
    const std::map<std::string, std::string> files{{"/etc/ipvsadm.rules", "-A -t 192.0.2.1:80 -s rr\n"},
                                                   {"/etc/ha.d/ldirectord.cf", "virtual=192.0.2.1:80\n    real=10.0.0.2 masq\n"},
                                                   {"/etc/ha.d/ha.cf", "node director1 director2\nbcast eth0\n"},
                                                   {"/etc/ha.d/haresources", "director1 192.0.2.1\n"}};
    EXPECT_THAT(run({"/etc/ipvsadm.rules"}, files).out, HasSubstr("virtual_server 192.0.2.1 80 {"));
    EXPECT_THAT(run({"/etc/ha.d/ldirectord.cf"}, files).out, HasSubstr("HTTP_GET {"));
    EXPECT_THAT(run({"/etc/ha.d/ha.cf"}, files).out, HasSubstr("priority 200"));
    EXPECT_THAT(run({"/etc/ha.d/ha.cf", "--node", "director2"}, files).out, HasSubstr("priority 100"));
}

TEST(ConfigConvert, reads_standard_input_of_a_dialect_that_is_said) {
    EXPECT_THAT(run({"-", "--from", "ipvsadm"}, {{"-", "-A -u 192.0.2.1:53 -s rr\n"}}).out, HasSubstr("protocol UDP"));
}

TEST(ConfigConvert, gives_no_text_where_it_does_not_understand) {
    const Ran result = run({"x.cf"}, {{"x.cf", "virtual = nonsense\n"}});
    EXPECT_EQ(result.status, exit_refused);
    EXPECT_THAT(result.out, IsEmpty());
    EXPECT_THAT(result.error, HasSubstr("x.cf:1:11"));
}

TEST(ConfigConvert, says_which_file_it_cannot_read) {
    const Ran result = run({"ha.cf"}, {{"ha.cf", "node a\n"}});
    EXPECT_EQ(result.status, exit_refused);
    EXPECT_THAT(result.error, HasSubstr("haresources"));
}

TEST(ConfigConvert, refuses_a_dialect_there_is_none_of) {
    EXPECT_EQ(run({"f", "--from", "pacemaker"}, {}).status, exit_usage);
}

}  // namespace
}  // namespace lvx::cli
