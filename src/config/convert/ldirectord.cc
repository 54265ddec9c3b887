#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hh"
#include "config/convert/ldirectord_check.hh"
#include "config/keepalived/print.hh"
#include "model/site.hh"

namespace lvx::config::convert {
namespace {

using namespace model;

constexpr std::size_t most_in_range = 256;

// Settings that are read somewhere, of the file and of a virtual block alike.
constexpr std::array known{
    "checktimeout", "negotiatetimeout", "checkinterval", "failurecount", "fallback", "quiescent", "maintenancedir",
    "emailalert", "emailalertfrom", "smtp", "real", "real6", "fallback6", "checktype", "service", "checkport", "checkcommand",
    "request", "receive", "httpmethod", "virtualhost", "login", "passwd", "database", "secret", "scheduler", "persistent",
    "netmask", "protocol", "ops", "servicename", "comment"};

struct Unneeded {
    std::string_view key, help;
};
constexpr std::array unneeded{
    Unneeded{"autoreload", "\"lvx config apply FILE\" or a reload applies a changed file"},
    Unneeded{"callback", "a unit or an inotify watcher can run it"},
    Unneeded{"fallbackcommand", "use quorum_down and quorum_up"},
    Unneeded{"logfile", "lvxd writes to the journal"},
    Unneeded{"execute", "convert that file as well and include the result"},
    Unneeded{"supervised", "systemd supervises lvxd"},
    Unneeded{"fork", "no check waits for another"},
    Unneeded{"readdquiescent", "lvx keeps the servers of its own configuration"},
    Unneeded{"cleanstop", "see \"lvxd --on-exit\""},
    Unneeded{"checkcount", "use failurecount"},
    Unneeded{"emailalertfreq", "each change is told once"},
    Unneeded{"emailalertstatus", "changes to up and down are told"},
    Unneeded{"monitorfile", "use a FILE_CHECK with a track_file"},
    Unneeded{"load", "use a MISC_CHECK with misc_dynamic"}};

class Converter {
 public:
    Converter(const LdirectordFile& file, Notes& notes) : file_(file), notes_(notes) {}

    Site run() {
        settings_of_the_file();
        for (const Setting& one : file_.settings) judge(one);
        for (const VirtualBlock& block : file_.blocks) {
            for (const Setting& one : block.members) judge(one);
            virtual_block(block);
        }
        return std::move(site_);
    }

 private:
    void judge(const Setting& setting) {
        if (std::ranges::find(known, setting.key) != known.end()) return;
        const auto row = std::ranges::find(unneeded, setting.key, &Unneeded::key);
        if (row != unneeded.end()) {
            return notes_.no_equivalent(setting.place, fmt::format("\"{}\" has no equivalent", setting.key), std::string(row->help));
        }
        std::vector<std::string_view> names(known.begin(), known.end());
        const auto near = nearest(setting.key, names);
        notes_.wrong(setting.place, fmt::format("ldirectord knows no \"{}\"", printable(setting.key)),
                     near ? fmt::format("did you mean \"{}\"?", *near) : "");
    }

    void settings_of_the_file() {
        Mail& mail = site_.globals.mail;
        if (const Setting* alert = find_setting(file_.settings, "emailalert")) mail.recipients = {alert->value};
        if (const Setting* from = find_setting(file_.settings, "emailalertfrom")) mail.from = from->value;
        if (const Setting* smtp = find_setting(file_.settings, "smtp")) mail.server_host = smtp->value;
    }

    std::optional<ServiceKey> key_of(const Scope& scope) {
        const Setting& head = scope.block().head;
        const std::string protocol = scope.text("protocol", "tcp");
        if (const auto mark = whole_number(head.value, 1, 0xffffffff)) {
            return ServiceKey{.protocol = Protocol::ip, .address = head.key == "virtual6" ? Address::v6({}) : Address{},
                              .fwmark = static_cast<std::uint32_t>(*mark)};
        }
        const auto at = host_port(head.value);
        if (!at) {
            notes_.wrong(head.place, "neither ADDRESS:PORT nor a firewall mark", "names of hosts and services have to be written as numbers");
            return std::nullopt;
        }
        if (protocol != "tcp" && protocol != "udp") {
            notes_.wrong(scope.find("protocol")->place, "tcp, udp or fwm belongs here", {});
        }
        return ServiceKey{.protocol = protocol == "udp" ? Protocol::udp : Protocol::tcp, .address = at->address, .port = at->port};
    }

    static std::optional<Method> method_of(std::string_view word) {
        if (word == "masq") return Method::masq;
        if (word == "gate") return Method::route;
        if (word == "ipip") return Method::tunnel;
        return std::nullopt;
    }

    // "10.0.0.2->10.0.0.9:80" and what may stand behind it, one server for each address.
    struct RealLine {
        std::vector<Endpoint> endpoints;
        Server server;
        std::optional<std::string> request, receive;
    };

    std::optional<RealLine> real_line(const Setting& setting, const ServiceKey& key) {
        RealLine line;
        if (setting.words.empty()) {
            notes_.wrong(setting.place, "an address belongs here", {});
            return std::nullopt;
        }
        line.endpoints = endpoints_of(setting.words.front(), key);
        for (std::size_t i = 1; i < setting.words.size(); ++i) {
            if (!real_word(setting.words[i].text, line)) {
                notes_.wrong(setting.words[i].place, "unknown word on a line of a real server", "gate masq ipip, a weight, \"request\",\"receive\"");
            }
        }
        if (line.endpoints.empty()) return std::nullopt;
        return line;
    }

    static bool real_word(const std::string& word, RealLine& line) {
        if (const auto method = method_of(word)) {
            line.server.method = *method;
        } else if (const auto weight = whole_number(word, 0, 65535)) {
            line.server.weight = static_cast<std::uint32_t>(*weight);
        } else if (word.starts_with("l:") || word.starts_with("u:")) {
            const auto count = whole_number(std::string_view(word).substr(2), 0, 0x7fffffff);
            if (!count) return false;
            (word[0] == 'l' ? line.server.lower_threshold : line.server.upper_threshold) = static_cast<std::uint32_t>(*count);
        } else if (word == "," || word.empty()) {
            return true;
        } else if (!line.request) {
            line.request = word;
        } else if (!line.receive) {
            line.receive = word.starts_with(',') ? word.substr(1) : word;
        } else {
            return false;
        }
        return true;
    }

    std::vector<Endpoint> endpoints_of(const Piece& piece, const ServiceKey& key) {
        const std::size_t arrow = piece.text.find("->");
        const auto last = host_port(arrow == std::string::npos ? piece.text : piece.text.substr(arrow + 2));
        const auto first = arrow == std::string::npos ? last : host_port(piece.text.substr(0, arrow));
        if (!first || !last) {
            notes_.wrong(piece.place, "an address, or ADDRESS->ADDRESS, with an optional :PORT belongs here", {});
            return {};
        }
        const Port port = last->port == 0 ? key.port : last->port;
        if (arrow == std::string::npos) return {{last->address, port}};
        const bool v4 = first->address.is_v4() && last->address.is_v4();
        if (!v4 || last->address < first->address || last->address.v4_value() - first->address.v4_value() >= most_in_range) {
            notes_.wrong(piece.place, "this range of addresses is not possible", "IPv4, rising, at most 256 addresses");
            return {};
        }
        std::vector<Endpoint> all;
        for (std::uint32_t a = first->address.v4_value(); a <= last->address.v4_value(); ++a) all.push_back({Address::v4(a), port});
        return all;
    }

    void virtual_block(const VirtualBlock& block) {
        const Scope scope(file_, block);
        const auto key = key_of(scope);
        if (!key) return;
        if (site_.cluster.find(*key) != nullptr) return notes_.wrong(block.head.place, "this service is described twice", {});
        Service service{.key = *key, .scheduler = scope.text("scheduler", "wrr"), .one_packet = scope.yes("ops", false)};
        persistence(scope, service);
        Pool pool{.name = key->fwmark != 0 ? fmt::format("fwmark {}", key->fwmark) : fmt::format("{} {}", key->address.text(), key->port),
                  .services = {*key}, .maintenance_directory = scope.text("maintenancedir", "")};
        for (const Setting& member : block.members) {
            if (member.key == "real" || member.key == "real6") add_real(scope, member, service, pool);
        }
        fallback(scope, *key, pool);
        site_.cluster.services.push_back(std::move(service));
        site_.pools.push_back(std::move(pool));
    }

    void persistence(const Scope& scope, Service& service) {
        const Setting* said = scope.find("persistent");
        if (said == nullptr) return;
        Persistence persistence{.timeout = std::chrono::seconds{scope.number("persistent", 360, notes_)},
                                .prefix = static_cast<std::uint8_t>(service.key.address.is_v4() ? 32 : 128)};
        if (const Setting* mask = scope.find("netmask")) {
            const auto prefix = prefix_of(mask->value, service.key.family());
            if (prefix) persistence.prefix = *prefix;
            else notes_.wrong(mask->place, "no network mask", "255.255.255.0 for IPv4, a number of bits for IPv6");
        }
        service.persistence = persistence;
    }

    static std::optional<std::uint8_t> prefix_of(std::string_view text, Family family) {
        if (const auto bits = whole_number(text, 1, family == Family::v4 ? 32 : 128)) return static_cast<std::uint8_t>(*bits);
        const auto mask = Address::parse(text);
        if (!mask || !mask->is_v4() || family != Family::v4) return std::nullopt;
        const std::uint32_t value = mask->v4_value(), rest = ~value;
        if ((rest & (rest + 1)) != 0) return std::nullopt;
        return static_cast<std::uint8_t>(__builtin_popcount(value));
    }

    void add_real(const Scope& scope, const Setting& setting, Service& service, Pool& pool) {
        auto line = real_line(setting, service.key);
        if (!line) return;
        for (const Endpoint& endpoint : line->endpoints) {
            if (std::ranges::find(service.servers, endpoint, &Server::endpoint) != service.servers.end()) {
                notes_.wrong(setting.place, fmt::format("{} is listed twice", endpoint.text()), {});
                continue;
            }
            Server server = line->server;
            server.endpoint = endpoint;
            WatchedServer watched{.endpoint = endpoint, .weight = server.weight, .inhibit_on_failure = scope.yes("quiescent", true)};
            watched.checks = checks_of(scope, service.key, {endpoint, line->request, line->receive, setting.place}, notes_);
            service.servers.push_back(server);
            pool.servers.push_back(std::move(watched));
        }
    }

    void fallback(const Scope& scope, const ServiceKey& key, Pool& pool) {
        const Setting* said = scope.find(key.address.is_v4() ? "fallback" : "fallback6");
        if (said == nullptr || said->words.empty()) return;
        const auto at = host_port(said->words.front().text);
        if (!at) return notes_.wrong(said->place, "an address with an optional :PORT belongs here", {});
        Sorry sorry{.endpoint = {at->address, at->port == 0 ? key.port : at->port}};
        if (said->words.size() > 1) sorry.method = method_of(said->words[1].text).value_or(Method::masq);
        pool.sorry = sorry;
    }

    const LdirectordFile& file_;
    Notes& notes_;
    Site site_;
};

}  // namespace

Conversion from_ldirectord(const TextFile& text) {
    Conversion result;
    const FileNumber number = result.sources.add(text.name, text.text);
    Notes notes(result.diagnostics);
    const LdirectordFile file = read_ldirectord(result.sources, number, notes);
    const Site site = Converter(file, notes).run();
    result.diagnostics.sort();
    if (result.usable()) result.text = keepalived::print(site);
    return result;
}

}  // namespace lvx::config::convert
