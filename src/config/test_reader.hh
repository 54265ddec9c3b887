// A Reader of files that are written in the test.
#pragma once

#include <cerrno>
#include <map>
#include <string>

#include "config/reader.hh"

namespace lvx::config {

inline Reader reader_of(std::map<std::string, std::string, std::less<>> files) {
    const auto read = [files](std::string_view path) -> Result<std::string> {
        const auto found = files.find(path);
        if (found == files.end()) return refusal("cannot open " + std::string(path), ENOENT);
        return found->second;
    };
    // Knows one "*", at the end of the folder part: enough for tests of what the loader does with the names.
    const auto match = [files](std::string_view pattern) {
        std::vector<std::string> names;
        const std::size_t star = pattern.find('*');
        for (const auto& [name, text] : files) {
            const bool same = star == std::string_view::npos && name == pattern;
            const bool wild = star != std::string_view::npos && name.size() + 1 >= pattern.size() &&
                              name.starts_with(pattern.substr(0, star)) && name.ends_with(pattern.substr(star + 1));
            if (same || wild) names.push_back(name);
        }
        return names;
    };
    return {.read = read, .match = match};
}

}  // namespace lvx::config
