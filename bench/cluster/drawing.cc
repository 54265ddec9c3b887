#include "drawing.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace lvx::bench {
namespace {

// Pixels.
constexpr int panel_width = 460, panel_gap = 20, title_height = 26, bar_height = 20, bar_gap = 6, name_width = 130;
constexpr int value_width = 70, bar_width = panel_width - name_width - value_width, panels_per_line = 3, margin = 16;
constexpr std::size_t bars_at_most = 6;
constexpr int panel_height = title_height + static_cast<int>(bars_at_most) * (bar_height + bar_gap) + panel_gap;

constexpr std::array<std::string_view, 6> colours = {"#9aa5b1", "#52606d", "#c98a2b", "#a3512f", "#1f7a5c", "#2b6cb0"};

// The same way of building a director has the same colour in all panels.
std::string_view colour_of(const std::vector<std::string>& names, std::string_view name) {
    const auto place = static_cast<std::size_t>(std::ranges::find(names, name) - names.begin());
    return colours[place % colours.size()];
}

std::vector<std::string> names_in(const std::vector<Panel>& panels) {
    std::vector<std::string> names;
    for (const Panel& panel : panels) {
        for (const Bar& bar : panel.bars) {
            if (std::ranges::find(names, bar.name) == names.end()) names.push_back(bar.name);
        }
    }
    return names;
}

std::string number(double value) {
    if (value >= 1000) return fmt::format("{:.0f}", value);
    return fmt::format("{:.3g}", value);
}

std::string draw_panel(const Panel& panel, int left, int top, const std::vector<std::string>& names) {
    const auto largest = std::ranges::max_element(panel.bars, {}, &Bar::value);
    std::string text = fmt::format("<text x=\"{}\" y=\"{}\" font-weight=\"bold\">{}</text>\n", left, top + 14, panel.title);
    int y = top + title_height;
    for (const Bar& bar : panel.bars) {
        const double share = largest->value > 0 ? bar.value / largest->value : 0;
        const int baseline = y + bar_height - 5, start = left + name_width;
        text += fmt::format("<text x=\"{}\" y=\"{}\">{}</text>", left, baseline, bar.name);
        text += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{:.1f}\" height=\"{}\" fill=\"{}\"/>", start, y,
                            share * bar_width, bar_height, colour_of(names, bar.name));
        text += fmt::format("<text x=\"{:.1f}\" y=\"{}\">{}</text>\n", start + share * bar_width + 6, baseline, number(bar.value));
        y += bar_height + bar_gap;
    }
    return text;
}

}  // namespace

std::string drawing(const std::vector<Panel>& panels) {
    const int count = static_cast<int>(panels.size());
    const int lines = (count + panels_per_line - 1) / panels_per_line;
    const int width = 2 * margin + panels_per_line * (panel_width + panel_gap), height = 2 * margin + lines * panel_height;
    const std::vector<std::string> names = names_in(panels);
    std::string text = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" "
        "font-family=\"sans-serif\" font-size=\"13\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
        width, height);
    for (int i = 0; i < count; ++i) {
        const int left = margin + i % panels_per_line * (panel_width + panel_gap), top = margin + i / panels_per_line * panel_height;
        text += draw_panel(panels[static_cast<std::size_t>(i)], left, top, names);
    }
    return text + "</svg>\n";
}

}  // namespace lvx::bench
