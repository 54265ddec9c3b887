#include "cli/topic.hh"

#include <algorithm>

#include "cli/usage.hh"
#include "config/keyword_help.hh"

namespace lvx::cli {

std::expected<std::string, std::string> help_about(std::string_view name) {
    if (const auto code = config::code_help(name)) return *code;
    const auto command = help_of(name);
    const auto keyword = config::keyword_help(name);
    const bool exact = std::ranges::any_of(commands(), [&](const CommandRow& row) { return row.name == name; });
    if (command && keyword && exact) return *command + "\nAlso a keyword of the configuration:\n\n" + *keyword;
    if (keyword) return *keyword;  // rather than a command of which this may be the beginning
    if (command) return *command;
    return std::unexpected(command.error() + "lvx: " + keyword.error());
}

}  // namespace lvx::cli
