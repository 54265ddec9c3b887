// Files and places in them.  A Place is what a diagnostic points at: a range of one line of one file.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace lvx::config {

using FileNumber = std::uint32_t;

struct Place {
    FileNumber file = 0;
    std::uint32_t line = 0;    // from 1; 0: the file as a whole
    std::uint32_t column = 0;  // from 1, in bytes; 0: the line as a whole
    std::uint32_t width = 0;   // bytes from column on; 0: just the position
    auto operator<=>(const Place&) const = default;
};

// The files read, by number, in the order in which they were opened.
class Sources {
 public:
    // A file read once more, with the same text, keeps its number.
    [[nodiscard]] FileNumber add(std::string name, std::string text);
    [[nodiscard]] std::size_t count() const { return files_.size(); }
    [[nodiscard]] std::string_view name(FileNumber file) const;
    [[nodiscard]] std::uint32_t lines(FileNumber file) const;
    // All of it.
    [[nodiscard]] std::string_view whole(FileNumber file) const;
    // Line `line` (from 1) without its line end (LF or CR LF).
    [[nodiscard]] std::string_view line(FileNumber file, std::uint32_t line) const;
    // "file:line:column", as far as known.
    [[nodiscard]] std::string text(const Place& place) const;

 private:
    struct File {
        std::string name, text;
        std::vector<std::size_t> starts;  // offset of each line, and of the end
    };
    std::vector<File> files_;
    std::map<std::string, FileNumber, std::less<>> numbers_;  // the last one of each name
};

}  // namespace lvx::config
