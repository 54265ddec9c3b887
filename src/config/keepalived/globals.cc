#include "config/keepalived/globals.hh"

namespace lvx::config::keepalived {
namespace {

using model::Globals;

constexpr std::int64_t longest_timeout = 2678400;  // 31 days in seconds

// "lvs_timeouts [tcp S] [tcpfin S] [udp S]"; 0 keeps the default.
void read_timeouts(Globals&, const Statement& statement, Reading& reading) {
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

constexpr Row<Globals> rows[] = {
    {"lvs_timeouts", read_timeouts},
    {"random_seed", [](Globals&, const Statement&, Reading&) {}},  // read by the stage that replaces ${_RANDOM}
};

}  // namespace

void read_globals(const Statement& statement, Reading& reading) {
    read_statements<Globals>(statement, Block::global_defs, rows, reading.site().globals, reading);
}

std::vector<std::string_view> globals_keywords(Block block) {
    return block == Block::global_defs ? keywords_of<Globals>(rows) : std::vector<std::string_view>{};
}

}  // namespace lvx::config::keepalived
