// HTTP_GET and SSL_GET, and their urls.
#include <fmt/format.h>

#include <algorithm>

#include "base/regex.hh"
#include "base/text.hh"
#include "config/keepalived/check_draft.hh"

namespace lvx::config::keepalived {
namespace {

using model::HttpCheck;
using model::HttpUrl;
using model::StatusRange;

struct UrlDraft {
    HttpUrl url;
    const Statement* regex = nullptr;
    const Statement* no_match = nullptr;
};

void read_digest(UrlDraft& draft, const Statement& statement, Reading& reading) {
    if (statement.words.size() < 2) return reading.report(missing_argument(statement, "32 hexadecimal digits"));
    const auto pattern = reading.keep(read_hex(statement.words[1], HexDigits::exact));
    if (!pattern) return;
    auto& digest = draft.url.digest.emplace();
    if (pattern->bytes.size() != digest.size()) {
        draft.url.digest.reset();
        return reading.report({.code = Code::bad_hexadecimal, .place = statement.words[1].place,
                               .message = "a digest has 32 hexadecimal digits",
                               .caret = fmt::format("these are {}", statement.words[1].text.size())});
    }
    std::ranges::copy(pattern->bytes, digest.begin());
}

// "200" or "200-299".
Read<StatusRange> read_status(const Word& word, std::string_view text) {
    constexpr std::int64_t lowest = 100, highest = 599;
    const std::size_t dash = text.find('-');
    const auto first = parse_integer(text.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : parse_integer(text.substr(dash + 1));
    const auto wrong = [&](Code code, std::string message) {
        return std::unexpected(Diagnostic{.code = code, .place = word.place, .message = std::move(message),
                                          .caret = "100 to 599, or a range such as 200-299",
                                          .note = "keepalived would ignore this one"});
    };
    if (!first || !last) return wrong(Code::not_a_number, fmt::format("\"{}\" is not a status code", text));
    if (*first < lowest || *last > highest) return wrong(Code::out_of_range, fmt::format("status code {} is out of range", text));
    if (*first > *last) return wrong(Code::bad_range, fmt::format("status codes {} end before they begin", text));
    return StatusRange{.first = static_cast<std::uint16_t>(*first), .last = static_cast<std::uint16_t>(*last)};
}

void read_statuses(UrlDraft& draft, const Statement& statement, Reading& reading) {
    if (statement.words.size() < 2) return reading.report(missing_argument(statement, "status codes belong here"));
    for (std::size_t at = 1; at < statement.words.size(); ++at) {
        for (const std::string_view text : split_at(statement.words[at].text, ',')) {
            if (text.empty()) continue;
            if (const auto status = reading.keep(read_status(statement.words[at], text))) draft.url.status.push_back(*status);
        }
    }
}

void read_regex_options(UrlDraft& draft, const Statement& statement, Reading&) {
    const auto known = split_words(regex_option_names());
    for (std::size_t at = 1; at < statement.words.size(); ++at) {
        const std::string& name = statement.words[at].text;
        if (std::ranges::find(known, name) != known.end()) draft.url.regex_options.push_back(name);
    }
}

constexpr Row<UrlDraft> url_rows[] = {
    {"path", [](UrlDraft& d, const Statement& s, Reading&) { d.url.path = word_of(s).value_or("/"); }},
    {"digest", read_digest},
    {"status_code", read_statuses},
    {"virtualhost", [](UrlDraft& d, const Statement& s, Reading&) { d.url.virtualhost = word_of(s).value_or(""); }},
    {"regex", [](UrlDraft& d, const Statement& s, Reading&) { d.regex = &s; }},
    {"regex_no_match", [](UrlDraft& d, const Statement& s, Reading&) { d.no_match = &s; }},
    {"regex_options", read_regex_options},
    {"regex_min_offset", [](UrlDraft& d, const Statement& s, Reading&) { d.url.regex_min_offset = count_of(s, Block::url).value_or(0); }},
    {"regex_max_offset", [](UrlDraft& d, const Statement& s, Reading&) { d.url.regex_max_offset = count_of(s, Block::url).value_or(0); }},
    {"tls_compliant", [](UrlDraft& d, const Statement& s, Reading&) { d.url.tls_compliant = flag_of(s); }},
};

void settle_regex(UrlDraft& draft, Reading& reading) {
    if (draft.regex == nullptr || draft.regex->words.size() < 2) {
        if (draft.no_match != nullptr) {
            reading.warn(Code::ignored_value, draft.no_match->place(), "regex_no_match has no effect without a regex", {});
        }
        return;
    }
    const Word& word = draft.regex->words[1];
    if (const auto made = Regex::compile(word.text, draft.url.regex_options); !made) {
        return reading.report({.code = Code::bad_regex, .place = word.place,
                               .message = "the regular expression is wrong: " + made.error().message,
                               .caret = fmt::format("after {} characters", made.error().offset),
                               .note = "keepalived would check without it"});
    }
    const auto& [low, high] = std::pair{draft.url.regex_min_offset, draft.url.regex_max_offset};
    if (high != 0 && low > high) {
        reading.report({.code = Code::bad_range, .place = draft.regex->place(),
                        .message = fmt::format("regex_min_offset {} is above regex_max_offset {}", low, high)});
    }
    draft.url.regex = word.text;
    draft.url.regex_no_match = draft.no_match != nullptr;
}

HttpCheck& http(CheckDraft& draft) { return std::get<HttpCheck>(draft.kind); }

void read_url(CheckDraft& draft, const Statement& statement, Reading& reading) {
    UrlDraft url;
    read_statements<UrlDraft>(statement, Block::url, url_rows, url, reading);
    settle_regex(url, reading);
    http(draft).urls.push_back(std::move(url.url));
}

void read_protocol(CheckDraft& draft, const Statement& statement, Reading&) {
    const std::string name = word_of(statement).value_or("");
    using enum model::HttpProtocol;
    http(draft).protocol = name == "1.1" ? http_1_1 : name == "1.0C" || name == "1.0c" ? http_1_0_close : http_1_0;
}

constexpr Row<CheckDraft> http_rows[] = {
    {"virtualhost", [](CheckDraft& d, const Statement& s, Reading&) { http(d).virtualhost = word_of(s).value_or(""); }},
    {"http_protocol", read_protocol},
    {"enable_sni", [](CheckDraft& d, const Statement&, Reading&) { http(d).enable_sni = true; }},
    {"sni_name", [](CheckDraft& d, const Statement& s, Reading&) { http(d).sni_name = word_of(s).value_or(""); }},
    {"tls_compliant", [](CheckDraft& d, const Statement& s, Reading&) { http(d).tls_compliant = flag_of(s); }},
    {"tls_verify", [](CheckDraft& d, const Statement& s, Reading&) { http(d).tls_verify = flag_of(s); }},
    {"fast_recovery", [](CheckDraft& d, const Statement& s, Reading&) { http(d).fast_recovery = flag_of(s); }},
    {"url", read_url},
};

void warn_of_plain_text(const Statement& statement, Reading& reading) {
    for (const Statement& one : statement.block) {
        const std::string& name = one.keyword();
        if (name != "enable_sni" && name != "sni_name" && name != "tls_compliant" && name != "tls_verify") continue;
        reading.warn(Code::ignored_value, one.place(), fmt::format("{} has no effect in HTTP_GET", name), "it is for SSL_GET");
    }
}

CheckDraft read_http(const Statement& statement, Reading& reading) {
    CheckDraft draft{.defaults = {.delay_before_retry = std::chrono::seconds{3}}, .needs_port = true, .kind = HttpCheck{}};
    http(draft).tls = statement.keyword() == "SSL_GET";
    if (!http(draft).tls) warn_of_plain_text(statement, reading);
    read_check_block<Block::http_check>(statement, http_rows, draft, reading);
    if (http(draft).urls.empty()) {
        draft.usable = false;
        reading.report({.code = Code::missing_keyword, .place = statement.place(),
                        .message = fmt::format("this {} asks for nothing: it has no url", statement.keyword()),
                        .help = "url { path / }"});
    }
    return draft;
}

}  // namespace

std::span<const CheckKindReader> web_checks() {
    static constexpr CheckKindReader kinds[] = {{"HTTP_GET", Block::http_check, read_http, http_rows},
                                                {"SSL_GET", Block::http_check, read_http, {}}};
    return kinds;
}

std::vector<std::string_view> url_keywords() { return keywords_of<UrlDraft>(url_rows); }

}  // namespace lvx::config::keepalived
