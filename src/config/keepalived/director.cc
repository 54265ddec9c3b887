#include "config/keepalived/director.hh"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <limits>

#include "config/keepalived/fields.hh"
#include "config/keepalived/globals.hh"
#include "config/keepalived/head.hh"

namespace lvx::config::keepalived {
namespace {

using model::CheckTls;
using model::DirectorSettings;
using model::StateSync;
using model::SyncTuning;

constexpr Block here = Block::director;

// "NAME [HOOK]".
void read_interface(DirectorSettings& settings, const Statement& statement, Reading& reading) {
    constexpr std::size_t longest_name = 15;  // IFNAMSIZ - 1
    const auto& words = statement.words;
    if (words.size() < 2) return reading.report(missing_argument(statement, "the name of an interface belongs here"));
    if (words.size() > 3) surplus(words[3], reading.diagnostics());
    const std::string& name = words[1].text;
    if (name.empty() || name.size() > longest_name || name.find('/') != std::string::npos) {
        return reading.report({.code = Code::bad_name, .place = words[1].place,
                               .message = fmt::format("\"{}\" cannot be the name of an interface", name),
                               .caret = fmt::format("1 to {} letters", longest_name)});
    }
    std::string_view hook = "auto";
    if (words.size() > 2) hook = reading.keep(read_choice(words[2], "auto xdp xdp-generic tc")).value_or(hook);
    const auto same = [&](const auto& one) { return one.first == name; };
    if (std::ranges::any_of(settings.interfaces, same)) {
        return reading.report({.code = Code::duplicate_name, .place = words[1].place,
                               .message = fmt::format("interface {} is named twice", name)});
    }
    settings.interfaces.emplace_back(name, hook);
}

void read_drain(DirectorSettings& settings, const Statement& statement, Reading&) {
    if (const auto time = duration_of(statement, here)) settings.drain = std::chrono::ceil<std::chrono::seconds>(*time);
}

template <std::uint32_t DirectorSettings::*member>
void read_size(DirectorSettings& settings, const Statement& statement, Reading&) {
    settings.*member = count_of(statement, here).value_or(0);
}

void read_ports(DirectorSettings& settings, const Statement& statement, Reading& reading) {
    const auto ports = count_of(statement, here);
    if (!ports) return;
    if (std::has_single_bit(*ports)) settings.sync.ports = *ports;
    else reading.report({.code = Code::out_of_range, .place = statement.words[1].place,
                         .message = fmt::format("sync_ports {} is not a power of two", *ports), .caret = "1, 2, 4, 8, 16, 32 or 64"});
}

// "THRESHOLD [PERIOD]".  IPVS refuses a threshold that no packet of a period has.  It counts to 2^31, packets here are
// counted in 16 bits.
void read_threshold(DirectorSettings& settings, const Statement& statement, Reading& reading) {
    const auto& words = statement.words;
    const Keyword range{.name = "sync_threshold", .low = 0, .high = std::numeric_limits<std::uint16_t>::max()};
    if (words.size() < 2) return reading.report(missing_argument(statement, "a number of packets belongs here"));
    if (words.size() > 3) surplus(words[3], reading.diagnostics());
    const auto threshold = reading.keep(read_number(range, words[1]));
    const auto period = words.size() > 2 ? reading.keep(read_number(range, words[2])) : std::optional<std::int64_t>(settings.sync.period);
    if (!threshold || !period) return;
    if (*period != 0 && *threshold >= *period) {
        return reading.report({.code = Code::out_of_range, .place = words[1].place,
                               .message = fmt::format("the threshold {} is not below the period {}", *threshold, *period)});
    }
    settings.sync.threshold = static_cast<std::uint32_t>(*threshold);
    settings.sync.period = static_cast<std::uint32_t>(*period);
}

template <auto member>
constexpr auto into_sync = into_number<here, &DirectorSettings::sync, member>;

template <Address DirectorSettings::*member, Family family>
void read_client(DirectorSettings& settings, const Statement& statement, Reading& reading) {
    const auto& words = statement.words;
    if (words.size() < 2) return reading.report(missing_argument(statement, "an address belongs here"));
    if (words.size() > 2) surplus(words[2], reading.diagnostics());
    const auto address = reading.keep(read_address(words[1]));
    if (!address) return;
    if (address->family() == family && *address != Address::v4(0) && *address != Address::v6({})) settings.*member = *address;
    else reading.report({.code = Code::bad_address, .place = statement.words[1].place,
                         .message = fmt::format("{} cannot be the address of who checks by {}", address->text(), family == Family::v4 ? "IPv4" : "IPv6")});
}

constexpr Row<DirectorSettings> director_rows[] = {
    {"check_client", read_client<&DirectorSettings::check_client, Family::v4>},
    {"check_client6", read_client<&DirectorSettings::check_client6, Family::v6>},
    {"interface", read_interface},
    {"connections", read_size<&DirectorSettings::connections>},
    {"max_services", read_size<&DirectorSettings::max_services>},
    {"max_servers", read_size<&DirectorSettings::max_servers>},
    {"pool_words", read_size<&DirectorSettings::pool_words>},
    {"drain", read_drain},
    {"sync_threshold", read_threshold},
    {"sync_refresh_period", into_time<here, &DirectorSettings::sync, &SyncTuning::refresh>},
    {"sync_retries", into_sync<&SyncTuning::retries>},
    {"sync_ports", read_ports},
    {"sync_version", into_sync<&SyncTuning::version>},
    {"sync_persist_mode", into_flag<&DirectorSettings::sync, &SyncTuning::persist_mode>},
    {"expire_quiescent_template", into_flag<&DirectorSettings::expire_quiescent_template>},
    {"timeouts", [](DirectorSettings&, const Statement& s, Reading& r) { read_timeouts(s, r); }},
};

// "ADDRESS PORT"
std::optional<Endpoint> read_endpoint(const Statement& statement, Reading& reading) {
    const auto& words = statement.words;
    if (words.size() < 3) {
        reading.report(missing_argument(statement, "an address and a port belong here"));
        return std::nullopt;
    }
    const auto address = reading.keep(read_address(words[1]));
    const auto port = reading.keep(read_port(words[2]));
    if (words.size() > 3) surplus(words[3], reading.diagnostics());
    if (!address || !port) return std::nullopt;
    return Endpoint{.address = *address, .port = *port};
}

void read_peer(StateSync& sync, const Statement& statement, Reading& reading) {
    const auto peer = read_endpoint(statement, reading);
    if (!peer) return;
    if (std::ranges::find(sync.peers, *peer) == sync.peers.end()) return sync.peers.push_back(*peer);
    reading.report({.code = Code::duplicate_address, .place = statement.place(),
                    .message = fmt::format("peer {} is named twice", peer->text())});
}

constexpr Row<StateSync> sync_rows[] = {
    {"listen", [](StateSync& sync, const Statement& s, Reading& r) { sync.listen = read_endpoint(s, r); }},
    {"peer", read_peer},
    {"key_file", [](StateSync& sync, const Statement& s, Reading&) { sync.key_file = word_of(s).value_or(""); }},
    {"certificate", [](StateSync& sync, const Statement& s, Reading&) { sync.certificate = word_of(s).value_or(""); }},
    {"private_key", [](StateSync& sync, const Statement& s, Reading&) { sync.private_key = word_of(s).value_or(""); }},
    {"ca", [](StateSync& sync, const Statement& s, Reading&) { sync.ca = word_of(s).value_or(""); }},
    {"strict", [](StateSync& sync, const Statement& s, Reading&) { sync.strict = flag_of(s); }},
    {"opening_lease", into_time<Block::director_sync, &StateSync::opening_lease>},
    {"strict_wait", into_time<Block::director_sync, &StateSync::strict_wait>},
    {"strict_without_standby", [](StateSync& sync, const Statement& s, Reading&) { sync.strict_closed = word_of(s) == "closed"; }},
};

constexpr Row<CheckTls> ssl_rows[] = {
    {"password", [](CheckTls& tls, const Statement& s, Reading&) { tls.password = word_of(s).value_or(""); }},
    {"ca", [](CheckTls& tls, const Statement& s, Reading&) { tls.ca = word_of(s).value_or(""); }},
    {"certificate", [](CheckTls& tls, const Statement& s, Reading&) { tls.certificate = word_of(s).value_or(""); }},
    {"key", [](CheckTls& tls, const Statement& s, Reading&) { tls.key = word_of(s).value_or(""); }},
};

void refuse(const Statement& statement, std::string message, std::string help, Reading& reading) {
    reading.report({.code = Code::missing_keyword, .place = statement.place(), .message = std::move(message), .help = std::move(help)});
}

// A stream of connections is never sent or taken without knowing who is at the other end.
void judge_sync(const Statement& statement, const StateSync& sync, Reading& reading) {
    const bool certified = !sync.certificate.empty() && !sync.private_key.empty() && !sync.ca.empty();
    const bool half = !certified && (!sync.certificate.empty() || !sync.private_key.empty() || !sync.ca.empty());
    if (sync.key_file.empty() && !certified && !half) {
        refuse(statement, "directors must know each other: there is no key", "key_file, or certificate, private_key and ca", reading);
    }
    if (half) refuse(statement, "certificate, private_key and ca belong together", {}, reading);
    if (!sync.listen && sync.peers.empty()) {
        refuse(statement, "this block names neither where to listen nor a peer", "listen ADDRESS PORT, peer ADDRESS PORT", reading);
    }
}

}  // namespace

void read_director(const Statement& statement, Reading& reading) {
    read_statements<DirectorSettings>(statement, here, director_rows, reading.site().director, reading);
}

void read_director_sync(const Statement& statement, Reading& reading) {
    StateSync& sync = reading.site().state_sync ? *reading.site().state_sync : reading.site().state_sync.emplace();
    read_statements<StateSync>(statement, Block::director_sync, sync_rows, sync, reading);
    judge_sync(statement, sync, reading);
}

void read_ssl(const Statement& statement, Reading& reading) {
    read_statements<CheckTls>(statement, Block::ssl, ssl_rows, reading.site().globals.tls, reading);
}

std::vector<std::string_view> director_keywords(Block block) {
    if (block == here) return keywords_of<DirectorSettings>(director_rows);
    if (block == Block::director_sync) return keywords_of<StateSync>(sync_rows);
    return block == Block::ssl ? keywords_of<CheckTls>(ssl_rows) : std::vector<std::string_view>{};
}

}  // namespace lvx::config::keepalived
