#include "config/keepalived/reading.hh"

#include <fmt/format.h>

#include <algorithm>

namespace lvx::config::keepalived {

Reading::Reading(const std::vector<Statement>& statements, const Reader& files, const Options& options, Outcome& outcome)
    : statements_(statements), files_(files), options_(options), outcome_(outcome) {
    for (const Statement& one : statements) {
        const Keyword* keyword = find_keyword(Block::root, one.keyword());
        if (keyword == nullptr || one.words.size() < 2) continue;
        objects_.try_emplace({keyword->canonical, one.words[1].text}, &one);
    }
}

void Reading::warn(Code code, const Place& place, std::string message, std::string note) {
    report({.severity = Severity::warning, .code = code, .place = place, .message = std::move(message), .caret = {},
            .note = std::move(note)});
}

const Statement* Reading::find_object(std::string_view keyword, std::string_view name) const {
    const auto found = objects_.find({keyword, name});
    return found == objects_.end() ? nullptr : found->second;
}

std::vector<std::string_view> Reading::object_names(std::string_view keyword) const {
    std::vector<std::string_view> names;
    for (const auto& [key, statement] : objects_) {
        if (key.first == keyword) names.push_back(key.second);
    }
    return names;
}

std::string Reading::line_of(const Place& place) const {
    const std::string text = outcome_.sources.text(place);
    return text.substr(0, text.rfind(':'));
}

std::string Reading::short_place(const Place& place, const Place& near) const {
    return place.file == near.file ? fmt::format("{}:{}", place.line, place.column) : outcome_.sources.text(place);
}

Origin origin_of(const Statement& block, Block where) {
    Origin origin{.block = block.place(), .keywords = {}};
    origin.keywords.reserve(block.block.size());
    for (const Statement& one : block.block) {
        const Keyword* keyword = find_keyword(where, one.keyword());
        if (keyword == nullptr || keyword->status == Status::junk) continue;
        const auto found = std::ranges::find(origin.keywords, keyword->canonical, &std::pair<std::string_view, Place>::first);
        if (found == origin.keywords.end()) {
            origin.keywords.emplace_back(keyword->canonical, one.place());
        } else if (!first_counts(*keyword)) {
            found->second = one.place();
        }
    }
    return origin;
}

std::optional<std::int64_t> number_of(const Statement& statement, Block block) {
    const Keyword* keyword = find_keyword(block, statement.keyword());
    if (keyword == nullptr || statement.words.size() < 2) return std::nullopt;
    const auto number = read_number(*keyword, statement.words[1]);
    return number ? std::optional(*number) : std::nullopt;
}

std::optional<std::uint32_t> count_of(const Statement& statement, Block block) {
    const auto number = number_of(statement, block);
    return number ? std::optional(static_cast<std::uint32_t>(*number)) : std::nullopt;
}

std::optional<std::chrono::microseconds> duration_of(const Statement& statement, Block block) {
    const Keyword* keyword = find_keyword(block, statement.keyword());
    if (keyword == nullptr || statement.words.size() < 2) return std::nullopt;
    const bool fine = keyword->argument == Argument::milliseconds;
    const auto time = fine ? read_milliseconds(*keyword, statement.words[1]) : read_seconds(*keyword, statement.words[1]);
    return time ? std::optional(*time) : std::nullopt;
}

bool flag_of(const Statement& statement) {
    return statement.words.size() < 2 || read_flag(statement.words[1]).value_or(false);
}

std::optional<std::string> word_of(const Statement& statement) {
    return statement.words.size() < 2 ? std::nullopt : std::optional(statement.words[1].text);
}

std::optional<Address> address_of(const Statement& statement) {
    if (statement.words.size() < 2) return std::nullopt;
    const auto address = read_address(statement.words[1]);
    return address ? std::optional(*address) : std::nullopt;
}

std::optional<Port> port_of(const Statement& statement) {
    if (statement.words.size() < 2) return std::nullopt;
    const auto port = read_port(statement.words[1]);
    return port ? std::optional(*port) : std::nullopt;
}

std::optional<model::Command> command_of(const Statement& statement, Reading& reading) {
    const auto& words = statement.words;
    if (words.size() < 2) return std::nullopt;
    model::Command command{.words = command_words(words[1], reading.diagnostics())};
    if (command.words.empty()) return std::nullopt;
    if (words.size() > 2) command.user = words[2].text;
    if (words.size() > 3) command.group = words[3].text;
    return command;
}

std::optional<model::Command> lone_command_of(const Statement& statement, Reading& reading) {
    const auto& words = statement.words;
    if (words.size() < 2) return std::nullopt;
    if (words.size() > 2) {
        reading.report({.severity = Severity::warning, .code = Code::surplus_argument, .place = words[2].place,
                        .message = fmt::format("\"{}\" is not given to the command", words[2].text),
                        .note = "keepalived leaves it out as well",
                        .help = "put the command and its arguments in quotation marks"});
    }
    model::Command command{.words = command_words(words[1], reading.diagnostics())};
    return command.words.empty() ? std::nullopt : std::optional(std::move(command));
}

}  // namespace lvx::config::keepalived
