#include "config/convert/text.hh"

#include "base/text.hh"

namespace lvx::config::convert {

std::vector<FileLine> lines_of(const Sources& sources, FileNumber file) {
    std::vector<FileLine> lines;
    for (std::uint32_t number = 1; number <= sources.lines(file); ++number) {
        lines.push_back({sources.line(file, number), {.file = file, .line = number, .column = 1}});
    }
    return lines;
}

std::vector<Piece> pieces_of(const FileLine& line, std::size_t from) {
    constexpr std::string_view blanks = " \t\r\v\f";
    std::vector<Piece> pieces;
    const std::string_view text = line.text;
    for (std::size_t at = text.find_first_not_of(blanks, from); at < text.size(); at = text.find_first_not_of(blanks, at)) {
        const bool quoted = text[at] == '"' || text[at] == '\'';
        const std::size_t begin = quoted ? at + 1 : at;
        std::size_t end = quoted ? text.find(text[at], begin) : text.find_first_of(blanks, begin);
        if (end == std::string_view::npos) end = text.size();
        Place place = line.place;
        place.column = static_cast<std::uint32_t>(at + 1);
        place.width = static_cast<std::uint32_t>(end - begin + (quoted ? 2 : 0));
        pieces.push_back({std::string(text.substr(begin, end - begin)), place});
        at = quoted ? end + 1 : end;
    }
    return pieces;
}

void Notes::no_equivalent(const Place& place, std::string message, std::string help) {
    diagnostics_.add({.severity = Severity::warning, .code = Code::no_equivalent, .place = place, .message = std::move(message),
                      .help = std::move(help)});
}

void Notes::choose(const Place& place, std::string message, std::string help) {
    diagnostics_.add({.severity = Severity::warning, .code = Code::converted_otherwise, .place = place,
                      .message = std::move(message), .help = std::move(help)});
}

void Notes::wrong(const Place& place, std::string message, std::string help) {
    diagnostics_.add({.severity = Severity::error, .code = Code::foreign_line, .place = place, .message = std::move(message),
                      .help = std::move(help)});
}

std::optional<HostPort> host_port(std::string_view text) {
    HostPort result;
    std::string_view host = text, port;
    if (text.starts_with('[')) {
        const std::size_t close = text.find(']');
        if (close == std::string_view::npos) return std::nullopt;
        host = text.substr(1, close - 1);
        if (close + 1 < text.size()) {
            if (text[close + 1] != ':') return std::nullopt;
            port = text.substr(close + 2);
            if (port.empty()) return std::nullopt;
        }
    } else if (const std::size_t colon = text.find(':'); colon != std::string_view::npos && colon == text.rfind(':')) {
        host = text.substr(0, colon);
        port = text.substr(colon + 1);
        if (port.empty()) return std::nullopt;
    }
    const auto address = Address::parse(host);
    if (!address) return std::nullopt;
    result.address = *address;
    if (port.empty()) return result;
    const auto number = parse_port(port);
    if (!number) return std::nullopt;
    result.port = *number;
    return result;
}

std::optional<std::chrono::microseconds> duration(std::string_view text) {
    constexpr std::int64_t longest = 1'000'000;  // seconds
    std::int64_t divisor = 1;                    // of microseconds
    if (text.ends_with("ms")) {
        text.remove_suffix(2);
        divisor = 1000;
    } else if (text.ends_with("s")) {
        text.remove_suffix(1);
    }
    const auto millionths = parse_millionths(text);
    if (!millionths || *millionths / divisor > longest * 1'000'000) return std::nullopt;
    return std::chrono::microseconds{*millionths / divisor};
}

std::optional<std::int64_t> whole_number(std::string_view text, std::int64_t low, std::int64_t high) {
    const auto number = parse_integer(text);
    return number && *number >= low && *number <= high ? number : std::nullopt;
}

}  // namespace lvx::config::convert
