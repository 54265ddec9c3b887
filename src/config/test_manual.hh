// Examples of manual pages, for tests that carry them out: what stands between .EX and .EE, escapes of man(7) undone.
#pragma once

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/text.hh"

namespace lvx::config {

inline std::vector<std::string> manual_examples(const std::string& path) {
    std::ifstream file(path);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    std::vector<std::string> found;
    bool inside = false;
    for (const std::string_view line : split_at(text, '\n')) {
        if (line == ".EX") found.emplace_back();
        if (line == ".EX" || line == ".EE") inside = line == ".EX";
        else if (inside) found.back() += std::string(line) + "\n";
    }
    for (std::string& one : found) {
        for (std::size_t at = 0; (at = one.find("\\-")) != std::string::npos;) one.erase(at, 1);
    }
    return found;
}

// Lines of examples that call this program, as words.
inline std::vector<std::vector<std::string>> manual_commands(const std::string& path, std::string_view program) {
    std::vector<std::vector<std::string>> found;
    for (const std::string& example : manual_examples(path)) {
        for (const std::string_view line : split_at(example, '\n')) {
            const auto words = split_words(line);
            if (!words.empty() && words.front() == program) found.emplace_back(words.begin(), words.end());
        }
    }
    return found;
}

}  // namespace lvx::config
