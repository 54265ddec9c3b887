#include "base/text_diff.hh"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace lvx {

namespace {

constexpr std::size_t most_cells = std::size_t{16} << 20;  // of the table of common subsequences
constexpr std::size_t context = 3;

using Lines = std::vector<std::string_view>;

Lines lines_of(std::string_view text) {
    Lines lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        lines.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

struct Edit {
    char sign;  // ' ', '-' or '+'
    std::string_view line;
};

// The longest common subsequence of the two middles, by the table everybody knows.
void add_middle(std::vector<Edit>& edits, const Lines& a, const Lines& b) {
    const std::size_t width = b.size() + 1;
    if (a.size() * width > most_cells) {
        for (const auto& line : a) edits.push_back({'-', line});
        for (const auto& line : b) edits.push_back({'+', line});
        return;
    }
    std::vector<std::uint32_t> common((a.size() + 1) * width, 0);
    for (std::size_t i = a.size(); i-- > 0;)
        for (std::size_t k = b.size(); k-- > 0;)
            common[i * width + k] = a[i] == b[k] ? common[(i + 1) * width + k + 1] + 1
                                                 : std::max(common[(i + 1) * width + k], common[i * width + k + 1]);
    std::size_t i = 0, k = 0;
    while (i < a.size() || k < b.size()) {
        if (i < a.size() && k < b.size() && a[i] == b[k]) {
            edits.push_back({' ', a[i++]});
            ++k;
        } else if (i < a.size() && (k == b.size() || common[(i + 1) * width + k] >= common[i * width + k + 1])) {
            edits.push_back({'-', a[i++]});
        } else {
            edits.push_back({'+', b[k++]});
        }
    }
}

std::vector<Edit> edits_between(const Lines& a, const Lines& b) {
    std::size_t front = 0, back = 0;
    while (front < a.size() && front < b.size() && a[front] == b[front]) ++front;
    while (back < a.size() - front && back < b.size() - front && a[a.size() - 1 - back] == b[b.size() - 1 - back]) ++back;
    std::vector<Edit> edits;
    for (std::size_t i = 0; i < front; ++i) edits.push_back({' ', a[i]});
    const auto middle = [&](const Lines& all) {
        return Lines(all.begin() + static_cast<std::ptrdiff_t>(front), all.end() - static_cast<std::ptrdiff_t>(back));
    };
    add_middle(edits, middle(a), middle(b));
    for (std::size_t i = a.size() - back; i < a.size(); ++i) edits.push_back({' ', a[i]});
    return edits;
}

// "@@ -first,count +first,count @@" and the lines from `begin` to `end`.
std::string hunk(const std::vector<Edit>& edits, std::size_t begin, std::size_t end) {
    std::size_t first_a = 1, first_b = 1, count_a = 0, count_b = 0;
    std::string lines;
    for (std::size_t i = 0; i < end; ++i) {
        const bool in_a = edits[i].sign != '+', in_b = edits[i].sign != '-';
        if (i < begin) {
            first_a += in_a;
            first_b += in_b;
            continue;
        }
        count_a += in_a;
        count_b += in_b;
        lines += edits[i].sign;
        lines += edits[i].line;
        lines += '\n';
    }
    const auto range = [](std::size_t first, std::size_t count) {
        return std::to_string(count == 0 ? first - 1 : first) + "," + std::to_string(count);
    };
    return "@@ -" + range(first_a, count_a) + " +" + range(first_b, count_b) + " @@\n" + lines;
}

}  // namespace

std::string unified_diff(std::string_view before_name, std::string_view before, std::string_view after_name, std::string_view after) {
    const std::vector<Edit> edits = edits_between(lines_of(before), lines_of(after));
    std::string text;
    for (std::size_t i = 0; i < edits.size();) {
        if (edits[i].sign == ' ') {
            ++i;
            continue;
        }
        // Changes nearer than twice the context to each other share a hunk.
        std::size_t last = i;
        for (std::size_t k = i; k < edits.size() && k <= last + 2 * context + 1; ++k)
            if (edits[k].sign != ' ') last = k;
        const std::size_t end = std::min(last + 1 + context, edits.size());
        text += hunk(edits, i > context ? i - context : 0, end);
        i = end;
    }
    if (text.empty()) return text;
    return "--- " + std::string(before_name) + "\n+++ " + std::string(after_name) + "\n" + text;
}

}  // namespace lvx
