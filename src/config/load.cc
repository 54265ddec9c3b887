#include "config/load.hh"

#include <algorithm>

#include "config/check.hh"
#include "config/keepalived/readers.hh"
#include "config/preprocess.hh"

namespace lvx::config {
namespace {

constexpr Grammar grammar = {.takes_command = takes_command, .needs_block = needs_block, .only_at_root = only_at_root};
}  // namespace

const Place* Origin::find(std::string_view keyword) const {
    const auto found = std::ranges::find(keywords, keyword, &std::pair<std::string_view, Place>::first);
    return found == keywords.end() ? nullptr : &found->second;
}

bool Outcome::usable() const { return diagnostics.errors() == 0; }

std::string Outcome::report() const { return print(diagnostics, sources, Colour::never); }

Outcome load(const Reader& reader, std::string_view main_file, const Options& options) {
    Outcome outcome;
    const auto lines = preprocess(reader, main_file, options, outcome.sources, outcome.diagnostics);
    auto statements = build_tree(lines, grammar, outcome.diagnostics);
    check(statements, outcome.diagnostics);
    keepalived::read_site(statements, reader, options, outcome);
    if (options.tolerant) outcome.diagnostics.tolerate();
    outcome.diagnostics.sort();
    outcome.statements = std::make_shared<const std::vector<Statement>>(std::move(statements));
    return outcome;
}

}  // namespace lvx::config
