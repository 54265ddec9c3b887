#include "config/convert/ldirectord_lines.hh"

#include <cctype>

#include "base/text.hh"

namespace lvx::config::convert {

namespace {

std::string_view without_comment(std::string_view line) {
    bool quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '"') quoted = !quoted;
        if (line[i] == '#' && !quoted) return line.substr(0, i);
    }
    return line;
}

bool indented(std::string_view line) { return line.starts_with('\t') || line.starts_with("    "); }

std::optional<Setting> setting_of(FileLine line, Notes& notes) {
    line.text = without_comment(line.text);
    const std::size_t equals = line.text.find('=');
    if (equals == std::string_view::npos) {
        notes.wrong(line.place, "this is no \"key = value\" line", {});
        return std::nullopt;
    }
    Setting setting;
    for (const char c : trim(line.text.substr(0, equals))) setting.key += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    setting.words = pieces_of(line, equals + 1);
    const std::string_view value = trim(line.text.substr(equals + 1));
    const bool quoted = value.size() >= 2 && value.front() == value.back() && (value.front() == '"' || value.front() == '\'');
    setting.value = std::string(quoted ? value.substr(1, value.size() - 2) : value);
    setting.place = line.place;
    if (!setting.words.empty()) {
        setting.place = setting.words.front().place;
        const Place& last = setting.words.back().place;
        setting.place.width = last.column + last.width - setting.place.column;
    }
    return setting;
}

}  // namespace

LdirectordFile read_ldirectord(const Sources& sources, FileNumber file, Notes& notes) {
    LdirectordFile result;
    for (const FileLine& line : lines_of(sources, file)) {
        if (trim(without_comment(line.text)).empty()) continue;
        auto setting = setting_of(line, notes);
        if (!setting) continue;
        const bool opens = setting->key == "virtual" || setting->key == "virtual6";
        if (opens) {
            result.blocks.push_back({std::move(*setting), {}});
        } else if (indented(line.text) && !result.blocks.empty()) {
            result.blocks.back().members.push_back(std::move(*setting));
        } else {
            result.settings.push_back(std::move(*setting));
        }
    }
    return result;
}

const Setting* find_setting(const std::vector<Setting>& settings, std::string_view key) {
    const Setting* found = nullptr;
    for (const Setting& one : settings) {
        if (one.key == key) found = &one;
    }
    return found;
}

}  // namespace lvx::config::convert
