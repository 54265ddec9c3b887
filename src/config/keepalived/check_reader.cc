#include "config/keepalived/check_reader.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace lvx::config::keepalived {
namespace {

std::array<std::span<const CheckKindReader>, 3> all_kinds() { return {web_checks(), network_checks(), local_checks()}; }

const CheckKindReader* find_kind(std::string_view keyword) {
    for (const auto kinds : all_kinds()) {
        for (const CheckKindReader& kind : kinds) {
            if (kind.keyword == keyword) return &kind;
        }
    }
    return nullptr;
}

model::CheckTarget settled_target(const CheckDraft& check, const TargetDraft& host, const Endpoint& server) {
    model::CheckTarget target;
    target.endpoint.address = host.connect_ip.value_or(check.target.connect_ip.value_or(server.address));
    const Port standard = check.usual_port != 0 && server.port == 0 ? check.usual_port : server.port;
    target.endpoint.port = host.connect_port.value_or(check.target.connect_port.value_or(standard));
    const auto bind_address = host.bindto ? host.bindto : check.target.bindto;
    const auto bind_port = host.bind_port ? host.bind_port : check.target.bind_port;
    const Address any = target.endpoint.address.is_v4() ? Address{} : Address::v6({});
    if (bind_address || bind_port) target.bind = Endpoint{.address = bind_address.value_or(any), .port = bind_port.value_or(0)};
    target.bind_interface = host.bind_interface.value_or(check.target.bind_interface.value_or(""));
    target.mark = host.mark.value_or(check.target.mark.value_or(0));
    return target;
}

void settle_host_names(model::CheckKind& kind, const std::string& virtualhost) {
    if (auto* http = std::get_if<model::HttpCheck>(&kind); http != nullptr && http->virtualhost.empty()) {
        http->virtualhost = virtualhost;
    }
}

// A command has no connection to wait for; files and BFD sessions tell of changes by themselves.
void leave_out_meaningless_timing(model::Check& check) {
    const model::CheckTiming standard;
    if (std::holds_alternative<model::MiscCheck>(check.kind)) check.timing.connect_timeout = standard.connect_timeout;
    const bool told = std::holds_alternative<model::FileCheck>(check.kind) || std::holds_alternative<model::BfdCheck>(check.kind);
    if (told) check.timing = {.alpha = check.timing.alpha};
}

// Whether such a conversation is one that the virtual service balances.
bool goes_through(const model::CheckKind& kind, const model::ServiceKey& service) {
    if (service.fwmark != 0) return false;
    const auto* greeting = std::get_if<model::GreetingCheck>(&kind);
    const bool sip = greeting != nullptr && greeting->protocol == model::Greeting::sip;
    const bool datagrams = std::holds_alternative<model::UdpCheck>(kind) || std::holds_alternative<model::DnsCheck>(kind);
    const bool stream = greeting != nullptr || std::holds_alternative<model::TcpCheck>(kind) || std::holds_alternative<model::HttpCheck>(kind) ||
                        std::holds_alternative<model::SmtpCheck>(kind);
    if (service.protocol == model::Protocol::udp) return datagrams || sip;
    return service.protocol == model::Protocol::tcp && stream;
}

model::Check settled_check(const CheckDraft& draft, const HostDraft& host, const CheckSurroundings& around) {
    const Timing timing = inherited(inherited(host.timing, draft.timing), around.timing);
    model::Check check{.target = settled_target(draft, host.target, around.server),
                       .timing = settled(timing, draft.defaults),
                       .log_all_failures = draft.log_all_failures.value_or(around.log_all_failures),
                       .kind = draft.kind};
    if (draft.through.value_or(around.through) && goes_through(check.kind, around.service)) {
        check.target.through = Endpoint{around.service.address, around.service.port != 0 ? around.service.port : check.target.endpoint.port};
    }
    settle_host_names(check.kind, around.virtualhost);
    leave_out_meaningless_timing(check);
    return check;
}

// A check that cannot be made as written, though each line of it is right.
bool possible(const model::Check& check, const CheckDraft& draft, const CheckSurroundings& around, Reading& reading) {
    if (draft.through.value_or(false) && !check.target.through) {
        reading.report({.code = Code::conflicting_keywords, .place = draft.place,
                        .message = around.service.fwmark != 0 ? "a virtual server of a firewall mark has no address to check through"
                                                              : "this kind of check is no conversation that its virtual server balances",
                        .help = "check_through server"});
        return false;
    }
    const bool elsewhere = check.target.endpoint.address != around.server.address || check.target.bind || !check.target.bind_interface.empty() || check.target.mark != 0;
    if (check.target.through && elsewhere) {
        reading.report({.code = Code::conflicting_keywords, .place = draft.place,
                        .message = "a check through the virtual server goes to its own real server, from lvx's own address",
                        .help = "leave out connect_ip, bindto, bind_port, bind_if and fwmark, or say check_through server"});
        return false;
    }
    const Endpoint& endpoint = check.target.endpoint;
    const auto& bind = check.target.bind;
    if (draft.needs_port && endpoint.port == 0) {
        reading.report({.code = Code::no_port, .place = draft.place,
                        .message = "this check does not know its port, for its real server has none",
                        .note = "keepalived would try port 0, in vain", .help = "name it with connect_port"});
        return false;
    }
    if (bind && bind->address.family() != endpoint.address.family()) {
        reading.report({.code = Code::mixed_families, .place = draft.place,
                        .message = fmt::format("bindto {} and {} are of different address families", bind->address.text(),
                                               endpoint.address.text())});
        return false;
    }
    return true;
}

}  // namespace

std::optional<CheckDraft> read_check(const Statement& statement, Reading& reading) {
    const CheckKindReader* kind = find_kind(statement.keyword());
    if (kind == nullptr) return std::nullopt;
    CheckDraft draft = kind->read(statement, reading);
    draft.place = statement.place();
    return draft.usable ? std::optional(std::move(draft)) : std::nullopt;
}

std::vector<std::string_view> check_names() {
    std::vector<std::string_view> names;
    for (const auto kinds : all_kinds()) {
        for (const CheckKindReader& kind : kinds) names.push_back(kind.keyword);
    }
    return names;
}

std::vector<model::Check> settled_checks(const CheckDraft& draft, const CheckSurroundings& around, Reading& reading) {
    const std::vector<HostDraft> hosts = draft.hosts.empty() ? std::vector<HostDraft>(1) : draft.hosts;
    std::vector<model::Check> checks;
    for (const HostDraft& host : hosts) {
        model::Check check = settled_check(draft, host, around);
        if (possible(check, draft, around, reading)) checks.push_back(std::move(check));
    }
    return checks;
}

std::vector<std::string_view> check_keywords(Block block) {
    std::vector<std::string_view> names;
    const auto add = [&](const auto rows) {
        for (const auto& row : rows) {
            if (find_keyword(block, row.keyword) != nullptr) names.push_back(row.keyword);
        }
    };
    for (const auto kinds : all_kinds()) {
        for (const CheckKindReader& kind : kinds) {
            if (kind.block == block) add(kind.own);
        }
    }
    if (block == Block::url) return url_keywords();
    using enum Block;
    constexpr std::array common = {check,     http_check,     smtp_check, smtp_host, dns_check,
                                   udp_check, greeting_check, misc_check, bfd_check};
    if (std::ranges::find(common, block) == common.end()) return names;
    add(std::span(timing_rows<CheckDraft, check>));
    add(std::span(failure_rows));
    add(std::span(through_rows));
    add(std::span(target_rows<CheckDraft, check>));
    return names;
}

Read<HexPattern> read_hex(const Word& word, HexDigits digits) {
    HexPattern pattern;
    const auto wrong = [&](std::string caret) {
        return std::unexpected(Diagnostic{.code = Code::bad_hexadecimal, .place = word.place,
                                          .message = fmt::format("\"{}\" is not a row of bytes", word.text),
                                          .caret = std::move(caret)});
    };
    if (word.text.empty() || word.text.size() % 2 != 0) return wrong("two hexadecimal digits for each byte");
    constexpr std::string_view lower = "0123456789abcdef", upper = "0123456789ABCDEF";
    for (std::size_t at = 0; at < word.text.size(); ++at) {
        const char c = word.text[at];
        const bool any = (c == 'x' || c == 'X') && digits == HexDigits::with_any;
        const std::size_t digit = any ? 0 : std::min(lower.find(c), upper.find(c));
        if (digit == std::string_view::npos) {
            return wrong(digits == HexDigits::with_any ? "0-9, a-f, or x for any" : "0-9 and a-f");
        }
        if (at % 2 == 0) {
            pattern.bytes.push_back(0);
            pattern.mask.push_back(0);
        }
        pattern.bytes.back() = static_cast<std::uint8_t>(pattern.bytes.back() << 4 | digit);
        pattern.mask.back() = static_cast<std::uint8_t>(pattern.mask.back() << 4 | (any ? 0 : 15));
    }
    return pattern;
}

}  // namespace lvx::config::keepalived
