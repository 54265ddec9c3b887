#include <fmt/format.h>

#include <array>
#include <span>

#include "config/keepalived/print_parts.hh"

namespace lvx::config::keepalived {
namespace {

using namespace model;

std::string hex(std::span<const std::uint8_t> bytes) {
    std::string text;
    for (const std::uint8_t byte : bytes) text += fmt::format("{:02x}", byte);
    return text;
}

// Half bytes that may be any are an x.
std::string hex_pattern(const UdpCheck& check) {
    std::string text = hex(check.reply);
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::uint8_t mask = check.reply_mask[i / 2];
        if ((i % 2 == 0 ? mask >> 4 : mask & 15) == 0) text[i] = 'x';
    }
    return text;
}

std::string status_text(const std::vector<StatusRange>& ranges) {
    std::string text;
    for (const auto& [first, last] : ranges) {
        text += text.empty() ? "" : ", ";
        text += first == last ? std::to_string(first) : fmt::format("{}-{}", first, last);
    }
    return text;
}

void print_url(const HttpUrl& url, Page& page) {
    page.open("url");
    page.line(fmt::format("path {}", word_text(url.path)));
    page.text("virtualhost", url.virtualhost);
    if (!url.status.empty()) page.line(fmt::format("status_code {}", status_text(url.status)));
    if (url.digest) page.line(fmt::format("digest {}", hex(*url.digest)));
    if (!url.regex.empty()) page.line(fmt::format("regex {}", escaped_text(url.regex)));
    page.line_if(url.regex_no_match, "regex_no_match");
    if (!url.regex_options.empty()) page.line(fmt::format("regex_options {}", joined(url.regex_options)));
    page.number("regex_min_offset", url.regex_min_offset, 0);
    page.number("regex_max_offset", url.regex_max_offset, 0);
    page.flag("tls_compliant", url.tls_compliant, false);
    page.close();
}

struct Kind {
    std::string_view keyword;
    std::uint32_t retry = 1;
    std::optional<std::chrono::microseconds> pause = std::chrono::seconds{1};  // before a retry; none: delay_loop
};

Kind kind_of(const Check& check) {
    struct Names {
        Kind operator()(const TcpCheck&) const { return {"TCP_CHECK"}; }
        Kind operator()(const HttpCheck& http) const { return {http.tls ? "SSL_GET" : "HTTP_GET", 1, std::chrono::seconds{3}}; }
        Kind operator()(const SmtpCheck&) const { return {"SMTP_CHECK"}; }
        Kind operator()(const DnsCheck&) const { return {"DNS_CHECK", 3, std::nullopt}; }
        Kind operator()(const PingCheck&) const { return {"PING_CHECK"}; }
        Kind operator()(const UdpCheck&) const { return {"UDP_CHECK"}; }
        Kind operator()(const MiscCheck&) const { return {"MISC_CHECK", 0}; }
        Kind operator()(const FileCheck&) const { return {"FILE_CHECK"}; }
        Kind operator()(const BfdCheck&) const { return {"BFD_CHECK"}; }
        Kind operator()(const GreetingCheck&) const { return {"GREETING_CHECK"}; }
    };
    return std::visit(Names{}, check.kind);
}

struct Body {
    Page& page;

    void operator()(const TcpCheck&) const {}
    void operator()(const PingCheck&) const {}
    void operator()(const HttpCheck& check) const {
        constexpr std::array<std::string_view, 3> versions = {"1.0", "1.0C", "1.1"};
        if (check.protocol != HttpProtocol::http_1_0) {
            page.line(fmt::format("http_protocol {}", versions[static_cast<std::size_t>(check.protocol)]));
        }
        page.text("virtualhost", check.virtualhost);
        page.line_if(check.enable_sni, "enable_sni");
        page.text("sni_name", check.sni_name);
        page.flag("tls_compliant", check.tls_compliant, false);
        page.flag("fast_recovery", check.fast_recovery, false);
        page.flag("tls_verify", check.tls_verify, false);
        for (const HttpUrl& url : check.urls) print_url(url, page);
    }
    void operator()(const SmtpCheck& check) const {
        if (check.helo_name != SmtpCheck{}.helo_name) page.text("helo_name", check.helo_name);
    }
    void operator()(const DnsCheck& check) const {
        page.line(fmt::format("type {}", type_word(check.type)));
        page.text("name", check.name);
    }
    void operator()(const UdpCheck& check) const {
        if (!check.payload.empty()) page.line(fmt::format("payload {}", hex(check.payload)));
        if (check.require_reply) page.line(check.reply.empty() ? "require_reply" : "require_reply " + hex_pattern(check));
        page.number("min_reply_length", check.min_reply_length, 0);
        page.number("max_reply_length", check.max_reply_length, 255);
    }
    void operator()(const MiscCheck& check) const {
        page.line(fmt::format("misc_path {}", command_text({.words = check.command.words})));
        if (!check.command.user.empty()) {
            page.line(fmt::format("user {}{}{}", check.command.user, check.command.group.empty() ? "" : " ", check.command.group));
        }
        page.time("misc_timeout", check.timeout, {});
        page.line_if(check.dynamic, "misc_dynamic");
    }
    void operator()(const FileCheck& check) const {
        page.text("track_file", check.track_file);
        if (check.weight) page.line(fmt::format("weight {}{}", *check.weight, check.reverse ? " reverse" : ""));
    }
    void operator()(const BfdCheck& check) const { page.text("name", check.name); }
    void operator()(const GreetingCheck& check) const {
        constexpr std::array<std::string_view, 8> names = {"mysql", "postgresql", "redis", "ldap", "imap", "pop3", "ftp", "sip"};
        page.line(fmt::format("protocol {}", names[static_cast<std::size_t>(check.protocol)]));
        page.flag("tls", check.tls, false);
        page.text("login", check.login);
        page.text("password", check.password);
        page.text("database", check.database);
    }

    static std::string_view type_word(DnsType type) {
        switch (type) {
            case DnsType::a: return "A";
            case DnsType::ns: return "NS";
            case DnsType::cname: return "CNAME";
            case DnsType::soa: return "SOA";
            case DnsType::mx: return "MX";
            case DnsType::txt: return "TXT";
            case DnsType::aaaa: return "AAAA";
            case DnsType::rrsig: return "RRSIG";
            case DnsType::dnskey: return "DNSKEY";
        }
        return "SOA";
    }
};

template <class T>
bool is(const Check& check) {
    return std::holds_alternative<T>(check.kind);
}

void print_target(const CheckTarget& target, const Endpoint& server, Page& page) {
    if (target.endpoint.address != server.address) page.address("connect_ip", target.endpoint.address);
    if (target.endpoint.port != server.port) page.number("connect_port", target.endpoint.port, 0);
    if (target.bind) {
        const bool any = target.bind->address == Address{} || target.bind->address == Address::v6({});
        if (!any) page.address("bindto", target.bind->address);
        page.number("bind_port", target.bind->port, 0);
    }
    page.text("bind_if", target.bind_interface);
    page.number("fwmark", target.mark, 0);
    page.line_if(target.through.has_value(), "check_through virtual");
}

}  // namespace

Usual usual_of(const Pool& pool, const Site& site) {
    const auto mail = site.globals.smtp_alert_checker ? site.globals.smtp_alert_checker : site.globals.smtp_alert;
    Usual usual{.log_all_failures = site.globals.checker_log_all_failures, .server_mail = mail.value_or(true),
                .pool_mail = mail.value_or(false), .drain = site.director.drain};
    std::optional<CheckTiming> first;
    for (const WatchedServer& server : pool.servers) {
        for (const Check& check : server.checks) {
            const CheckTiming& here = check.timing;
            if (!first) first = here;
            if (first->delay_loop != here.delay_loop || first->connect_timeout != here.connect_timeout) return usual;
        }
    }
    if (first) usual.delay_loop = first->delay_loop;
    if (first) usual.connect_timeout = first->connect_timeout;
    return usual;
}

void print_check(const Check& check, const WatchedServer& server, const Usual& usual, Page& page) {
    const Kind kind = kind_of(check);
    const CheckTiming& timing = check.timing;
    page.open(kind.keyword);
    if (!is<MiscCheck>(check) && !is<FileCheck>(check) && !is<BfdCheck>(check)) {
        print_target(check.target, server.endpoint, page);
        page.time("connect_timeout", timing.connect_timeout, usual.connect_timeout);
    }
    if (!is<FileCheck>(check) && !is<BfdCheck>(check)) {
        page.time("delay_loop", timing.delay_loop, usual.delay_loop);
        page.time("delay_before_retry", timing.delay_before_retry, kind.pause.value_or(timing.delay_loop));
        page.time("warmup", timing.warmup, timing.delay_loop);
        page.number("retry", timing.retry, kind.retry);
        page.flag("log_all_failures", check.log_all_failures, usual.log_all_failures);
    }
    if (!is<FileCheck>(check)) page.flag("alpha", timing.alpha, server.alpha);
    std::visit(Body{page}, check.kind);
    page.close();
}

}  // namespace lvx::config::keepalived
