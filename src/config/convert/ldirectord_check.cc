#include "config/convert/ldirectord_check.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hh"

namespace lvx::config::convert {

const Setting* Scope::find(std::string_view key) const {
    const Setting* own = find_setting(block_.members, key);
    return own != nullptr ? own : find_setting(file_.settings, key);
}

std::string Scope::text(std::string_view key, std::string_view otherwise) const {
    const Setting* setting = find(key);
    return setting == nullptr ? std::string(otherwise) : setting->value;
}

std::int64_t Scope::number(std::string_view key, std::int64_t otherwise, Notes& notes) const {
    const Setting* setting = find(key);
    if (setting == nullptr) return otherwise;
    constexpr std::int64_t highest = 1'000'000;
    const auto value = whole_number(setting->value, 0, highest);
    if (!value) notes.wrong(setting->place, fmt::format("{} wants a whole number", key), {});
    return value.value_or(otherwise);
}

std::chrono::microseconds Scope::seconds(std::string_view key, std::chrono::seconds otherwise, Notes& notes) const {
    return std::chrono::seconds{number(key, otherwise.count(), notes)};
}

bool Scope::yes(std::string_view key, bool otherwise) const {
    const Setting* setting = find(key);
    return setting == nullptr ? otherwise : setting->value == "yes" || setting->value == "on" || setting->value == "true";
}

namespace {

using namespace model;

struct PortService {
    Port port;
    std::string_view service;
};
constexpr std::array port_services{
    PortService{21, "ftp"},    PortService{25, "smtp"},   PortService{53, "dns"},    PortService{80, "http"},
    PortService{110, "pop"},   PortService{119, "nntp"},  PortService{143, "imap"},  PortService{389, "ldap"},
    PortService{443, "https"}, PortService{587, "submission"}, PortService{636, "ldaps"}, PortService{993, "imaps"},
    PortService{995, "pops"},  PortService{1521, "oracle"}, PortService{1812, "radius"}, PortService{3128, "http_proxy"},
    PortService{3306, "mysql"}, PortService{5060, "sip"}, PortService{5432, "pgsql"}};

std::string service_of_port(Port port) {
    const auto row = std::ranges::find(port_services, port, &PortService::port);
    return row == port_services.end() ? "none" : std::string(row->service);
}

struct GreetingRow {
    std::string_view service;
    Greeting greeting;
    bool tls;
};
constexpr std::array greetings{
    GreetingRow{"mysql", Greeting::mysql, false}, GreetingRow{"pgsql", Greeting::postgresql, false},
    GreetingRow{"ldap", Greeting::ldap, false},   GreetingRow{"ldaps", Greeting::ldap, true},
    GreetingRow{"imap", Greeting::imap, false},   GreetingRow{"imaps", Greeting::imap, true},
    GreetingRow{"pop", Greeting::pop3, false},    GreetingRow{"pops", Greeting::pop3, true},
    GreetingRow{"ftp", Greeting::ftp, false},     GreetingRow{"sip", Greeting::sip, false}};

CheckKind http_check(const Scope& scope, const RealServer& server, bool tls, Notes& notes) {
    if (const Setting* method = scope.find("httpmethod"); method != nullptr && method->value == "HEAD") {
        notes.choose(method->place, "the request is made with GET in place of HEAD", {});
    }
    std::string path = server.request.value_or(scope.text("request", "/"));
    if (!path.starts_with('/')) path.insert(0, "/");
    HttpCheck check{.tls = tls, .virtualhost = scope.text("virtualhost", ""), .enable_sni = false, .urls = {}};
    check.enable_sni = tls && !check.virtualhost.empty();
    check.urls.push_back({.path = path, .regex = server.receive.value_or(scope.text("receive", ""))});
    return check;
}

CheckKind greeting_check(const GreetingRow& row, const Scope& scope) {
    return GreetingCheck{.protocol = row.greeting, .tls = row.tls, .login = scope.text("login", ""),
                         .password = scope.text("passwd", ""), .database = scope.text("database", "")};
}

CheckKind negotiated(const Scope& scope, const std::string& service, const RealServer& server, Notes& notes) {
    if (service == "http" || service == "https") return http_check(scope, server, service == "https", notes);
    if (service == "smtp" || service == "submission") return SmtpCheck{};
    if (service == "dns") return DnsCheck{.type = DnsType::a, .name = server.request.value_or(scope.text("request", "."))};
    const auto row = std::ranges::find(greetings, service, &GreetingRow::service);
    if (row != greetings.end()) return greeting_check(*row, scope);
    if (service != "none") {
        const Setting* said = scope.find("service");
        notes.choose(said == nullptr ? scope.block().head.place : said->place,
                     fmt::format("there is no check that speaks {}: servers are checked by a connection alone", service),
                     "a MISC_CHECK can run a program that does");
    }
    return TcpCheck{};
}

CheckKind external(const Scope& scope, const ServiceKey& key, const RealServer& server) {
    MiscCheck check;
    check.command.words = {scope.text("checkcommand", "/bin/true"), key.fwmark != 0 ? std::to_string(key.fwmark) : key.address.text(),
                           std::to_string(key.port), server.endpoint.address.text(), std::to_string(server.endpoint.port)};
    return check;
}

bool is_number(std::string_view text) { return whole_number(text, 1, 1'000'000).has_value(); }

}  // namespace

std::vector<Check> checks_of(const Scope& scope, const ServiceKey& key, const RealServer& server, Notes& notes) {
    const std::string type = scope.text("checktype", "negotiate");
    if (type == "on" || type == "off") return {};
    Check check;
    const auto interval = scope.seconds("checkinterval", std::chrono::seconds{10}, notes);
    const auto failures = std::max<std::int64_t>(1, scope.number("failurecount", 1, notes));
    const bool connect = type == "connect" || type == "ping";
    check.timing = {.delay_loop = interval,
                    .connect_timeout = connect ? scope.seconds("checktimeout", std::chrono::seconds{5}, notes)
                                               : scope.seconds("negotiatetimeout", std::chrono::seconds{30}, notes),
                    .delay_before_retry = interval,
                    .warmup = interval,
                    .retry = static_cast<std::uint32_t>(failures - 1)};
    const auto port = static_cast<Port>(std::min<std::int64_t>(65535, scope.number("checkport", server.endpoint.port, notes)));
    check.target.endpoint = {server.endpoint.address, port};
    const std::string service = scope.text("service", service_of_port(port));
    if (type == "ping") check.kind = PingCheck{};
    else if (type == "connect") check.kind = TcpCheck{};
    else if (type.starts_with("external")) check.kind = external(scope, key, server);
    else check.kind = negotiated(scope, service, server, notes);
    const bool negotiates = type == "negotiate" || is_number(type);
    if (!connect && !negotiates && !type.starts_with("external")) {
        notes.wrong(scope.find("checktype")->place, fmt::format("unknown checktype \"{}\"", printable(type)),
                    "connect negotiate ping external off on, or a number");
    }
    return {check};
}

}  // namespace lvx::config::convert
