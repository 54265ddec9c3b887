// The keywords of virtual_server -> ServiceDraft.
#include "config/keepalived/service_draft.hh"

namespace lvx::config::keepalived {
namespace {

using model::Protocol;

constexpr Block here = Block::virtual_server;

void read_schedule(ServiceDraft& draft, const Statement& statement, Reading& reading) {
    if (statement.words.size() < 2) return reading.report(missing_argument(statement, "a scheduler belongs here"));
    if (statement.words.size() > 2) surplus(statement.words[2], reading.diagnostics());
    draft.has_scheduler = true;
    if (const auto name = reading.keep(read_scheduler(statement.words[1]))) draft.scheduler = *name;
}

void read_method(ServiceDraft& draft, const Statement& statement, Reading& reading) {
    draft.has_method = true;
    if (const auto forward = reading.keep(read_forward(statement))) draft.forward = *forward;
    draft.method_place = statement.place();
}

void read_protocol(ServiceDraft& draft, const Statement& statement, Reading& reading) {
    if (statement.words.size() < 2) return reading.report(missing_argument(statement, "TCP, UDP or SCTP"));
    draft.protocol_place = statement.place();
    if (draft.by_mark()) {
        return reading.warn(Code::ignored_value, statement.place(), "a service by firewall mark has no protocol",
                            "keepalived ignores the line as well");
    }
    Word upper = statement.words[1];
    for (char& c : upper.text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    draft.has_protocol = true;
    const auto name = reading.keep(read_choice(upper, "TCP UDP SCTP"));
    if (name) draft.protocol = *name == "TCP" ? Protocol::tcp : *name == "UDP" ? Protocol::udp : Protocol::sctp;
}

void read_flag_of_scheduler(ServiceDraft& draft, const Statement& statement, Reading&) { draft.flags.push_back(&statement); }

void read_family(ServiceDraft& draft, const Statement& statement, Reading& reading) {
    if (!draft.by_mark()) {
        return reading.warn(Code::ignored_value, statement.place(), "ip_family is for services by firewall mark only", {});
    }
    if (const auto family = word_of(statement)) draft.is_v6 = *family == "inet6";
}

void read_persistence(ServiceDraft& draft, const Statement& statement, Reading&) {
    const bool bare = statement.words.size() < 2;
    const auto seconds = bare ? std::optional<std::int64_t>(360) : number_of(statement, here);
    if (!seconds) return;
    draft.persistence.timeout = std::chrono::seconds{*seconds};
}

void read_granularity(ServiceDraft& draft, const Statement& statement, Reading& reading) {
    if (statement.words.size() < 2) return reading.report(missing_argument(statement, "a mask or prefix length belongs here"));
    draft.persistence.granularity = &statement;
}

void read_engine(ServiceDraft& draft, const Statement& statement, Reading&) {
    draft.persistence.sip = word_of(statement) == "sip";
    draft.persistence.engine_place = statement.place();
}

void read_real_server(ServiceDraft& draft, const Statement& statement, Reading& reading) {
    if (auto server = read_server(statement, reading)) draft.servers.push_back(std::move(*server));
}

void read_sorry_server(ServiceDraft& draft, const Statement& statement, Reading& reading) {
    draft.sorry.endpoint = read_server_endpoint(statement, reading);
    draft.sorry.place = statement.place();
}

void read_sorry_method(ServiceDraft& draft, const Statement& statement, Reading& reading) {
    draft.sorry.forward = reading.keep(read_forward(statement));
    draft.sorry.forward_place = statement.place();
}

void read_ha_suspend(ServiceDraft& draft, const Statement& statement, Reading& reading) {
    if (draft.by_mark()) {
        return reading.warn(Code::ignored_value, statement.place(), "a service by firewall mark has no address to wait for",
                            "keepalived ignores the line as well");
    }
    draft.pool.ha_suspend = true;
}

void read_quorum(ServiceDraft& draft, const Statement& statement, Reading&) {
    draft.pool.quorum = count_of(statement, here).value_or(1);
    draft.quorum_place = statement.place();
}

void read_hysteresis(ServiceDraft& draft, const Statement& statement, Reading&) {
    draft.pool.hysteresis = count_of(statement, here).value_or(0);
    draft.hysteresis_place = statement.place();
}

void read_on_down(ServiceDraft& draft, const Statement& statement, Reading&) {
    const std::string word = word_of(statement).value_or("");
    using enum model::OnDown;
    draft.pool.on_down = word == "move" ? move : word == "reset" ? reset : keep;
}

// Whole seconds; a fraction counts as one more.
std::optional<std::chrono::seconds> seconds_of(const Statement& statement) {
    const auto time = duration_of(statement, here);
    return time ? std::optional(std::chrono::ceil<std::chrono::seconds>(*time)) : std::nullopt;
}

void read_slow_start(ServiceDraft& draft, const Statement& statement, Reading&) {
    draft.pool.slow_start = seconds_of(statement).value_or(std::chrono::seconds{0});
}

void read_flap_damping(ServiceDraft& draft, const Statement& statement, Reading&) {
    draft.pool.flap_damping = seconds_of(statement).value_or(std::chrono::seconds{0});
}

void read_panic(ServiceDraft& draft, const Statement& statement, Reading&) {
    draft.pool.panic_threshold = static_cast<std::uint8_t>(count_of(statement, here).value_or(0));
}

constexpr Row<ServiceDraft> rows[] = {
    {"lvs_sched", read_schedule},
    {"lvs_method", read_method},
    {"protocol", read_protocol},
    {"flag-1", read_flag_of_scheduler},
    {"flag-2", read_flag_of_scheduler},
    {"flag-3", read_flag_of_scheduler},
    {"sh-port", read_flag_of_scheduler},
    {"sh-fallback", read_flag_of_scheduler},
    {"mh-port", read_flag_of_scheduler},
    {"mh-fallback", read_flag_of_scheduler},
    {"ops", [](ServiceDraft& d, const Statement& s, Reading&) { d.one_packet_place = s.place(); }},
    {"ip_family", read_family},
    {"persistence_timeout", read_persistence},
    {"persistence_granularity", read_granularity},
    {"persistence_engine", read_engine},
    {"weight", [](ServiceDraft& d, const Statement& s, Reading&) { d.weight = count_of(s, here).value_or(1); }},
    {"real_server", read_real_server},
    {"sorry_server", read_sorry_server},
    {"sorry_server_lvs_method", read_sorry_method},
    {"sorry_server_inhibit", [](ServiceDraft& d, const Statement&, Reading&) { d.sorry.inhibit = true; }},
    {"virtualhost", [](ServiceDraft& d, const Statement& s, Reading&) { d.virtualhost = word_of(s); }},
    {"inhibit_on_failure", [](ServiceDraft& d, const Statement& s, Reading&) { d.inhibit = flag_of(s); }},
    {"smtp_alert", [](ServiceDraft& d, const Statement& s, Reading&) { d.smtp_alert = flag_of(s); }},
    {"ha_suspend", read_ha_suspend},
    {"omega", [](ServiceDraft& d, const Statement& s, Reading&) { d.pool.omega = flag_of(s); }},
    {"quorum", read_quorum},
    {"hysteresis", read_hysteresis},
    {"quorum_up", [](ServiceDraft& d, const Statement& s, Reading& r) { d.pool.quorum_up = command_of(s, r); }},
    {"quorum_down", [](ServiceDraft& d, const Statement& s, Reading& r) { d.pool.quorum_down = command_of(s, r); }},
    {"on_down", read_on_down},
    {"check_through", [](ServiceDraft& d, const Statement& s, Reading&) { d.through = word_of(s) == "virtual"; }},
    {"drain", [](ServiceDraft& d, const Statement& s, Reading&) { d.drain = seconds_of(s); }},
    {"slow_start", read_slow_start},
    {"panic_threshold", read_panic},
    {"flap_damping", read_flap_damping},
    {"passive_ejection", [](ServiceDraft& d, const Statement& s, Reading&) { d.pool.passive_ejection = flag_of(s); }},
    {"maintenance_directory", [](ServiceDraft& d, const Statement& s, Reading&) { d.pool.maintenance_directory = word_of(s).value_or(""); }},
    {"passive_slow", [](ServiceDraft& d, const Statement& s, Reading&) { d.pool.passive_slow = duration_of(s, here).value_or(model::Microseconds{0}); }},
    {"passive_slow_times", [](ServiceDraft& d, const Statement& s, Reading&) { d.pool.passive_slow_times = count_of(s, here).value_or(0); }},
    {"passive_time", [](ServiceDraft& d, const Statement& s, Reading&) { d.pool.passive_time = seconds_of(s).value_or(d.pool.passive_time); }},
};

}  // namespace

void read_service_block(ServiceDraft& draft, Reading& reading) {
    draft.origin = origin_of(draft.statement, here);
    read_statements<ServiceDraft>(draft.statement, here, rows, draft, reading);
    read_statements<ServiceDraft>(draft.statement, here, timing_rows<ServiceDraft, here>, draft, reading);
}

std::vector<std::string_view> service_block_keywords() {
    auto names = keywords_of<ServiceDraft>(rows);
    for (const auto& row : timing_rows<ServiceDraft, here>) names.push_back(row.keyword);
    return names;
}

}  // namespace lvx::config::keepalived
