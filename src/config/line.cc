#include "config/line.hh"

#include <algorithm>

namespace lvx::config {
namespace {

std::uint32_t narrow(std::size_t number) { return static_cast<std::uint32_t>(number); }

// The first piece that begins behind `offset`.
auto piece_after(const std::vector<Piece>& pieces, std::size_t offset) {
    return std::ranges::upper_bound(pieces, offset, {}, [](const Piece& p) { return std::size_t{p.offset}; });
}

const Piece& piece_at(const std::vector<Piece>& pieces, std::size_t offset) {
    const auto after = piece_after(pieces, offset);
    return after == pieces.begin() ? *after : *(after - 1);
}

}  // namespace

Place Line::place(std::size_t offset, std::size_t width) const {
    Place result{.file = file, .line = number, .column = narrow(offset + 1), .width = narrow(width)};
    if (pieces.empty()) return result;
    const Piece& piece = piece_at(pieces, offset);
    if (piece.width != 0) {
        result.column = piece.column;
        result.width = piece.width;
        return result;
    }
    result.column = narrow(piece.column + (offset - piece.offset));
    if (width == 0) return result;
    // The end may lie in another piece: the range then reaches to that piece's end in the file.
    const Piece& last = piece_at(pieces, offset + width - 1);
    const std::size_t end = last.width != 0 ? last.column + last.width : last.column + (offset + width - last.offset);
    result.width = end > result.column ? narrow(end - result.column) : 1;
    return result;
}

Line Line::part(std::size_t from, std::size_t length) const {
    Line result{.text = text.substr(from, length), .file = file, .number = number, .pieces = {}};
    if (pieces.empty()) {
        if (from != 0) result.pieces = {{.offset = 0, .column = narrow(from + 1)}};
        return result;
    }
    Piece first = piece_at(pieces, from);
    if (first.width == 0) first.column += narrow(from) - first.offset;
    first.offset = 0;
    result.pieces.push_back(first);
    for (auto piece = piece_after(pieces, from); piece != pieces.end(); ++piece) {
        if (piece->offset >= from + result.text.size()) break;
        result.pieces.push_back(*piece);
        result.pieces.back().offset -= narrow(from);
    }
    return result;
}

void Line::append(const Line& other) {
    const Piece whole{.offset = 0, .column = 1};
    if (pieces.empty() && !text.empty()) pieces = {whole};
    const std::uint32_t shift = narrow(text.size());
    if (other.pieces.empty()) {
        pieces.push_back({.offset = shift, .column = 1});
    } else {
        for (Piece piece : other.pieces) {
            piece.offset += shift;
            pieces.push_back(piece);
        }
    }
    text += other.text;
}

void Line::append(std::string_view replacement, const Place& instead_of) {
    if (pieces.empty() && !text.empty()) pieces = {{.offset = 0, .column = 1}};
    pieces.push_back({.offset = narrow(text.size()), .column = instead_of.column, .width = std::max(instead_of.width, 1u)});
    text += replacement;
}

}  // namespace lvx::config
