#include "health/names.hh"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace lvx::health {
namespace {

template <class... Cases>
struct Overloaded : Cases... {
    using Cases::operator()...;
};

}  // namespace

std::string_view kind_name(const model::Check& check) {
    return std::visit(Overloaded{
                          [](const model::TcpCheck&) { return "TCP_CHECK"; },
                          [](const model::HttpCheck& http) { return http.tls ? "SSL_GET" : "HTTP_GET"; },
                          [](const model::SmtpCheck&) { return "SMTP_CHECK"; },
                          [](const model::DnsCheck&) { return "DNS_CHECK"; },
                          [](const model::PingCheck&) { return "PING_CHECK"; },
                          [](const model::UdpCheck&) { return "UDP_CHECK"; },
                          [](const model::MiscCheck&) { return "MISC_CHECK"; },
                          [](const model::FileCheck&) { return "FILE_CHECK"; },
                          [](const model::BfdCheck&) { return "BFD_CHECK"; },
                          [](const model::GreetingCheck&) { return "GREETING_CHECK"; },
                      },
                      check.kind);
}

std::string target_text(const model::Check& check) {
    if (const auto* misc = std::get_if<model::MiscCheck>(&check.kind)) return fmt::format("{}", fmt::join(misc->command.words, " "));
    if (const auto* file = std::get_if<model::FileCheck>(&check.kind)) return file->track_file;
    if (const auto* bfd = std::get_if<model::BfdCheck>(&check.kind)) return bfd->name;
    if (std::holds_alternative<model::PingCheck>(check.kind)) return check.target.endpoint.address.text();
    const std::string through = check.target.through ? fmt::format(" through {}", check.target.through->text()) : "";
    const auto* http = std::get_if<model::HttpCheck>(&check.kind);
    if (http == nullptr || http->urls.empty()) return check.target.endpoint.text() + through;
    return check.target.endpoint.text() + http->urls.front().path + (http->urls.size() > 1 ? fmt::format(" and {} more", http->urls.size() - 1) : "") + through;
}

std::string_view result_subject(const model::Check& check) {
    return std::visit(Overloaded{
                          [](const model::TcpCheck&) { return "TCP connection"; },
                          [](const model::HttpCheck& http) { return http.tls ? "SSL request" : "HTTP request"; },
                          [](const model::SmtpCheck&) { return "SMTP connection"; },
                          [](const model::DnsCheck&) { return "DNS request"; },
                          [](const model::PingCheck&) { return "ICMP connection"; },
                          [](const model::UdpCheck&) { return "UDP connection"; },
                          [](const model::MiscCheck&) { return "Misc check"; },
                          [](const model::FileCheck&) { return "File check"; },
                          [](const model::BfdCheck&) { return "BFD check"; },
                          [](const model::GreetingCheck&) { return "Greeting"; },
                      },
                      check.kind);
}

std::string pool_text(const model::Pool& pool) { return pool.group.empty() ? pool.services.front().text() : "group " + pool.group; }

model::Protocol protocol_of(const model::Pool& pool) {
    const model::ServiceKey& key = pool.services.front();
    return key.fwmark != 0 ? model::Protocol::tcp : key.protocol;
}

}  // namespace lvx::health
