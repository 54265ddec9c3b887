#include "cli/tables.hh"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <tuple>

#include "base/text.hh"
#include "cli/columns.hh"

namespace lvx::cli {

namespace {

constexpr std::string_view nothing = "-";

std::string or_nothing(const std::string& text) { return text.empty() ? std::string(nothing) : printable(text); }

std::string percent(std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? "0 %" : fmt::format("{:.1f} %", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

std::string line(std::string_view name, const std::string& text) { return fmt::format("{:<15}{}\n", name, text); }

std::string counted(std::uint64_t number, std::string_view thing) { return fmt::format("{} {}{}", grouped(number), thing, number == 1 ? "" : "s"); }

std::string configuration_text(const api::StatusSnapshot& status) {
    std::string text = status.configuration_file.empty() ? "no file" : printable(status.configuration_file);
    // The first error of a refused one stands among the problems.
    const bool settled = status.configuration_state == "loaded" || status.configuration_state == "none";
    text += ": " + (settled ? printable(status.configuration_state) : "refused, what ran before goes on");
    text += ", " + counted(status.generation, "change") + " applied";
    if (status.adopted) text += ", tables of an earlier daemon adopted";
    return text;
}

struct Totals {
    std::uint64_t up = 0, active = 0, inactive = 0;
};

Totals totals_of(const api::ServiceSnapshot& service) {
    Totals totals;
    for (const api::ServerSnapshot& server : service.servers) {
        totals.up += server.server.weight != 0 ? 1 : 0;
        totals.active += server.active;
        totals.inactive += server.inactive;
    }
    return totals;
}

// "rr", "rr persistent 300", "rr persistent 300 /24" where networks of clients keep a server together.
std::string scheduler_text(const model::Service& service) {
    if (!service.persistence) return service.scheduler;
    const auto [timeout, prefix] = *service.persistence;
    const bool whole = prefix == (service.key.family() == Family::v4 ? 32 : 128);
    return fmt::format("{} persistent {}{}", service.scheduler, timeout.count(), whole ? "" : fmt::format(" /{}", prefix));
}

Row service_row(const api::ServiceSnapshot& service) {
    const Totals totals = totals_of(service);
    return {service.service.key.text(),
            scheduler_text(service.service),
            fmt::format("{}/{}", totals.up, service.servers.size()),
            grouped(totals.active),
            grouped(totals.inactive),
            grouped(service.counters.connections),
            grouped(service.rates.connections),
            grouped(service.counters.in_packets),
            grouped(service.counters.out_packets),
            "",
            "",
            ""};
}

// "up", "down 75s: status 503, wanted 200-299".
std::string health_text(const api::ServerHealthSnapshot& health) {
    const std::string since = health.state == "up" ? "" : " " + duration(health.since_s);
    return printable(health.state) + since + (health.reason.empty() ? "" : ": " + printable(health.reason));
}

// Nothing for a server that nobody checks.
std::string health_text(const api::ServiceSnapshot& service, const api::ServerSnapshot& server, const api::ChecksSnapshot& checks) {
    const std::string name = service.service.key.text(), endpoint = server.server.endpoint.text();
    const api::ServerHealthSnapshot* found = nullptr;
    for (const api::ServerHealthSnapshot& health : checks.servers) {
        if (health.server == endpoint && (health.pool == name || (found == nullptr && health.pool.starts_with("group ")))) found = &health;
    }
    return found == nullptr ? std::string(nothing) : health_text(*found);
}

// Servers that health took out of the list.
std::vector<Row> absent_rows(const api::ServiceSnapshot& service, const api::ChecksSnapshot& checks) {
    std::vector<Row> rows;
    const std::string name = service.service.key.text(), none(nothing);
    for (const api::ServerHealthSnapshot& health : checks.servers) {
        if (health.pool != name || health.state == "up") continue;
        const auto endpoint = [](const api::ServerSnapshot& server) { return server.server.endpoint.text(); };
        if (std::ranges::find(service.servers, health.server, endpoint) != service.servers.end()) continue;
        rows.push_back({"  " + printable(health.server), none, none, none, none, none, none, none, none, none, none, health_text(health)});
    }
    return rows;
}

// "0.3 ms", how long the server takes to answer a SYN.
std::string answers_text(const api::Answers& answers) {
    if (answers.timed == 0) return std::string(nothing);
    return fmt::format("{:.1f} ms", static_cast<double>(answers.average_us) / 1000);
}

Row server_row(const api::ServiceSnapshot& service, const api::ServerSnapshot& server, const api::ChecksSnapshot& checks) {
    return {"  " + server.server.endpoint.text(),
            std::string(model::method_name(server.server.method)),
            std::to_string(server.server.weight),
            grouped(server.active),
            grouped(server.inactive),
            grouped(server.counters.connections),
            grouped(server.rates.connections),
            grouped(server.counters.in_packets),
            grouped(server.counters.out_packets),
            answers_text(server.answers),
            or_nothing(server.neighbour),
            health_text(service, server, checks)};
}

}  // namespace

std::string status_text(const api::StatusSnapshot& status) {
    std::string text = line("lvxd", fmt::format("{}, pid {}, up {}, instance {}, kernel {}", status.version, status.pid, duration(status.uptime_s),
                                                printable(status.instance), status.kernel));
    text += line("configuration", configuration_text(status));
    text += line("services", fmt::format("{} with {}, on {}", grouped(status.services), counted(status.servers, "real server"), counted(status.interfaces, "interface")));
    text += line("connections", fmt::format("{} of {} ({}), table {}", grouped(status.connections), grouped(status.capacity),
                                            percent(status.connections, status.capacity), binary_size(status.table_bytes)));
    text += line("packets", fmt::format("{} seen, {} sent, {} dropped", grouped(status.packets), grouped(status.sent), grouped(status.dropped)));
    if (status.problems.empty()) return text + line("problems", "none");
    for (const std::string& problem : status.problems) text += line(&problem == status.problems.data() ? "problems" : "", printable(problem));
    return text;
}

std::string services_text(const api::ServicesSnapshot& services, const api::ChecksSnapshot& checks) {
    if (services.services.empty()) return "no virtual services; add them to the configuration, or with \"lvx ipvsadm -A …\"\n";
    std::vector<Row> rows;
    for (const api::ServiceSnapshot& service : services.services) {
        rows.push_back(service_row(service));
        for (const api::ServerSnapshot& server : service.servers) rows.push_back(server_row(service, server, checks));
        std::ranges::move(absent_rows(service, checks), std::back_inserter(rows));
    }
    return align({{"SERVICE / SERVER"},
                  {"SCHEDULER"},
                  {"WEIGHT", Align::right},
                  {"ACTIVE", Align::right},
                  {"INACTIVE", Align::right},
                  {"CONNECTIONS", Align::right},
                  {"PER SECOND", Align::right},
                  {"PACKETS IN", Align::right},
                  {"PACKETS OUT", Align::right},
                  {"SYN-ACK IN", Align::right},
                  {"NEIGHBOUR"},
                  {"HEALTH"}},
                 rows);
}

std::string checks_text(const api::ChecksSnapshot& checks) {
    if (checks.checks.empty()) return "no real server is checked; a real_server block takes TCP_CHECK, HTTP_GET and others\n";
    std::map<std::pair<std::string_view, std::string_view>, const api::Answers*> answers;
    for (const api::ServerHealthSnapshot& server : checks.servers) answers.emplace(std::pair(std::string_view(server.pool), std::string_view(server.server)), &server.answers);
    const auto answers_of = [&](const api::CheckSnapshot& check) {
        const auto found = answers.find({check.pool, check.server});
        return found == answers.end() ? std::string(nothing) : answers_text(*found->second);
    };
    std::vector<Row> rows;
    for (const api::CheckSnapshot& check : checks.checks) {
        rows.push_back({printable(check.server), printable(check.pool), check.kind, printable(check.target), check.state, duration(check.since_s),
                        or_nothing(check.result), fmt::format("{:.1f} ms", static_cast<double>(check.last_us) / 1000),
                        check.next_ms == 0 ? std::string(nothing) : fmt::format("{:.1f} s", static_cast<double>(check.next_ms) / 1000),
                        grouped(check.failures), grouped(check.runs), answers_of(check)});
    }
    return align({{"SERVER"},
                  {"SERVICE"},
                  {"CHECK"},
                  {"TARGET"},
                  {"STATE"},
                  {"FOR"},
                  {"LAST RESULT"},
                  {"TOOK", Align::right},
                  {"NEXT IN", Align::right},
                  {"FAILED", Align::right},
                  {"OF", Align::right},
                  {"SYN-ACK IN", Align::right}},
                 rows);
}

std::string interfaces_text(const std::vector<api::InterfaceSnapshot>& interfaces) {
    if (interfaces.empty()) return "no interface carries a virtual address or leads to a real server\n";
    std::vector<Row> rows;
    for (const api::InterfaceSnapshot& interface : interfaces) {
        rows.push_back({printable(interface.name), interface.hook, grouped(interface.packets), grouped(interface.sent), grouped(interface.dropped),
                        std::to_string(interface.mtu), or_nothing(interface.mac), or_nothing(interface.role), or_nothing(interface.reason)});
    }
    return align({{"INTERFACE"},
                  {"HOOK"},
                  {"PACKETS", Align::right},
                  {"SENT", Align::right},
                  {"DROPPED", Align::right},
                  {"MTU", Align::right},
                  {"MAC"},
                  {"ROLE"},
                  {"WHY THIS HOOK"}},
                 rows);
}

std::vector<api::VerdictSnapshot> only_drops(std::vector<api::VerdictSnapshot> verdicts) {
    std::erase_if(verdicts, [](const api::VerdictSnapshot& verdict) {
        return verdict.packets == 0 || (verdict.kind != "dropped" && verdict.kind != "answered");
    });
    return verdicts;
}

std::string drops_text(std::vector<api::VerdictSnapshot> verdicts) {
    if (verdicts.empty()) return "no packet was dropped\n";
    std::ranges::sort(verdicts, [](const api::VerdictSnapshot& a, const api::VerdictSnapshot& b) {
        return std::tie(b.packets, a.name, a.interface) < std::tie(a.packets, b.name, b.interface);
    });
    std::vector<Row> rows;
    for (const api::VerdictSnapshot& verdict : verdicts) {
        rows.push_back({verdict.name, verdict.kind, printable(verdict.interface), grouped(verdict.packets), grouped(verdict.bytes), verdict.sentence});
    }
    return align({{"REASON"}, {"KIND"}, {"INTERFACE"}, {"PACKETS", Align::right}, {"BYTES", Align::right}, {"MEANS"}}, rows);
}

std::string connections_title() {
    return fmt::format("{:<5} {:>7}  {:<11} {:<21} {:<21} {}\n", "PROTO", "EXPIRES", "STATE", "CLIENT", "VIRTUAL", "SERVER");
}

std::string connection_row(const api::ConnectionSnapshot& connection) {
    return fmt::format("{:<5} {:>4}:{:02}  {:<11} {:<21} {:<21} {}\n", model::protocol_name(connection.protocol), connection.expires_s / 60,
                       connection.expires_s % 60, connection.state, connection.client.text(), connection.virtual_service.text(),
                       connection.server.text());
}

}  // namespace lvx::cli
