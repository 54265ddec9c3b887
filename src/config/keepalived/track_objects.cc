#include "config/keepalived/track_objects.hh"

#include <fmt/format.h>

#include "config/keepalived/fields.hh"
#include "config/keepalived/names.hh"
#include "config/keepalived/vrrp_tracks.hh"

namespace lvx::config::keepalived {
namespace {

using model::TrackFile;
using model::TrackProcess;
using model::VrrpScript;

constexpr Block script_block = Block::vrrp_script, file_block = Block::track_file, process_block = Block::vrrp_track_process;

template <Block where>
inline constexpr auto into_weight = [](auto& object, const Statement& statement, Reading&) {
    const auto weight = weight_of(statement, where);
    if (!weight) return;
    object.weight = weight->weight;
    object.reverse = weight->reverse;
};

void missing(const Statement& statement, std::string_view keyword, Reading& reading) {
    reading.report({.code = Code::missing_keyword, .place = statement.place(),
                    .message = fmt::format("{} {} has no {}", statement.keyword(), statement.words[1].text, keyword),
                    .note = "keepalived would leave out this block"});
}

// ---- vrrp_script ----

void read_script(VrrpScript& script, const Statement& statement, Reading& reading) {
    if (auto command = lone_command_of(statement, reading)) script.command.words = std::move(command->words);
}

void read_user(VrrpScript& script, const Statement& statement, Reading&) {
    const auto& words = statement.words;
    if (words.size() > 1) script.command.user = words[1].text;
    if (words.size() > 2) script.command.group = words[2].text;
}

constexpr Row<VrrpScript> script_rows[] = {
    {"script", read_script},
    {"interval", into_time<script_block, &VrrpScript::interval>},
    {"timeout", into_time<script_block, &VrrpScript::timeout>},
    {"weight", into_weight<script_block>},
    {"rise", into_number<script_block, &VrrpScript::rise>},
    {"fall", into_number<script_block, &VrrpScript::fall>},
    {"user", read_user},
    {"init_fail", into_flag<&VrrpScript::init_fail>},
};

// ---- track_file ----

// [VALUE] [overwrite]
void read_initial(TrackFile& file, const Statement& statement, Reading& reading) {
    LineCursor cursor(statement, reading, 1);
    file.initial = 0;
    while (cursor.more() && cursor.understood()) {
        const Word& word = cursor.take();
        if (word.text == "overwrite") {
            file.overwrite = true;
        } else if (parse_number(word.text)) {
            const Keyword number{.name = "init_file", .low = -2147483648, .high = 2147483647};
            if (const auto value = reading.keep(read_number(number, word))) file.initial = static_cast<std::int32_t>(*value);
        } else {
            cursor.unknown(word, "init_file", "overwrite");
        }
    }
}

constexpr Row<TrackFile> file_rows[] = {
    {"file", into_word<&TrackFile::path>},
    {"weight", into_weight<file_block>},
    {"init_file", read_initial},
};

// ---- vrrp_track_process ----

void read_process(TrackProcess& process, const Statement& statement, Reading&) {
    process.words.clear();
    for (std::size_t at = 1; at < statement.words.size(); ++at) process.words.push_back(statement.words[at].text);
}

// [initial|partial]; alone: all arguments.
void read_match(TrackProcess& process, const Statement& statement, Reading& reading) {
    process.parameters = TrackProcess::Parameters::exact;
    if (statement.words.size() < 2) return;
    const auto word = reading.keep(read_choice(statement.words[1], "initial partial"));
    if (word == "initial") process.parameters = TrackProcess::Parameters::initial;
    if (word == "partial") process.parameters = TrackProcess::Parameters::partial;
}

// Arguments that are given, or how to compare them, mean that they count.
void settle_parameters(TrackProcess& process) {
    using Parameters = TrackProcess::Parameters;
    if (process.words.size() > 1 && process.parameters == Parameters::ignored) process.parameters = Parameters::exact;
    if (process.parameters != Parameters::ignored) process.full_command = true;
}

void read_delay(TrackProcess& process, const Statement& statement, Reading&) {
    if (const auto time = duration_of(statement, process_block)) process.delay = process.terminate_delay = process.fork_delay = *time;
}

// "delay" stands for both, and is read first.
constexpr Row<TrackProcess> delay_rows[] = {{"delay", read_delay}};
constexpr Row<TrackProcess> process_rows[] = {
    {"process", read_process},
    {"param_match", read_match},
    {"weight", into_weight<process_block>},
    {"quorum", into_number<process_block, &TrackProcess::quorum>},
    {"quorum_max", into_number<process_block, &TrackProcess::quorum_max>},
    {"terminate_delay", into_time<process_block, &TrackProcess::terminate_delay>},
    {"fork_delay", into_time<process_block, &TrackProcess::fork_delay>},
    {"full_command", into_flag<&TrackProcess::full_command>},
};

}  // namespace

void read_vrrp_script(const Statement& statement, Reading& reading) {
    if (statement.words.size() < 2 || !first_of_name(statement, reading)) return;
    VrrpScript script{.name = statement.words[1].text};
    read_statements<VrrpScript>(statement, script_block, script_rows, script, reading);
    if (script.command.words.empty()) return missing(statement, "script", reading);
    reading.site().vrrp.scripts.push_back(std::move(script));
}

void read_track_file(const Statement& statement, Reading& reading) {
    if (statement.words.size() < 2 || !first_of_name(statement, reading)) return;
    TrackFile file{.name = statement.words[1].text};
    read_statements<TrackFile>(statement, file_block, file_rows, file, reading);
    if (file.path.empty()) return missing(statement, "file", reading);
    reading.site().vrrp.files.push_back(std::move(file));
}

void read_track_process(const Statement& statement, Reading& reading) {
    if (statement.words.size() < 2 || !first_of_name(statement, reading)) return;
    TrackProcess process{.name = statement.words[1].text, .weight = 0};
    read_statements<TrackProcess>(statement, process_block, delay_rows, process, reading);
    read_statements<TrackProcess>(statement, process_block, process_rows, process, reading);
    settle_parameters(process);
    if (process.words.empty()) return missing(statement, "process", reading);
    const Said said(statement, process_block);
    if (process.quorum_max && !said.has("quorum") && *process.quorum_max == 0) process.quorum = 0;
    if (process.quorum_max && *process.quorum_max < process.quorum) {
        reading.report({.code = Code::out_of_range, .place = said.place("quorum_max", statement),
                        .message = fmt::format("quorum_max {} is below quorum {}", *process.quorum_max, process.quorum),
                        .note = "keepalived would ignore one of the lines"});
        process.quorum_max.reset();
    }
    reading.site().vrrp.processes.push_back(std::move(process));
}

std::vector<std::string_view> track_keywords(Block block) {
    if (block == script_block) return keywords_of<VrrpScript>(script_rows);
    if (block == file_block) return keywords_of<TrackFile>(file_rows);
    if (block != process_block) return {};
    auto names = keywords_of<TrackProcess>(process_rows);
    names.push_back(delay_rows[0].keyword);
    return names;
}

}  // namespace lvx::config::keepalived
