// MISC_CHECK, FILE_CHECK and BFD_CHECK: checks that speak to no real server.
#include <fmt/format.h>

#include <algorithm>

#include "config/keepalived/check_draft.hh"
#include "config/keepalived/names.hh"

namespace lvx::config::keepalived {
namespace {

model::MiscCheck& misc(CheckDraft& draft) { return std::get<model::MiscCheck>(draft.kind); }

void read_path(CheckDraft& draft, const Statement& statement, Reading& reading) {
    if (auto command = lone_command_of(statement, reading)) misc(draft).command.words = std::move(command->words);
}

void read_user(CheckDraft& draft, const Statement& statement, Reading&) {
    const auto& words = statement.words;
    if (words.size() > 1) misc(draft).command.user = words[1].text;
    if (words.size() > 2) misc(draft).command.group = words[2].text;
}

void read_timeout(CheckDraft& draft, const Statement& statement, Reading&) {
    if (const auto timeout = duration_of(statement, Block::misc_check)) misc(draft).timeout = *timeout;
}

constexpr Row<CheckDraft> misc_rows[] = {
    {"misc_path", read_path},
    {"misc_timeout", read_timeout},
    {"misc_dynamic", [](CheckDraft& d, const Statement&, Reading&) { misc(d).dynamic = true; }},
    {"user", read_user},
};

CheckDraft read_misc(const Statement& statement, Reading& reading) {
    CheckDraft draft{.defaults = {.retry = 0}, .kind = model::MiscCheck{}};
    read_check_block<Block::misc_check>(statement, misc_rows, draft, reading);
    if (!misc(draft).command.words.empty()) return draft;
    draft.usable = false;
    const auto path = std::ranges::find(statement.block, "misc_path", &Statement::keyword);
    const bool said = path != statement.block.end() && path->words.size() < 2;  // a missing argument is reported already
    if (!said) {
        reading.report({.code = Code::missing_keyword, .place = statement.place(), .message = "this MISC_CHECK runs nothing",
                        .note = "keepalived would leave it out", .help = "misc_path \"/path/of/a/program argument\""});
    }
    return draft;
}

bool defined(const Statement& statement, std::string_view keyword, Reading& reading) {
    return statement.words.size() < 2 || expect_object(statement.words[1], keyword, reading) != nullptr;
}

model::FileCheck& file(CheckDraft& draft) { return std::get<model::FileCheck>(draft.kind); }

void read_track_file(CheckDraft& draft, const Statement& statement, Reading& reading) {
    file(draft).track_file = word_of(statement).value_or("");
    draft.usable = defined(statement, "track_file", reading);
}

// "weight N [reverse]".
void read_weight(CheckDraft& draft, const Statement& statement, Reading& reading) {
    constexpr Keyword weight{.name = "weight", .low = -2147483647, .high = 2147483647};
    const auto& words = statement.words;
    if (words.size() < 2) return reading.report(missing_argument(statement, "a number belongs here"));
    if (const auto number = reading.keep(read_number(weight, words[1]))) file(draft).weight = static_cast<std::int32_t>(*number);
    if (words.size() > 2) file(draft).reverse = reading.keep(read_choice(words[2], "reverse")).has_value();
}

constexpr Row<CheckDraft> file_rows[] = {{"track_file", read_track_file}, {"weight", read_weight}};

void refuse_without(const Statement& statement, std::string_view keyword, CheckDraft& draft, Reading& reading) {
    if (std::ranges::find(statement.block, keyword, &Statement::keyword) != statement.block.end()) return;
    draft.usable = false;
    reading.report({.code = Code::missing_keyword, .place = statement.place(),
                    .message = fmt::format("this {} lacks its {}", statement.keyword(), keyword),
                    .note = "keepalived would leave it out"});
}

CheckDraft read_file(const Statement& statement, Reading& reading) {
    CheckDraft draft{.kind = model::FileCheck{}};
    read_statements<CheckDraft>(statement, Block::file_check, file_rows, draft, reading);
    refuse_without(statement, "track_file", draft, reading);
    return draft;
}

void read_session(CheckDraft& draft, const Statement& statement, Reading& reading) {
    std::get<model::BfdCheck>(draft.kind).name = word_of(statement).value_or("");
    draft.usable = defined(statement, "bfd_instance", reading);
}

constexpr Row<CheckDraft> bfd_rows[] = {{"name", read_session}};

CheckDraft read_bfd(const Statement& statement, Reading& reading) {
    CheckDraft draft{.kind = model::BfdCheck{}};
    read_check_block<Block::bfd_check>(statement, bfd_rows, draft, reading);
    refuse_without(statement, "name", draft, reading);
    return draft;
}

}  // namespace

std::span<const CheckKindReader> local_checks() {
    static constexpr CheckKindReader kinds[] = {{"MISC_CHECK", Block::misc_check, read_misc, misc_rows},
                                                {"FILE_CHECK", Block::file_check, read_file, file_rows},
                                                {"BFD_CHECK", Block::bfd_check, read_bfd, bfd_rows}};
    return kinds;
}

}  // namespace lvx::config::keepalived
