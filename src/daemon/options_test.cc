#include "daemon/options.hh"

#include <gtest/gtest.h>

namespace lvx::daemon {
namespace {

std::expected<Options, std::string> parse(std::vector<std::string> words) { return parse_options(words); }

TEST(ParseOptions, WithoutAnyIsTheMainInstanceDrivenByIpvsadm) {
    const auto options = parse({});
    ASSERT_TRUE(options);
    EXPECT_EQ(*options, (Options{.socket = "/run/lvx/api.sock", .bpffs = "/sys/fs/bpf/lvx/main", .state_dir = "/var/lib/lvx/main"}));
}

TEST(ParseOptions, AnInstanceHasASocketAndTablesOfItsOwn) {
    const auto options = parse({"--instance", "blue"});
    EXPECT_EQ(options->socket, "/run/lvx/blue.sock");
    EXPECT_EQ(options->bpffs, "/sys/fs/bpf/lvx/blue");
    EXPECT_EQ(parse({"--instance", "blue", "--socket", "/tmp/x"})->socket, "/tmp/x");
}

TEST(ParseOptions, TakesValuesInEveryUsualForm) {
    for (const auto& words : std::vector<std::vector<std::string>>{{"-f", "a"}, {"-fa"}, {"--file", "a"}, {"--file=a"}})
        EXPECT_EQ(parse(words)->file, "a") << words[0];
}

TEST(ParseOptions, ReadsInterfacesWithAndWithoutHook) {
    const auto options = parse({"--interface", "eth0", "--interface=eth1=xdp-generic", "--hook", "tc"});
    EXPECT_EQ(options->interfaces, (std::vector<net::InterfaceRequest>{{"eth0", net::Hook::automatic}, {"eth1", net::Hook::xdp_generic}}));
    EXPECT_EQ(options->hook, net::Hook::tc);
}

TEST(ParseOptions, ReadsSizes) {
    const auto options = parse({"--connections", "1000000", "--max-services", "10", "--max-servers", "20", "--pool-words", "30"});
    EXPECT_EQ(options->sizes, (dataplane::Sizes{1000000, 10, 20, 30}));
}

TEST(ParseOptions, ReadsWhatHappensAtTheEnd) {
    EXPECT_EQ(parse({})->on_exit, api::StopKind::stop_forwarding);
    EXPECT_EQ(parse({"--on-exit", "keep"})->on_exit, api::StopKind::keep_forwarding);
    EXPECT_EQ(parse({"-I"})->on_exit, api::StopKind::keep_forwarding);
    EXPECT_EQ(parse({"-I", "--on-exit=stop"})->on_exit, api::StopKind::stop_forwarding);
}

TEST(ParseOptions, HelpAndVersionWinOverWhatFollows) {
    EXPECT_EQ(parse({"--help", "--nonsense"})->task, Options::Task::help);
    EXPECT_EQ(parse({"-v", "--nonsense"})->task, Options::Task::version);
    EXPECT_FALSE(parse({"--nonsense", "--help"}));
}

struct Refused { std::vector<std::string> words; std::string sentence; };
class Refusals : public testing::TestWithParam<Refused> {};

TEST_P(Refusals, AreSentences) { EXPECT_EQ(parse(GetParam().words).error(), GetParam().sentence); }

INSTANTIATE_TEST_SUITE_P(All, Refusals, testing::Values(
    Refused{{"--nonsense"}, "unknown option \"--nonsense\""}, Refused{{"-x"}, "unknown option \"-x\""},
    Refused{{"file"}, "unknown option \"file\""}, Refused{{""}, "unknown option \"\""}, Refused{{"-"}, "unknown option \"-\""},
    Refused{{"--"}, "unknown option \"--\""}, Refused{{"--file"}, "--file needs FILE"}, Refused{{"--check=1"}, "--check takes no value"},
    Refused{{"--check"}, "--check needs a file: lvxd --check -f FILE"},
    Refused{{"--connections", "0"}, "--connections: \"0\" is not a number from 1 to 2147483648"},
    Refused{{"--connections", "2147483649"}, "--connections: \"2147483649\" is not a number from 1 to 2147483648"},
    Refused{{"--max-servers", "1e3"}, "--max-servers: \"1e3\" is not a number from 1 to 16777216"},
    Refused{{"--max-services", "-1"}, "--max-services: \"-1\" is not a number from 1 to 16777216"},
    Refused{{"--hook", "XDP"}, "--hook: \"XDP\" is no hook: auto, xdp, xdp-generic or tc"},
    Refused{{"--interface", "eth0=fast"}, "--interface: \"fast\" is no hook: auto, xdp, xdp-generic or tc"},
    Refused{{"--interface", "=tc"}, "--interface: an interface has a name"},
    Refused{{"--on-exit", "maybe"}, "--on-exit: \"maybe\" is neither stop nor keep"},
    Refused{{"--instance", "../x"}, "--instance: \"../x\" is no instance name: up to 32 letters, digits, '-' and '_'"},
    Refused{{"--instance", ""}, "--instance: \"\" is no instance name: up to 32 letters, digits, '-' and '_'"}));

TEST(ParseOptions, TakesTheLargestNumber) { EXPECT_EQ(parse({"--connections", "2147483648"})->sizes.connections, 2147483648u); }

TEST(HelpText, NamesEveryOptionOnALineOfAtMost120Characters) {
    const std::string text = help_text();
    for (const char* option : {"-f, --file FILE", "--interface IF[=HOOK]", "--on-exit stop|keep", "-h, --help"})
        EXPECT_NE(text.find(option), std::string::npos) << option;
    std::size_t start = 0;
    while (start < text.size()) {
        const std::size_t end = text.find('\n', start);
        EXPECT_LE(end - start, 120u) << text.substr(start, end - start);
        start = end + 1;
    }
}

}  // namespace
}  // namespace lvx::daemon
