#include "api/metrics.hh"

#include <fmt/format.h>

#include <initializer_list>
#include <string_view>
#include <utility>

#include "api/metrics_page.hh"

namespace lvx::api {

namespace {

std::string service_name(const ServiceSnapshot& service) { return service.service.key.text(); }
std::string server_name(const ServerSnapshot& server) { return server.server.endpoint.text(); }

// The method of the servers if they agree; IPVS keeps it per server.
std::string_view forward_of(const ServiceSnapshot& service) {
    if (service.servers.empty()) return "none";
    const model::Method first = service.servers.front().server.method;
    for (const ServerSnapshot& server : service.servers) {
        if (server.server.method != first) return "mixed";
    }
    return model::method_name(first);
}

void write_info(Page& page, const MetricsInput& input) {
    page.family("lvx_build_info", "gauge", "Version of the daemon and of the kernel under it; always 1.");
    page.sample({{"version", input.status.version}, {"kernel", input.status.kernel}}, 1);

    page.family("lvx_service_info", "gauge", "What a virtual service is; always 1.");
    for (const ServiceSnapshot& service : input.services.services) {
        const model::ServiceKey& key = service.service.key;
        page.sample({{"service", service_name(service)}, {"protocol", model::protocol_name(key.protocol)},
                     {"address", key.fwmark == 0 ? key.address.text() : ""}, {"port", std::to_string(key.port)},
                     {"fwmark", std::to_string(key.fwmark)}, {"scheduler", service.service.scheduler},
                     {"forward", forward_of(service)}}, 1);
    }

    page.family("lvx_server_info", "gauge", "What a real server is; always 1.");
    for (const ServiceSnapshot& service : input.services.services) {
        for (const ServerSnapshot& server : service.servers) {
            const Endpoint& endpoint = server.server.endpoint;
            page.sample({{"service", service_name(service)}, {"server", server_name(server)},
                         {"address", endpoint.address.text()}, {"port", std::to_string(endpoint.port)},
                         {"forward", model::method_name(server.server.method)}}, 1);
        }
    }
}

struct TrafficFamily {
    std::string_view suffix, help;
    std::uint64_t Traffic::* member;
};

constexpr TrafficFamily traffic_families[] = {
    {"connections_total", "Connections scheduled.", &Traffic::connections},
    {"receive_packets_total", "Packets from clients.", &Traffic::in_packets},
    {"receive_bytes_total", "Bytes from clients, IP headers included.", &Traffic::in_bytes},
    {"transmit_packets_total", "Packets to clients.", &Traffic::out_packets},
    {"transmit_bytes_total", "Bytes to clients, IP headers included.", &Traffic::out_bytes},
};

void write_service_traffic(Page& page, const ServicesSnapshot& services) {
    for (const TrafficFamily& family : traffic_families) {
        page.family(fmt::format("lvx_service_{}", family.suffix), "counter", family.help);
        for (const ServiceSnapshot& service : services.services) {
            page.sample({{"service", service_name(service)}}, service.counters.*family.member);
        }
    }
}

void write_server_traffic(Page& page, const ServicesSnapshot& services) {
    for (const TrafficFamily& family : traffic_families) {
        page.family(fmt::format("lvx_server_{}", family.suffix), "counter", family.help);
        for (const ServiceSnapshot& service : services.services) {
            for (const ServerSnapshot& server : service.servers) {
                page.sample({{"service", service_name(service)}, {"server", server_name(server)}}, server.counters.*family.member);
            }
        }
    }
}

void write_service_states(Page& page, const ServicesSnapshot& services) {
    page.family("lvx_service_connections", "gauge", "Connections in the table, as IPVS counts them.");
    for (const ServiceSnapshot& service : services.services) {
        std::uint64_t active = 0, inactive = 0;
        for (const ServerSnapshot& server : service.servers) {
            active += server.active;
            inactive += server.inactive;
        }
        page.sample({{"service", service_name(service)}, {"state", "active"}}, active);
        page.sample({{"service", service_name(service)}, {"state", "inactive"}}, inactive);
    }

    page.family("lvx_service_servers", "gauge", "Real servers by state: up has a weight, drain has weight 0.");
    for (const ServiceSnapshot& service : services.services) {
        std::uint64_t up = 0;
        for (const ServerSnapshot& server : service.servers) up += server.server.weight != 0 ? 1 : 0;
        page.sample({{"service", service_name(service)}, {"state", "up"}}, up);
        page.sample({{"service", service_name(service)}, {"state", "drain"}}, service.servers.size() - up);
    }
}

void write_server_states(Page& page, const ServicesSnapshot& services) {
    page.family("lvx_server_weight", "gauge", "Weight in use; 0 takes no new connections.");
    for (const ServiceSnapshot& service : services.services) {
        for (const ServerSnapshot& server : service.servers) {
            page.sample({{"service", service_name(service)}, {"server", server_name(server)}}, server.server.weight);
        }
    }
    page.family("lvx_server_connections", "gauge", "Connections in the table, as IPVS counts them.");
    for (const ServiceSnapshot& service : services.services) {
        for (const ServerSnapshot& server : service.servers) {
            const std::string service_label = service_name(service), server_label = server_name(server);
            page.sample({{"service", service_label}, {"server", server_label}, {"state", "active"}}, server.active);
            page.sample({{"service", service_label}, {"server", server_label}, {"state", "inactive"}}, server.inactive);
            page.sample({{"service", service_label}, {"server", server_label}, {"state", "persistent"}}, server.persistent);
        }
    }
}

void write_answers(Page& page, const ServicesSnapshot& services) {
    const auto write = [&](std::uint64_t Answers::*value) {
        for (const ServiceSnapshot& service : services.services)
            for (const ServerSnapshot& server : service.servers)
                if (server.answers.timed > 0) page.seconds({{"service", service_name(service)}, {"server", server_name(server)}}, server.answers.*value);
    };
    page.family("lvx_server_answer_seconds", "gauge", "From SYN to SYN-ACK, moving average of the connections that are timed.");
    write(&Answers::average_us);
    page.family("lvx_server_longest_answer_seconds", "gauge", "From SYN to SYN-ACK, the longest since the last zero.");
    write(&Answers::longest_us);
}

void write_data_plane(Page& page, const MetricsInput& input) {
    page.family("lvx_verdict_packets_total", "counter", "Packets by how they ended; the sum is every packet seen.");
    for (const VerdictSnapshot& verdict : input.verdicts) {
        page.sample({{"verdict", verdict.name}, {"kind", verdict.kind}, {"interface", verdict.interface}}, verdict.packets);
    }
    page.family("lvx_drop_packets_total", "counter", "Packets dropped, by reason.");
    for (const VerdictSnapshot& verdict : input.verdicts) {
        if (verdict.kind == "dropped") page.sample({{"reason", verdict.name}, {"interface", verdict.interface}}, verdict.packets);
    }
    page.family("lvx_interface_xdp_mode", "gauge", "The hook in use on an interface; always 1.");
    for (const InterfaceSnapshot& interface : input.interfaces) {
        page.sample({{"interface", interface.name}, {"mode", interface.hook}}, 1);
    }
    page.family("lvx_conntrack_entries", "gauge", "Connections in the table.");
    page.sample({}, input.status.connections);
    page.family("lvx_conntrack_entries_limit", "gauge", "Connections the table is made for.");
    page.sample({}, input.status.capacity);
    page.family("lvx_conntrack_memory_bytes", "gauge", "Memory of the table with its tags.");
    page.sample({}, input.status.table_bytes);
}

void write_checks(Page& page, const ChecksSnapshot& checks) {
    page.family("lvx_server_up", "gauge", "1 when health lets the real server take part.");
    for (const ServerHealthSnapshot& server : checks.servers) {
        page.sample({{"pool", server.pool}, {"server", server.server}, {"state", server.state}}, server.state == "up" || server.state == "standing by" ? 1 : 0);
    }
    page.family("lvx_server_silent_connections_total", "counter", "Connections whose handshake stood still for three seconds.");
    for (const ServerHealthSnapshot& server : checks.servers) page.sample({{"pool", server.pool}, {"server", server.server}}, server.silent);
    page.family("lvx_server_reset_connections_total", "counter", "Connections that ended by a reset, refused ones included.");
    for (const ServerHealthSnapshot& server : checks.servers) page.sample({{"pool", server.pool}, {"server", server.server}}, server.reset);
    page.family("lvx_check_up", "gauge", "1 when the check does not count as failed.");
    for (const CheckSnapshot& check : checks.checks) {
        page.sample({{"pool", check.pool}, {"server", check.server}, {"check", check.kind}, {"target", check.target}}, check.state == "down" ? 0 : 1);
    }
    page.family("lvx_check_runs_total", "counter", "Results of checks.");
    for (const CheckSnapshot& check : checks.checks) {
        page.sample({{"pool", check.pool}, {"server", check.server}, {"check", check.kind}, {"target", check.target}}, check.runs);
    }
    page.family("lvx_check_failures_total", "counter", "Results of checks that were failures.");
    for (const CheckSnapshot& check : checks.checks) {
        page.sample({{"pool", check.pool}, {"server", check.server}, {"check", check.kind}, {"target", check.target}}, check.failures);
    }
    page.family("lvx_check_last_seconds", "gauge", "How long the check's last run took.");
    for (const CheckSnapshot& check : checks.checks) {
        page.seconds({{"pool", check.pool}, {"server", check.server}, {"check", check.kind}, {"target", check.target}}, check.last_us);
    }
}

void write_events(Page& page, const MetricsInput& input) {
    if (input.events != nullptr) {
        page.family("lvx_events_total", "counter", "Events that \"lvx events\" tells, by name.");
        for (std::size_t i = 0; i < input.events->counts().size(); ++i) {
            const model::EventForm& form = model::event_forms()[i];
            page.sample({{"event", form.name}}, input.events->counts()[i]);
        }
        page.family("lvx_events_dropped_total", "counter", "Events that were dropped from the ring, read or not.");
        page.sample({}, input.events->dropped());
    }
}

void write_daemon(Page& page, const MetricsInput& input) {
    page.family("lvx_config_last_reload_successful", "gauge", "1 unless the last configuration was refused.");
    const std::string& state = input.status.configuration_state;
    page.sample({}, state == "loaded" || state == "none" ? 1 : 0);
    page.family("lvx_config_changes_total", "counter", "Changes applied since the daemon started.");
    page.sample({}, input.status.generation);
    page.family("lvx_problems", "gauge", "Problems that \"lvx status\" lists.");
    page.sample({}, input.status.problems.size());
    page.family("lvx_api_requests_total", "counter", "Requests answered on the API socket.");
    page.sample({}, input.door.requests);
    page.family("lvx_api_refused_total", "counter", "Connections and requests that met a bound of the API socket.");
    const ServerCounters& door = input.door;
    const std::pair<std::string_view, std::uint64_t> bounds[] = {
        {"too_many_connections", door.too_many_connections}, {"header_too_large", door.header_too_large},
        {"body_too_large", door.body_too_large},             {"bad_request", door.bad_request},
        {"read_timeout", door.read_timeout},                 {"write_timeout", door.write_timeout},
        {"idle_timeout", door.idle_timeout},               {"too_many_followers", door.too_many_followers},
    };
    for (const auto& [reason, count] : bounds) page.sample({{"reason", reason}}, count);
}

// One family, a sample for each peer.
void peer_family(Page& page, const SyncSnapshot& sync, std::string_view name, std::string_view type, std::string_view help,
                 std::uint64_t SyncPeerSnapshot::*member) {
    page.family(name, type, help);
    for (const SyncPeerSnapshot& peer : sync.peers) page.sample({{"peer", peer.name}}, peer.*member);
}

void write_sync(Page& page, const SyncSnapshot& sync) {
    if (!sync.configured && sync.daemons.empty()) return;
    page.family("lvx_sync_would_lose", "gauge", "Connections a failover to the best standby would lose now.");
    page.sample({}, sync.would_lose);
    page.family("lvx_sync_in_step", "gauge", "1 while the peer has every change within moments.");
    for (const SyncPeerSnapshot& peer : sync.peers) page.sample({{"peer", peer.name}}, peer.phase == "in step" ? 1 : 0);
    page.family("lvx_sync_lag_seconds", "gauge", "Age of the oldest change the peer has not acknowledged.");
    for (const SyncPeerSnapshot& peer : sync.peers) page.seconds({{"peer", peer.name}}, peer.lag_us);
    peer_family(page, sync, "lvx_sync_kept_out", "gauge", "Connections that have no place at the peer.", &SyncPeerSnapshot::kept_out);
    peer_family(page, sync, "lvx_sync_drifted", "gauge", "Regions of the peer's table found different and mended.", &SyncPeerSnapshot::drifted);
    peer_family(page, sync, "lvx_sync_sessions_total", "counter", "Sessions begun with the peer.", &SyncPeerSnapshot::sessions);
    page.family("lvx_sync_faults_total", "counter", "What was wrong with messages and sessions, and what was kept out, by name.");
    for (const SyncCount& count : sync.counts)
        if (count.subject == "stream" || count.subject == "kernel") page.sample({{"of", count.subject}, {"fault", count.name}}, count.count);
}

}  // namespace

std::string metrics(const MetricsInput& input) {
    Page page;
    write_info(page, input);
    write_service_traffic(page, input.services);
    write_service_states(page, input.services);
    write_server_traffic(page, input.services);
    write_server_states(page, input.services);
    write_answers(page, input.services);
    write_checks(page, input.checks);
    write_data_plane(page, input);
    write_events(page, input);
    write_vrrp(page, input.vrrp);
    write_bfd(page, input.bfd);
    write_work(page, input.work);
    write_sync(page, input.sync);
    write_daemon(page, input);
    return page.take();
}

}  // namespace lvx::api
