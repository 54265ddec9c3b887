// A line of configuration after includes, conditions and definitions: text to be read, and for every byte of it the
// place in a file that is to blame.
//
//   file:   "  priority $PRIO   # master"            text:  "  priority 200"
//   pieces: offset 0 from column 1 verbatim; offset 11 (width 3) stands for columns 12..16
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/source.hh"

namespace lvx::config {

struct Piece {
    std::uint32_t offset = 0;  // in Line::text, up to the next piece
    std::uint32_t column = 1;  // in the file
    std::uint32_t width = 0;   // 0: verbatim, byte for byte; else all of the piece stands for this range
};

struct Line {
    std::string text;
    FileNumber file = 0;
    std::uint32_t number = 0;
    std::vector<Piece> pieces;  // by offset; empty: the whole text is verbatim from column 1

    [[nodiscard]] Place place(std::size_t offset, std::size_t width) const;
    // A part of this line as a line of its own, with the same places.
    [[nodiscard]] Line part(std::size_t from, std::size_t length) const;
    void append(const Line& other);
    // Text that stands for a range of the file.
    void append(std::string_view replacement, const Place& instead_of);
};

}  // namespace lvx::config
