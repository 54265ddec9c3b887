// ldirectord.cf as settings: "key = value" lines of the file as a whole, and "virtual" blocks with their indented members.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/convert/text.hh"

namespace lvx::config::convert {

struct Setting {
    std::string key;    // lower case
    std::string value;  // without surrounding quotation marks
    std::vector<Piece> words;  // of the value
    Place place;        // of the value
};

struct VirtualBlock {
    Setting head;       // "virtual", "virtual6"
    std::vector<Setting> members;
};

struct LdirectordFile {
    std::vector<Setting> settings;
    std::vector<VirtualBlock> blocks;
};

[[nodiscard]] LdirectordFile read_ldirectord(const Sources& sources, FileNumber file, Notes& notes);

// The last setting of this key; null if none.
[[nodiscard]] const Setting* find_setting(const std::vector<Setting>& settings, std::string_view key);

}  // namespace lvx::config::convert
