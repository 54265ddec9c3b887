// TCP_CHECK, PING_CHECK, SMTP_CHECK, DNS_CHECK, UDP_CHECK and GREETING_CHECK.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hh"
#include "config/keepalived/check_draft.hh"

namespace lvx::config::keepalived {
namespace {

CheckDraft read_tcp(const Statement& statement, Reading& reading) {
    CheckDraft draft{.needs_port = true, .kind = model::TcpCheck{}};
    read_check_block<Block::check>(statement, {}, draft, reading);
    return draft;
}

CheckDraft read_ping(const Statement& statement, Reading& reading) {
    CheckDraft draft{.kind = model::PingCheck{}};
    read_check_block<Block::check>(statement, {}, draft, reading);
    return draft;
}

void read_host(CheckDraft& draft, const Statement& statement, Reading& reading) {
    HostDraft host;
    read_statements<HostDraft>(statement, Block::smtp_host, timing_rows<HostDraft, Block::smtp_host>, host, reading);
    read_statements<HostDraft>(statement, Block::smtp_host, target_rows<HostDraft, Block::smtp_host>, host, reading);
    draft.hosts.push_back(std::move(host));
}

void read_helo_name(CheckDraft& draft, const Statement& statement, Reading&) {
    if (const auto name = word_of(statement)) std::get<model::SmtpCheck>(draft.kind).helo_name = *name;
}

constexpr Row<CheckDraft> smtp_rows[] = {{"helo_name", read_helo_name}, {"host", read_host}};

CheckDraft read_smtp(const Statement& statement, Reading& reading) {
    CheckDraft draft{.usual_port = 25, .needs_port = true, .kind = model::SmtpCheck{}};
    read_check_block<Block::smtp_check>(statement, smtp_rows, draft, reading);
    return draft;
}

void read_dns_type(CheckDraft& draft, const Statement& statement, Reading&) {
    using enum model::DnsType;
    constexpr std::array<std::pair<std::string_view, model::DnsType>, 9> types = {
        {{"A", a}, {"NS", ns}, {"CNAME", cname}, {"SOA", soa}, {"MX", mx}, {"TXT", txt}, {"AAAA", aaaa}, {"RRSIG", rrsig}, {"DNSKEY", dnskey}}};
    for (const auto& [name, type] : types) {
        if (word_of(statement) == name) std::get<model::DnsCheck>(draft.kind).type = type;
    }
}

// Labels of 1 to 63 bytes, 253 in all (RFC 1035, 2.3.4); a final dot is allowed.
bool domain_name(std::string_view name) {
    constexpr std::size_t longest_label = 63, longest_name = 253;
    if (name == ".") return true;
    if (name.ends_with('.')) name.remove_suffix(1);
    const auto good = [](std::string_view label) { return !label.empty() && label.size() <= longest_label; };
    return name.size() <= longest_name && std::ranges::all_of(split_at(name, '.'), good);
}

void read_dns_name(CheckDraft& draft, const Statement& statement, Reading& reading) {
    const auto name = word_of(statement);
    if (!name) return;
    if (domain_name(*name)) {
        std::get<model::DnsCheck>(draft.kind).name = *name;
        return;
    }
    reading.report({.code = Code::bad_name, .place = statement.words[1].place,
                    .message = fmt::format("\"{}\" is not a domain name", *name),
                    .caret = "labels of 1 to 63 letters, 253 in all"});
}

constexpr Row<CheckDraft> dns_rows[] = {{"type", read_dns_type}, {"name", read_dns_name}};

CheckDraft read_dns(const Statement& statement, Reading& reading) {
    CheckDraft draft{.defaults = {.retry = 3, .delay_before_retry = std::nullopt}, .usual_port = 53, .needs_port = true,
                     .kind = model::DnsCheck{}};
    read_check_block<Block::dns_check>(statement, dns_rows, draft, reading);
    return draft;
}

model::UdpCheck& udp(CheckDraft& draft) { return std::get<model::UdpCheck>(draft.kind); }

void read_payload(CheckDraft& draft, const Statement& statement, Reading& reading) {
    if (statement.words.size() < 2) return reading.report(missing_argument(statement, "hexadecimal digits belong here"));
    if (auto pattern = reading.keep(read_hex(statement.words[1], HexDigits::exact))) udp(draft).payload = std::move(pattern->bytes);
}

void read_reply(CheckDraft& draft, const Statement& statement, Reading& reading) {
    udp(draft).require_reply = true;
    if (statement.words.size() < 2) return;
    auto pattern = reading.keep(read_hex(statement.words[1], HexDigits::with_any));
    if (!pattern) return;
    udp(draft).reply = std::move(pattern->bytes);
    udp(draft).reply_mask = std::move(pattern->mask);
}

std::uint16_t length_of(const Statement& statement, std::uint16_t standard) {
    return static_cast<std::uint16_t>(number_of(statement, Block::udp_check).value_or(standard));
}

constexpr Row<CheckDraft> udp_rows[] = {
    {"payload", read_payload},
    {"require_reply", read_reply},
    {"min_reply_length", [](CheckDraft& d, const Statement& s, Reading&) { udp(d).min_reply_length = length_of(s, 0); }},
    {"max_reply_length", [](CheckDraft& d, const Statement& s, Reading&) { udp(d).max_reply_length = length_of(s, 255); }},
};

CheckDraft read_udp(const Statement& statement, Reading& reading) {
    CheckDraft draft{.needs_port = true, .kind = model::UdpCheck{}};
    read_check_block<Block::udp_check>(statement, udp_rows, draft, reading);
    const model::UdpCheck& check = udp(draft);
    if (check.min_reply_length > check.max_reply_length) {
        reading.report({.code = Code::bad_range, .place = statement.place(),
                        .message = fmt::format("min_reply_length {} is above max_reply_length {}", check.min_reply_length,
                                               check.max_reply_length),
                        .caret = "no reply can be right"});
    }
    return draft;
}

model::GreetingCheck& greeting(CheckDraft& draft) { return std::get<model::GreetingCheck>(draft.kind); }

struct GreetingName {
    std::string_view name;
    model::Greeting protocol;
    Port port;       // as assigned by IANA
    Port tls_port;
};
constexpr std::array greetings = {
    GreetingName{"mysql", model::Greeting::mysql, 3306, 3306}, GreetingName{"postgresql", model::Greeting::postgresql, 5432, 5432},
    GreetingName{"redis", model::Greeting::redis, 6379, 6379}, GreetingName{"ldap", model::Greeting::ldap, 389, 636},
    GreetingName{"imap", model::Greeting::imap, 143, 993},     GreetingName{"pop3", model::Greeting::pop3, 110, 995},
    GreetingName{"ftp", model::Greeting::ftp, 21, 990},        GreetingName{"sip", model::Greeting::sip, 5060, 5061},
};

const GreetingName* find_greeting(std::string_view name) {
    const auto found = std::ranges::find(greetings, name, &GreetingName::name);
    return found == greetings.end() ? nullptr : &*found;
}

void read_greeting_protocol(CheckDraft& draft, const Statement& statement, Reading&) {
    if (const GreetingName* found = find_greeting(word_of(statement).value_or(""))) greeting(draft).protocol = found->protocol;
}

constexpr Row<CheckDraft> greeting_rows[] = {
    {"protocol", read_greeting_protocol},
    {"tls", [](CheckDraft& d, const Statement& s, Reading&) { greeting(d).tls = flag_of(s); }},
    {"login", [](CheckDraft& d, const Statement& s, Reading&) { greeting(d).login = word_of(s).value_or(""); }},
    {"password", [](CheckDraft& d, const Statement& s, Reading&) { greeting(d).password = word_of(s).value_or(""); }},
    {"database", [](CheckDraft& d, const Statement& s, Reading&) { greeting(d).database = word_of(s).value_or(""); }},
};

CheckDraft read_greeting(const Statement& statement, Reading& reading) {
    CheckDraft draft{.needs_port = true, .kind = model::GreetingCheck{}};
    read_check_block<Block::greeting_check>(statement, greeting_rows, draft, reading);
    const auto named = std::ranges::any_of(statement.block, [](const Statement& one) { return one.keyword() == "protocol"; });
    if (!named) {
        draft.usable = false;
        reading.report({.code = Code::missing_keyword, .place = statement.place(),
                        .message = "this GREETING_CHECK does not name its protocol", .help = "protocol mysql"});
    }
    const auto found = std::ranges::find(greetings, greeting(draft).protocol, &GreetingName::protocol);
    draft.usual_port = greeting(draft).tls ? found->tls_port : found->port;
    return draft;
}

}  // namespace

std::span<const CheckKindReader> network_checks() {
    static constexpr CheckKindReader kinds[] = {
        {"TCP_CHECK", Block::check, read_tcp, {}},
        {"PING_CHECK", Block::check, read_ping, {}},
        {"SMTP_CHECK", Block::smtp_check, read_smtp, smtp_rows},
        {"DNS_CHECK", Block::dns_check, read_dns, dns_rows},
        {"UDP_CHECK", Block::udp_check, read_udp, udp_rows},
        {"GREETING_CHECK", Block::greeting_check, read_greeting, greeting_rows},
    };
    return kinds;
}

}  // namespace lvx::config::keepalived
