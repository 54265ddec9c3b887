#include "config/keepalived/server.hh"

#include "config/keepalived/head.hh"

namespace lvx::config::keepalived {
namespace {

constexpr Block here = Block::real_server;

void read_method(ServerDraft& draft, const Statement& statement, Reading& reading) {
    draft.forward = reading.keep(read_forward(statement));
    draft.forward_place = statement.place();
}

void read_lower_threshold(ServerDraft& draft, const Statement& statement, Reading&) {
    draft.lower_threshold = count_of(statement, here).value_or(0);
    draft.lower_place = statement.place();
}

constexpr Row<ServerDraft> rows[] = {
    {"weight", [](ServerDraft& d, const Statement& s, Reading&) { d.weight = count_of(s, here); }},
    {"lvs_method", read_method},
    {"uthreshold", [](ServerDraft& d, const Statement& s, Reading&) { d.upper_threshold = count_of(s, here).value_or(0); }},
    {"lthreshold", read_lower_threshold},
    {"inhibit_on_failure", [](ServerDraft& d, const Statement& s, Reading&) { d.inhibit = flag_of(s); }},
    {"smtp_alert", [](ServerDraft& d, const Statement& s, Reading&) { d.smtp_alert = flag_of(s); }},
    {"notify_up", [](ServerDraft& d, const Statement& s, Reading& r) { d.notify_up = command_of(s, r); }},
    {"notify_down", [](ServerDraft& d, const Statement& s, Reading& r) { d.notify_down = command_of(s, r); }},
    {"virtualhost", [](ServerDraft& d, const Statement& s, Reading&) { d.virtualhost = word_of(s); }},
};

// Checks are rows too, but many, and of one kind.
void read_checks(ServerDraft& draft, const Statement& statement, Reading& reading) {
    for (const Statement& one : statement.block) {
        if (find_keyword(here, one.keyword()) == nullptr) continue;
        if (auto check = read_check(one, reading)) draft.checks.push_back(std::move(*check));
    }
}

}  // namespace

std::optional<Endpoint> read_server_endpoint(const Statement& statement, Reading& reading) {
    const auto& words = statement.words;
    if (words.size() < 2) {
        reading.report(missing_argument(statement, "an address belongs here"));
        return std::nullopt;
    }
    const auto address = reading.keep(read_address(words[1]));
    std::optional<Port> port = Port{0};
    if (words.size() > 2) port = reading.keep(read_service_port(words[2]));
    if (words.size() > 3) surplus(words[3], reading.diagnostics());
    if (!address || !port) return std::nullopt;
    return Endpoint{.address = *address, .port = *port};
}

std::optional<ServerDraft> read_server(const Statement& statement, Reading& reading) {
    const auto endpoint = read_server_endpoint(statement, reading);
    ServerDraft draft{.endpoint = endpoint.value_or(Endpoint{}), .place = statement.place(), .origin = origin_of(statement, here)};
    read_statements<ServerDraft>(statement, here, rows, draft, reading);
    read_statements<ServerDraft>(statement, here, timing_rows<ServerDraft, here>, draft, reading);
    read_checks(draft, statement, reading);
    return endpoint ? std::optional(std::move(draft)) : std::nullopt;
}

std::vector<std::string_view> server_keywords(Block block) {
    if (block != here) return check_keywords(block);
    auto names = keywords_of<ServerDraft>(rows);
    for (const auto& row : timing_rows<ServerDraft, here>) names.push_back(row.keyword);
    for (const std::string_view name : check_names()) names.push_back(name);
    return names;
}

}  // namespace lvx::config::keepalived
