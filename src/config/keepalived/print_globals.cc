#include <fmt/format.h>

#include "config/keepalived/print_parts.hh"

namespace lvx::config::keepalived {
namespace {

using namespace model;

void print_mail(const Mail& mail, Page& page) {
    page.text("router_id", mail.router_id);
    if (!mail.recipients.empty()) {
        page.open("notification_email");
        for (const std::string& one : mail.recipients) page.line(word_text(one));
        page.close();
    }
    page.text("notification_email_from", mail.from);
    if (!mail.server_host.empty()) page.line(fmt::format("smtp_server {} {}", word_text(mail.server_host), mail.server_port));
    page.text("smtp_helo_name", mail.helo_name);
    page.number("smtp_connect_timeout", mail.connect_timeout.count(), Mail{}.connect_timeout.count());
    page.flag("no_email_faults", mail.no_email_faults, false);
    page.flag("no_checker_emails", mail.no_checker_emails, false);
}

void print_fifo(std::string_view name, const Fifo& fifo, Page& page) {
    if (!fifo.path.empty()) {
        page.line(fmt::format("{} {}", name, command_text({.words = {fifo.path}, .user = fifo.user, .group = fifo.group})));
    }
    page.command(fmt::format("{}_script", name), fifo.script);
}

void print_choice(std::string_view name, const std::optional<bool>& value, Page& page) {
    if (value) page.line(fmt::format("{} {}", name, *value ? "on" : "off"));
}

void print_timeouts(const Timeouts& timeouts, Page& page) {
    if (timeouts == Timeouts{}) return;
    page.line(fmt::format("lvs_timeouts tcp {} tcpfin {} udp {}", timeouts.tcp.count(), timeouts.tcp_fin.count(), timeouts.udp.count()));
}

void print_sync(const SyncDaemon& sync, Page& page) {
    std::string line = "lvs_sync_daemon " + sync.interface;
    if (!sync.instance.empty()) line += " inst " + word_text(sync.instance);
    line += fmt::format(" id {} maxlen {} port {} ttl {}", sync.id, sync.max_length, sync.port, sync.ttl);
    if (sync.group != Address{}) line += " group " + sync.group.text();
    page.line(line);
}

void print_life(const Globals& globals, Page& page) {
    page.line_if(globals.lvs_flush, "lvs_flush");
    page.line_if(globals.dynamic_interfaces,
                 globals.dynamic_interfaces_allow_changes ? "dynamic_interfaces allow_if_changes" : "dynamic_interfaces");
    page.command("startup_script", globals.startup_script);
    page.number("startup_script_timeout", globals.startup_timeout.count(), Globals{}.startup_timeout.count());
    page.command("shutdown_script", globals.shutdown_script);
    page.number("shutdown_script_timeout", globals.shutdown_timeout.count(), Globals{}.shutdown_timeout.count());
    page.flag("reload_check_config", globals.reload_check_config, false);
    page.text("reload_time_file", globals.reload_time_file);
    page.flag("reload_repeat", globals.reload_repeat, false);
    page.text("reload_file", globals.reload_file);
}

void print_scripts(const Globals& globals, Page& page) {
    if (!globals.script_user.empty()) {
        page.line(fmt::format("script_user {}{}{}", globals.script_user, globals.script_group.empty() ? "" : " ", globals.script_group));
    }
    page.flag("enable_script_security", globals.script_security, false);
    print_fifo("notify_fifo", globals.notify_fifo, page);
    print_fifo("vrrp_notify_fifo", globals.vrrp_fifo, page);
    print_fifo("lvs_notify_fifo", globals.lvs_fifo, page);
    page.flag("fifo_write_vrrp_states_on_reload", globals.fifo_write_vrrp_states_on_reload, false);
}

void print_vrrp(const Globals& globals, Page& page) {
    page.time("vrrp_startup_delay", globals.vrrp_startup_delay, {});
    page.time("vrrp_delay_after_boot", globals.vrrp_delay_after_boot, {});
    page.time("vrrp_garp_interval", globals.vrrp_garp_interval, {});
    page.time("vrrp_gna_interval", globals.vrrp_gna_interval, {});
    page.flag("log_unknown_vrids", globals.log_unknown_vrids, false);
    if (globals.vmac_prefix != Globals{}.vmac_prefix) page.text("vmac_prefix", globals.vmac_prefix);
    page.text("vmac_addr_prefix", globals.vmac_addr_prefix);
    page.text("state_dump_file", globals.state_dump_file);
    page.text("stats_dump_file", globals.stats_dump_file);
    page.text("json_dump_file", globals.json_dump_file);
    page.number("json_version", globals.json_version, 1);
}

void print_block(std::string_view head, Page body, Page& page) {
    if (body.empty()) return;
    page.gap();
    page.open(head);
    const std::string text = body.take();
    for (std::size_t at = 0, end; at < text.size(); at = end + 1) {
        end = text.find('\n', at);
        page.line(std::string_view(text).substr(at, end - at));
    }
    page.close();
}

void print_tls(const CheckTls& tls, Page& page) {
    Page body;
    body.text("password", tls.password);
    body.text("ca", tls.ca);
    body.text("certificate", tls.certificate);
    body.text("key", tls.key);
    print_block("SSL", std::move(body), page);
}

void print_tuning(const model::SyncTuning& sync, Page& page) {
    const model::SyncTuning standard;
    page.line_if(sync.threshold != standard.threshold || sync.period != standard.period,
                 fmt::format("sync_threshold {} {}", sync.threshold, sync.period));
    page.number("sync_refresh_period", sync.refresh.count(), standard.refresh.count());
    page.number("sync_retries", sync.retries, standard.retries);
    page.number("sync_ports", sync.ports, standard.ports);
    page.number("sync_version", sync.version, standard.version);
    page.flag("sync_persist_mode", sync.persist_mode, standard.persist_mode);
}

// Members one after the other of the same mark stand in one block.
void print_marks(const model::MarkMembers& marks, Page& page) {
    for (std::size_t at = 0; at < marks.size();) {
        const std::uint32_t mark = marks[at].mark;
        Page body;
        for (; at < marks.size() && marks[at].mark == mark; ++at) {
            const model::MarkMember& each = marks[at];
            std::string ports = model::is_any_port(each) ? "" : fmt::format(" {}", each.first_port);
            if (!ports.empty() && each.last_port != each.first_port) ports += fmt::format("-{}", each.last_port);
            body.line(fmt::format("{} {}{}", model::protocol_name(each.protocol), each.address.text(), ports));
        }
        print_block(fmt::format("fwmark_packets {}", mark), std::move(body), page);
    }
}

}  // namespace

void print_globals(const Site& site, Page& page) {
    const Globals& globals = site.globals;
    Page body;
    print_mail(globals.mail, body);
    print_choice("smtp_alert", globals.smtp_alert, body);
    print_choice("smtp_alert_vrrp", globals.smtp_alert_vrrp, body);
    print_choice("smtp_alert_checker", globals.smtp_alert_checker, body);
    body.flag("checker_log_all_failures", globals.checker_log_all_failures, false);
    body.flag("rs_init_notifies", globals.rs_init_notifies, false);
    if (globals.default_interface != Globals{}.default_interface) body.text("default_interface", globals.default_interface);
    print_timeouts(site.cluster.timeouts, body);
    if (globals.sync_daemon) print_sync(*globals.sync_daemon, body);
    print_life(globals, body);
    print_scripts(globals, body);
    print_vrrp(globals, body);
    print_block("global_defs", std::move(body), page);
    print_tls(globals.tls, page);
}

void print_director(const Site& site, Page& page) {
    const DirectorSettings& director = site.director;
    Page body;
    for (const auto& [name, hook] : director.interfaces) body.line(fmt::format("interface {}{}{}", name, hook.empty() ? "" : " ", hook));
    body.number("connections", director.connections, 0);
    body.number("max_services", director.max_services, 0);
    body.number("max_servers", director.max_servers, 0);
    body.number("pool_words", director.pool_words, 0);
    body.number("drain", director.drain.count(), 0);
    if (director.check_client != DirectorSettings{}.check_client) body.address("check_client", director.check_client);
    if (director.check_client6 != DirectorSettings{}.check_client6) body.address("check_client6", director.check_client6);
    body.flag("expire_quiescent_template", director.expire_quiescent_template, false);
    print_tuning(director.sync, body);
    print_block("director", std::move(body), page);
    print_marks(site.cluster.marks, page);
    if (!site.state_sync) return;
    Page sync;
    if (site.state_sync->listen) sync.line(fmt::format("listen {} {}", site.state_sync->listen->address.text(), site.state_sync->listen->port));
    for (const Endpoint& peer : site.state_sync->peers) sync.line(fmt::format("peer {} {}", peer.address.text(), peer.port));
    sync.text("key_file", site.state_sync->key_file);
    sync.text("certificate", site.state_sync->certificate);
    sync.text("private_key", site.state_sync->private_key);
    sync.text("ca", site.state_sync->ca);
    sync.flag("strict", site.state_sync->strict, false);
    sync.number("opening_lease", site.state_sync->opening_lease.count(), model::StateSync{}.opening_lease.count());
    sync.number("strict_wait", site.state_sync->strict_wait.count(), model::StateSync{}.strict_wait.count());
    sync.line_if(site.state_sync->strict_closed, "strict_without_standby closed");
    print_block("director_sync", std::move(sync), page);
}

}  // namespace lvx::config::keepalived
