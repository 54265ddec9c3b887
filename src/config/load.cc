#include "config/load.hh"

#include <fmt/format.h>

#include "config/check.hh"
#include "config/keepalived/service.hh"
#include "config/preprocess.hh"
#include "config/value.hh"

namespace lvx::config {
namespace {

constexpr Grammar grammar = {.takes_command = takes_command, .needs_block = needs_block, .only_at_root = only_at_root};
constexpr std::int64_t longest_timeout = 2678400;  // 31 days in seconds

// "lvs_timeouts [tcp S] [tcpfin S] [udp S]"; 0 keeps the default.
void read_timeouts(const Statement& statement, Outcome& outcome) {
    if (statement.words.size() < 2) {
        return outcome.diagnostics.add(missing_argument(statement, "[tcp S] [tcpfin S] [udp S]"));
    }
    for (std::size_t at = 1; at < statement.words.size(); at += 2) {
        const auto which = read_choice(statement.words[at], "tcp tcpfin udp");
        if (!which) return outcome.diagnostics.add(which.error());
        const Keyword keyword{.name = *which, .low = 0, .high = longest_timeout};
        if (at + 1 == statement.words.size()) {
            return outcome.diagnostics.add(missing_argument(statement, "a number of seconds belongs here"));
        }
        const auto seconds = read_number(keyword, statement.words[at + 1]);
        if (!seconds) {
            outcome.diagnostics.add(seconds.error());
            continue;
        }
        model::Timeouts& timeouts = outcome.cluster.timeouts;
        auto& field = *which == "tcp" ? timeouts.tcp : *which == "tcpfin" ? timeouts.tcp_fin : timeouts.udp;
        if (*seconds != 0) field = std::chrono::seconds{*seconds};
    }
}

void read_globals(const Statement& globals, Outcome& outcome) {
    for (const Statement& statement : globals.block) {
        if (statement.keyword() == "lvs_timeouts") read_timeouts(statement, outcome);
    }
}

}  // namespace

bool Outcome::usable() const { return diagnostics.errors() == 0; }

std::string Outcome::report() const { return print(diagnostics, sources, Colour::never); }

Outcome load(const Reader& reader, std::string_view main_file, const Options& options) {
    Outcome outcome;
    const auto lines = preprocess(reader, main_file, options, outcome.sources, outcome.diagnostics);
    const auto statements = build_tree(lines, grammar, outcome.diagnostics);
    check(statements, outcome.diagnostics);
    for (const Statement& statement : statements) {
        if (statement.keyword() == "global_defs") read_globals(statement, outcome);
        if (statement.keyword() == "virtual_server") keepalived::read_virtual_server(statement, outcome);
    }
    outcome.diagnostics.sort();
    return outcome;
}

}  // namespace lvx::config
