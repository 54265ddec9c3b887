#include <fmt/format.h>

#include <array>

#include "notify/notice.hh"

namespace lvx::notify {

namespace {

struct NewsRow {
    std::string_view word;                                           // in `notify`, FIFO and mail
    std::optional<model::Command> model::VrrpNotify::* script;
    bool runs_any;                                                   // `notify` is run as well
    bool mails;
};

// By VrrpNews.  What is no change of state goes to its own script and to the FIFOs alone.
constexpr std::array<NewsRow, 8> news_rows{{
    {"MASTER", &model::VrrpNotify::master, true, true},
    {"BACKUP", &model::VrrpNotify::backup, true, true},
    {"FAULT", &model::VrrpNotify::fault, true, true},
    {"STOP", &model::VrrpNotify::stop, true, false},
    {"DELETED", &model::VrrpNotify::deleted, true, false},
    {"MASTER_RX_LOWER_PRI", &model::VrrpNotify::master_rx_lower_priority, false, false},
    {"MASTER_PRIORITY", nullptr, false, false},
    {"BACKUP_PRIORITY", nullptr, false, false},
}};

// Who asked for no notify_deleted is told FAULT, as before there was that word.
VrrpNews told_news(const VrrpNotice& notice) {
    return notice.news == VrrpNews::deleted && !notice.how.deleted ? VrrpNews::fault : notice.news;
}

std::string_view subject_word(const VrrpNotice& notice) { return notice.subject == Subject::group ? "GROUP" : "INSTANCE"; }
unsigned told_priority(const VrrpNotice& notice) { return notice.subject == Subject::group ? 0U : notice.priority; }
std::string_view health_word(Health health) { return health == Health::up ? "UP" : "DOWN"; }

model::Command with_words(model::Command command, std::initializer_list<std::string> more) {
    command.words.insert(command.words.end(), more);
    return command;
}

void add_lines(std::vector<Delivery>& result, const Settings& settings, FifoKind own, const std::string& line) {
    if (!settings.all.path.empty()) result.emplace_back(WriteLine{FifoKind::all, line});
    const model::Fifo& fifo = own == FifoKind::vrrp ? settings.vrrp : settings.lvs;
    if (!fifo.path.empty()) result.emplace_back(WriteLine{own, line});
}

bool mail_is_set_up(const Settings& settings) { return !settings.mail.recipients.empty() && !settings.mail.server_host.empty(); }

std::string tagged(const Settings& settings, const std::string& text) {
    return fmt::format("[{}] {}", settings.mail.router_id.empty() ? settings.host : settings.mail.router_id, text);
}

void add_vrrp_mail(std::vector<Delivery>& result, const VrrpNotice& notice, VrrpNews news, const Settings& settings) {
    const NewsRow& row = news_rows[static_cast<std::size_t>(news)];
    if (!row.mails || !notice.how.smtp_alert || !mail_is_set_up(settings)) return;
    if (news == VrrpNews::fault && settings.mail.no_email_faults) return;
    const std::string_view kind = notice.subject == Subject::group ? "Group" : "Instance";
    const std::string text = fmt::format("VRRP {} {} - Entering {} state", kind, notice.name, row.word);
    result.emplace_back(SendMail{tagged(settings, text), fmt::format("{}, priority {}.\n", text, told_priority(notice))});
}

std::vector<Delivery> deliveries_of(const VrrpNotice& notice, const Settings& settings) {
    std::vector<Delivery> result;
    const VrrpNews news = told_news(notice);
    const NewsRow& row = news_rows[static_cast<std::size_t>(news)];
    const std::string lane = fmt::format("{} {}", subject_word(notice), notice.name);
    const std::string priority = std::to_string(told_priority(notice));
    if (row.script != nullptr && notice.how.*row.script) result.emplace_back(RunScript{lane, *(notice.how.*row.script)});
    if (row.runs_any && notice.how.any) {
        const model::Command command = with_words(
            *notice.how.any, {std::string(subject_word(notice)), notice.name, std::string(row.word), priority});
        result.emplace_back(RunScript{lane, command});
    }
    add_lines(result, settings, FifoKind::vrrp, fmt::format("{} \"{}\" {} {}\n", subject_word(notice), notice.name, row.word, priority));
    add_vrrp_mail(result, notice, news, settings);
    return result;
}

std::vector<Delivery> deliveries_of(const ServerNotice& notice, const Settings& settings) {
    std::vector<Delivery> result;
    if (notice.command) result.emplace_back(RunScript{fmt::format("RS {} {}", notice.server, notice.service), *notice.command});
    const std::string_view word = health_word(notice.health);
    add_lines(result, settings, FifoKind::lvs, fmt::format("RS {} {} {}\n", notice.server, notice.service, word));
    if (!notice.mail || settings.mail.no_checker_emails || !mail_is_set_up(settings)) return result;
    const std::string text = fmt::format("Realserver {} of virtual server {} - {}", notice.server, notice.service, word);
    const std::string body = notice.reason.empty() ? text + ".\n" : fmt::format("{}: {}.\n", text, notice.reason);
    result.emplace_back(SendMail{tagged(settings, text), body});
    return result;
}

std::vector<Delivery> deliveries_of(const ServiceNotice& notice, const Settings& settings) {
    std::vector<Delivery> result;
    if (notice.command) result.emplace_back(RunScript{fmt::format("VS {}", notice.service), *notice.command});
    const std::string_view word = health_word(notice.health);
    add_lines(result, settings, FifoKind::lvs, fmt::format("VS {} {}\n", notice.service, word));
    if (!notice.mail || settings.mail.no_checker_emails || !mail_is_set_up(settings)) return result;
    const std::string text = fmt::format("Virtualserver {} - {}", notice.service, word);
    result.emplace_back(SendMail{tagged(settings, text), fmt::format("{} for VS {}.\n", notice.sum, notice.service)});
    return result;
}

}  // namespace

std::string server_name(const Endpoint& server, model::Protocol protocol) {
    return fmt::format("[{}]:{}:{}", server.address.text(), model::protocol_name(protocol), server.port);
}

std::string service_name(const model::ServiceKey& key) {
    return key.fwmark != 0 ? fmt::format("FWM {}", key.fwmark) : server_name({key.address, key.port}, key.protocol);
}

std::string pool_name(const model::Pool& pool) {
    if (!pool.group.empty()) return fmt::format("[{}]:0", pool.group);
    return pool.services.empty() ? pool.name : service_name(pool.services.front());
}

Settings settings_of(const model::Globals& globals, const std::string& host) {
    return {.mail = globals.mail, .all = globals.notify_fifo, .vrrp = globals.vrrp_fifo, .lvs = globals.lvs_fifo, .host = host};
}

std::vector<Delivery> deliveries(const Notice& notice, const Settings& settings) {
    return std::visit([&](const auto& each) { return deliveries_of(each, settings); }, notice);
}

}  // namespace lvx::notify
