#include "cli/columns.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/ensure.hh"

namespace lvx::cli {

namespace {

std::string line_of(const Row& row, const std::vector<Column>& columns, const std::vector<std::size_t>& widths) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
        if (i != 0) line += "  ";
        const std::size_t padding = widths[i] - row[i].size();
        if (columns[i].align == Align::right) line.append(padding, ' ');
        line += row[i];
        if (columns[i].align == Align::left) line.append(padding, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    return line + "\n";
}

}  // namespace

std::string align(const std::vector<Column>& columns, const std::vector<Row>& rows) {
    Row titles;
    for (const Column& column : columns) titles.push_back(column.title);
    std::vector<std::size_t> widths;
    for (const std::string& title : titles) widths.push_back(title.size());
    for (const Row& row : rows) {
        ensure(row.size() == columns.size());
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    }
    std::string text = line_of(titles, columns, widths);
    for (const Row& row : rows) text += line_of(row, columns, widths);
    return text;
}

std::string grouped(std::uint64_t number) {
    std::string text = std::to_string(number);
    for (std::size_t place = text.size(); place > 3; place -= 3) text.insert(place - 3, " ");
    return text;
}

std::string binary_size(std::uint64_t bytes) {
    constexpr std::array units{"B", "KiB", "MiB", "GiB"};
    std::size_t unit = 0;
    std::uint64_t whole = bytes;
    while (whole >= 10 * 1024 && unit + 1 < units.size()) {
        whole /= 1024;
        ++unit;
    }
    return fmt::format("{} {}", whole, units[unit]);
}

std::string duration(std::uint64_t seconds) {
    constexpr std::uint64_t minute = 60, hour = 60 * minute, day = 24 * hour;
    if (seconds < minute) return fmt::format("{}s", seconds);
    if (seconds < hour) return fmt::format("{}m{:02}s", seconds / minute, seconds % minute);
    if (seconds < day) return fmt::format("{}h{:02}m", seconds / hour, seconds % hour / minute);
    return fmt::format("{}d{:02}h", seconds / day, seconds % day / hour);
}

}  // namespace lvx::cli
