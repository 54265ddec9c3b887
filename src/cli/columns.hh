// Rows of cells, aligned: each column as wide as its widest cell, two blanks between, no blanks at the end of a line.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lvx::cli {

enum class Align { left, right };

struct Column {
    std::string title;
    Align align = Align::left;
};

using Row = std::vector<std::string>;  // as many cells as there are columns

[[nodiscard]] std::string align(const std::vector<Column>& columns, const std::vector<Row>& rows);

[[nodiscard]] std::string grouped(std::uint64_t number);   // "1 048 576"
[[nodiscard]] std::string binary_size(std::uint64_t bytes);  // "94 KiB"
[[nodiscard]] std::string duration(std::uint64_t seconds);   // "3d04h", "1h02m", "12s"

}  // namespace lvx::cli
