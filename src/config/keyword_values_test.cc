// Every keyword of the table once, in its block: with a good value (both ends of its range), out of range, without its
// argument.  The cases come from the table; only what it cannot express has its values here.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/text.hh"
#include "config/keyword.hh"
#include "config/load.hh"
#include "config/test_reader.hh"

namespace lvx::config {
namespace {

struct Sample {
    std::string_view keyword;  // of today
    std::string_view good, bad;
    bool needed = true;        // an argument must follow
    Block block = Block::none; // none: all
};
constexpr std::array samples = {
    Sample{"virtual_server", "192.0.2.1 80", "192.0.2.1 65536"},
    Sample{"real_server", "10.0.0.2 80", "10.0.0 80"},
    Sample{"sorry_server", "10.0.0.9", "10.0.0.9 http"},
    Sample{"sorry_server_lvs_method", "DR", "nat"},
    Sample{"lvs_sched", "rr", "rrr"},
    Sample{"lvs_method", "TUN type gre csum", "TUN type gri"},
    Sample{"protocol", "sctp", "icmp", true, Block::virtual_server},
    Sample{"persistence_granularity", "255.255.255.0", "33"},
    Sample{"digest", "00112233445566778899aabbccddeeff", "xyz"},
    Sample{"status_code", "200 300-399", "99"},
    Sample{"payload", "00ff", "0g"},
    Sample{"require_reply", "0x", "0", false},
    Sample{"weight", "-5 reverse", "five", true, Block::file_check},
    Sample{"lvs_timeouts", "tcp 60 udp 5", "tcp 2678401"},
    Sample{"timeouts", "tcpfin 60", "sctp 1"},
    Sample{"smtp_server", "mail.example.net 25", "mail.example.net 0"},
    Sample{"sync_threshold", "0 1", "50 50"},
    Sample{"interface", "eth0 tc", "eth0 fast", true, Block::director},
    Sample{"listen", "192.0.2.1 8850", "192.0.2.1 0"},
    Sample{"peer", "192.0.2.1 8850", "192.0.2 8850"},
    Sample{"check_client", "192.0.2.4", "2001:db8::4"},
    Sample{"check_client6", "2001:db8::4", "192.0.2.4"},
    Sample{"persistence_timeout", "1", "2678401", false},  // 0 is what old files have, with a word of its own
    Sample{"quorum", "1", "-1"},
    Sample{"dynamic_interfaces", "allow_if_changes", "sometimes", false},
    Sample{"vrrp_mcast_group4", "224.0.0.18", "2001:db8::1"},
    Sample{"vrrp_mcast_group6", "ff02::12", "192.0.2.1"},
    Sample{"vrrp_garp_extra_if", "all 10", "all 86401"},
    Sample{"garp_extra_if", "10", "often"},
    Sample{"old_unicast_checksum", "never", "always", false},
    Sample{"use_ipvlan", "192.0.2.9 bridge", "192.0.2.9 group"},
    Sample{"key", "1 0123456789abcdef0123456789abcdef", "256 0123456789abcdef0123456789abcdef", true, Block::auth_hmac},
    Sample{"init_file", "5 overwrite", "often", false},
    Sample{"param_match", "partial", "half", false},
};

struct Values {
    std::vector<std::string> good, bad;
    bool needed = false;
};

std::optional<Values> special_values(const Keyword& keyword) {
    const auto fits = [&](const Sample& one) {
        return one.keyword == keyword.canonical && (one.block == Block::none || one.block == keyword.block);
    };
    const auto found = std::ranges::find_if(samples, fits);
    if (found == samples.end()) return std::nullopt;
    return Values{.good = {std::string(found->good)}, .bad = {std::string(found->bad)}, .needed = found->needed};
}

Values number_values(const Keyword& keyword, bool needed) {
    return {.good = {std::to_string(keyword.low), std::to_string(keyword.high)},
            .bad = {std::to_string(keyword.low - 1), std::to_string(keyword.high + 1), "many"}, .needed = needed};
}

Values values_of(const Keyword& keyword) {
    if (const auto special = special_values(keyword)) return *special;
    switch (keyword.argument) {
        case Argument::none: return {.good = {""}};
        case Argument::flag: return {.good = {"", "on", "true", "yes", "off", "false", "no"}, .bad = {"ON", "1"}};
        case Argument::number:
        case Argument::milliseconds:
        case Argument::weight:
        case Argument::seconds: return number_values(keyword, true);
        case Argument::optional_number: return number_values(keyword, false);
        case Argument::positive_seconds:
            return {.good = {"0.000001", std::to_string(keyword.high)}, .bad = {"0", std::to_string(keyword.high + 1), "soon"}, .needed = true};
        case Argument::word:
        case Argument::words:
        case Argument::command: return {.good = {"sample"}, .needed = true};
        case Argument::choice:
        case Argument::choices: return {.good = {std::string(split_words(keyword.values).back())}, .bad = {"no-such-thing"}, .needed = true};
        case Argument::address: return {.good = {"192.0.2.1", "2001:db8::1"}, .bad = {"192.0.2.256", "www.example.net"}, .needed = true};
        case Argument::port: return {.good = {"1", "65535"}, .bad = {"0", "65536"}, .needed = true};
        case Argument::any: return {.good = {"", "sample"}};
        case Argument::special: return {};
    }
    return {};
}

const Keyword* opener_of(Block block) {
    const auto opens = [&](const Keyword& one) { return one.opens == block && one.name == one.canonical && one.status != Status::junk; };
    const auto found = std::ranges::find_if(keywords(), opens);
    return found == keywords().end() ? nullptr : &*found;
}

// The statement in its blocks; the last line before the closing braces is the statement.
struct Text {
    std::string text;
    std::uint32_t line = 1;
};

Text text_of(const Keyword& keyword, const std::string& value) {
    std::vector<std::string> heads;
    for (Block block = keyword.block; block != Block::root;) {
        const Keyword* opener = opener_of(block);
        if (opener == nullptr) return {};
        const Values values = values_of(*opener);
        heads.push_back(std::string(opener->name) + " " + (values.good.empty() ? "" : values.good[0]) + " {\n");
        block = opener->block;
    }
    Text result;
    for (auto head = heads.rbegin(); head != heads.rend(); ++head, ++result.line) result.text += *head;
    result.text += std::string(keyword.name) + " " + value + (keyword.opens == Block::none ? "\n" : " {\n}\n");
    for (std::size_t i = 0; i < heads.size(); ++i) result.text += "}\n";
    return result;
}

// What is said about the form of the statement: whether it may stand there, how many words, which values.
std::vector<Code> found_at_the_statement(const Keyword& keyword, const std::string& value) {
    using enum Code;
    constexpr std::array of_form = {unknown_keyword, unknown_block,  missing_argument, surplus_argument, not_a_number, out_of_range,
                                    not_a_boolean,   bad_address,    bad_port,         bad_mask,         bad_choice,   unknown_scheduler,
                                    misplaced_keyword, bad_hexadecimal, mixed_families, unknown_word};
    const Text text = text_of(keyword, value);
    const Outcome outcome = load(reader_of({{"lvx.conf", text.text}}), "lvx.conf", {});
    std::vector<Code> codes;
    for (const Diagnostic& one : outcome.diagnostics.all()) {
        const bool form = std::ranges::find(of_form, one.code) != of_form.end();
        if (form && one.place.line == text.line) codes.push_back(one.code);
    }
    return codes;
}

class KeywordValues : public testing::TestWithParam<std::size_t> {
 protected:
    const Keyword& keyword_ = keywords()[GetParam()];
};

TEST_P(KeywordValues, AreTakenWhenGoodAndNamedOnceWhenNot) {
    if (keyword_.status == Status::junk) return;
    const Values values = values_of(keyword_);
    ASSERT_FALSE(values.good.empty()) << keyword_.name << " has no sample";
    for (const std::string& good : values.good) EXPECT_EQ(found_at_the_statement(keyword_, good), std::vector<Code>{}) << good;
    for (const std::string& bad : values.bad) EXPECT_EQ(found_at_the_statement(keyword_, bad).size(), 1u) << bad;
    const std::vector<Code> missing = values.needed ? std::vector{Code::missing_argument} : std::vector<Code>{};
    EXPECT_EQ(found_at_the_statement(keyword_, ""), missing);
}

INSTANTIATE_TEST_SUITE_P(Table, KeywordValues, testing::Range(std::size_t{0}, keywords().size()), [](const auto& info) {
    const Keyword& keyword = keywords()[info.param];
    std::string name = std::to_string(info.param) + "_" + std::string(keyword.name);
    std::ranges::replace(name, '-', '_');
    return name;
});

}  // namespace
}  // namespace lvx::config
