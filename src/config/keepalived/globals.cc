#include "config/keepalived/globals.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hh"
#include "config/keepalived/fields.hh"
#include "config/keepalived/line_cursor.hh"

namespace lvx::config::keepalived {
namespace {

using model::Globals;
using model::Mail;

constexpr Block here = Block::global_defs;
constexpr std::int64_t longest_timeout = 2678400;  // 31 days in seconds

}  // namespace

void read_timeouts(const Statement& statement, Reading& reading) {
    if (statement.words.size() < 2) return reading.report(missing_argument(statement, "[tcp S] [tcpfin S] [udp S]"));
    for (std::size_t at = 1; at < statement.words.size(); at += 2) {
        const auto which = reading.keep(read_choice(statement.words[at], "tcp tcpfin udp"));
        if (!which) return;
        const Keyword keyword{.name = *which, .low = 0, .high = longest_timeout};
        if (at + 1 == statement.words.size()) {
            return reading.report(missing_argument(statement, "a number of seconds belongs here"));
        }
        const auto seconds = reading.keep(read_number(keyword, statement.words[at + 1]));
        if (!seconds) continue;
        model::Timeouts& timeouts = reading.site().cluster.timeouts;
        auto& field = *which == "tcp" ? timeouts.tcp : *which == "tcpfin" ? timeouts.tcp_fin : timeouts.udp;
        if (*seconds != 0) field = std::chrono::seconds{*seconds};
    }
}

namespace {

// Recipients stand one to a line, or several.
void read_recipients(Globals& globals, const Statement& statement, Reading&) {
    for (const Statement& line : statement.block) {
        for (const Word& word : line.words) globals.mail.recipients.push_back(word.text);
    }
}

// HOST [PORT]; the one place where a name may stand for an address.
void read_mail_server(Globals& globals, const Statement& statement, Reading& reading) {
    const auto& words = statement.words;
    if (words.size() < 2) return reading.report(missing_argument(statement, "a name or address belongs here"));
    globals.mail.server_host = words[1].text;
    if (words.size() < 3) return;
    if (const auto port = reading.keep(read_port(words[2]))) globals.mail.server_port = *port;
}

// "USER", "USER GROUP", "USER:GROUP".
void read_script_user(Globals& globals, const Statement& statement, Reading& reading) {
    const auto& words = statement.words;
    if (words.size() < 2) return;
    const auto parts = split_at(words[1].text, ':');
    globals.script_user = parts[0];
    globals.script_group = parts.size() > 1 ? std::string(parts[1]) : std::string{};
    if (words.size() > 2) globals.script_group = words[2].text;
    if (words.size() > 3) {
        reading.warn(Code::surplus_argument, words[3].place, fmt::format("\"{}\" is one word too many", words[3].text), {});
    }
}

// PATH [user [group]]
template <model::Fifo Globals::*member>
void read_fifo(Globals& globals, const Statement& statement, Reading& reading) {
    const auto& words = statement.words;
    if (words.size() < 2) return;
    model::Fifo& fifo = globals.*member;
    fifo.path = words[1].text;
    if (words.size() > 2) fifo.user = words[2].text;
    if (words.size() > 3) fifo.group = words[3].text;
    const std::array<const model::Fifo*, 3> all = {&globals.notify_fifo, &globals.vrrp_fifo, &globals.lvs_fifo};
    for (const model::Fifo* other : all) {
        if (other == &fifo || other->path != fifo.path) continue;
        reading.report({.code = Code::conflicting_keywords, .place = words[1].place,
                        .message = fmt::format("\"{}\" is the pipe of two keywords", fifo.path),
                        .caret = "every kind of message needs a pipe of its own",
                        .note = "keepalived would leave this one out"});
        fifo.path.clear();
        return;
    }
}

// "allow_if_changes" may stand behind.
void read_dynamic(Globals& globals, const Statement& statement, Reading& reading) {
    globals.dynamic_interfaces = true;
    if (statement.words.size() < 2) return;
    if (reading.keep(read_choice(statement.words[1], "allow_if_changes"))) globals.dynamic_interfaces_allow_changes = true;
}

void read_reload_file(Globals& globals, const Statement& statement, Reading&) {
    globals.reload_file = word_of(statement).value_or("/run/lvx/reload");
}

void read_default_interface(Globals& globals, const Statement& statement, Reading& reading) {
    if (statement.words.size() < 2) return;
    if (const auto name = reading.keep(read_interface(statement.words[1]))) globals.default_interface = *name;
}

constexpr Row<Globals> rows[] = {
    {"lvs_timeouts", [](Globals&, const Statement& s, Reading& r) { read_timeouts(s, r); }},
    {"random_seed", read_elsewhere},
    {"include_check", read_elsewhere},
    {"router_id", into_word<&Globals::mail, &Mail::router_id>},
    {"notification_email", read_recipients},
    {"notification_email_from", into_word<&Globals::mail, &Mail::from>},
    {"smtp_server", read_mail_server},
    {"smtp_helo_name", into_word<&Globals::mail, &Mail::helo_name>},
    {"smtp_connect_timeout", into_time<here, &Globals::mail, &Mail::connect_timeout>},
    {"no_email_faults", into_flag<&Globals::mail, &Mail::no_email_faults>},
    {"no_checker_emails", into_flag<&Globals::mail, &Mail::no_checker_emails>},
    {"smtp_alert", into_flag<&Globals::smtp_alert>},
    {"smtp_alert_vrrp", into_flag<&Globals::smtp_alert_vrrp>},
    {"smtp_alert_checker", into_flag<&Globals::smtp_alert_checker>},
    {"default_interface", read_default_interface},
    {"script_user", read_script_user},
    {"enable_script_security", into_flag<&Globals::script_security>},
    {"checker_log_all_failures", into_flag<&Globals::checker_log_all_failures>},
    {"rs_init_notifies", into_flag<&Globals::rs_init_notifies>},
    {"fifo_write_vrrp_states_on_reload", into_flag<&Globals::fifo_write_vrrp_states_on_reload>},
    {"lvs_flush", into_flag<&Globals::lvs_flush>},
    {"dynamic_interfaces", read_dynamic},
    {"startup_script", into_lone_command<&Globals::startup_script>},
    {"shutdown_script", into_lone_command<&Globals::shutdown_script>},
    {"startup_script_timeout", into_time<here, &Globals::startup_timeout>},
    {"shutdown_script_timeout", into_time<here, &Globals::shutdown_timeout>},
    {"notify_fifo", read_fifo<&Globals::notify_fifo>},
    {"vrrp_notify_fifo", read_fifo<&Globals::vrrp_fifo>},
    {"lvs_notify_fifo", read_fifo<&Globals::lvs_fifo>},
    {"notify_fifo_script", into_command<&Globals::notify_fifo, &model::Fifo::script>},
    {"vrrp_notify_fifo_script", into_command<&Globals::vrrp_fifo, &model::Fifo::script>},
    {"lvs_notify_fifo_script", into_command<&Globals::lvs_fifo, &model::Fifo::script>},
    {"lvs_sync_daemon", [](Globals&, const Statement& s, Reading& reading) { read_sync_daemon(s, reading); }},
    {"vrrp_startup_delay", into_time<here, &Globals::vrrp_startup_delay>},
    {"vrrp_delay_after_boot", into_time<here, &Globals::vrrp_delay_after_boot>},
    {"vrrp_garp_interval", into_time<here, &Globals::vrrp_garp_interval>},
    {"vrrp_gna_interval", into_time<here, &Globals::vrrp_gna_interval>},
    {"vmac_prefix", into_word<&Globals::vmac_prefix>},
    {"vmac_addr_prefix", into_word<&Globals::vmac_addr_prefix>},
    {"log_unknown_vrids", into_flag<&Globals::log_unknown_vrids>},
    {"state_dump_file", into_word<&Globals::state_dump_file>},
    {"stats_dump_file", into_word<&Globals::stats_dump_file>},
    {"json_dump_file", into_word<&Globals::json_dump_file>},
    {"json_version", into_number<here, &Globals::json_version>},
    {"reload_time_file", into_word<&Globals::reload_time_file>},
    {"reload_repeat", into_flag<&Globals::reload_repeat>},
    {"reload_file", read_reload_file},
};

}  // namespace

void read_globals(const Statement& statement, Reading& reading) {
    read_statements<Globals>(statement, here, rows, reading.site().globals, reading);
    read_vrrp_globals(statement, reading);
}

std::vector<std::string_view> globals_keywords(Block block) {
    if (block != here) return {};
    auto names = keywords_of<Globals>(rows);
    for (const std::string_view name : vrrp_globals_keywords(block)) names.push_back(name);
    return names;
}

}  // namespace lvx::config::keepalived
