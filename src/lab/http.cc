#include "lab/http.hh"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace lvx::lab::http {
namespace {

// Longer heads are refused: nobody in a laboratory sends one.
constexpr std::size_t head_limit = 16 * 1024;
constexpr std::string_view head_end = "\r\n\r\n";

char lower(char letter) { return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + 32) : letter; }

bool same_word(std::string_view left, std::string_view right) {
    return std::ranges::equal(left, right, {}, lower, lower);
}

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

struct Head {
    Progress progress = Progress::partial;
    std::size_t length = 0;
    std::string_view first_line, fields;
};

Head split_head(std::string_view bytes) {
    const std::size_t end = bytes.find(head_end);
    if (end == std::string_view::npos) {
        return {.progress = bytes.size() > head_limit ? Progress::malformed : Progress::partial};
    }
    const std::string_view head = bytes.substr(0, end + 2);
    const std::size_t line = head.find("\r\n");
    return {Progress::whole, end + head_end.size(), head.substr(0, line), head.substr(line + 2)};
}

std::optional<std::string_view> field(std::string_view fields, std::string_view name) {
    while (!fields.empty()) {
        const std::size_t end = fields.find("\r\n");
        const std::string_view line = fields.substr(0, end);
        const std::size_t colon = line.find(':');
        if (colon != std::string_view::npos && same_word(line.substr(0, colon), name)) return trimmed(line.substr(colon + 1));
        if (end == std::string_view::npos) return std::nullopt;
        fields.remove_prefix(end + 2);
    }
    return std::nullopt;
}

template <class Number>
std::optional<Number> number(std::string_view text) {
    Number value{};
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

Afterwards wish(std::string_view version, std::string_view fields) {
    const std::string_view connection = field(fields, "Connection").value_or("");
    const bool stays = version == "HTTP/1.0" ? same_word(connection, "keep-alive") : !same_word(connection, "close");
    return stays ? Afterwards::keep_alive : Afterwards::close;
}

std::string_view word(Afterwards afterwards) { return afterwards == Afterwards::close ? "close" : "keep-alive"; }

std::string_view reason(int status) {
    switch (status) {
        case 200: return "OK";
        case 400: return "Bad Request";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        default: return "Other";
    }
}

}  // namespace

Request read_request(std::string_view bytes) {
    const Head head = split_head(bytes);
    if (head.progress != Progress::whole) return {.progress = head.progress};
    const std::size_t first = head.first_line.find(' ');
    const std::size_t last = head.first_line.rfind(' ');
    if (first == std::string_view::npos || first == 0 || last == first) return {.progress = Progress::malformed};
    const std::string_view version = head.first_line.substr(last + 1);
    if (!version.starts_with("HTTP/1.")) return {.progress = Progress::malformed};
    return {.progress = Progress::whole,
            .length = head.length,
            .method = head.first_line.substr(0, first),
            .target = head.first_line.substr(first + 1, last - first - 1),
            .afterwards = wish(version, head.fields)};
}

ResponseHead read_response_head(std::string_view bytes) {
    const Head head = split_head(bytes);
    if (head.progress != Progress::whole) return {.progress = head.progress};
    // "HTTP/1.1 200 OK": the status stands after the first blank, three digits long.
    const bool named = head.first_line.starts_with("HTTP/1.") && head.first_line.size() >= 12;
    const auto status = named ? number<int>(head.first_line.substr(9, 3)) : std::nullopt;
    if (!status || *status < 100) return {.progress = Progress::malformed};
    ResponseHead response{.progress = Progress::whole, .length = head.length, .status = *status};
    if (const auto text = field(head.fields, "Content-Length")) {
        response.body_length = number<std::uint64_t>(*text);
        if (!response.body_length) response.progress = Progress::malformed;
    }
    return response;
}

std::string request_text(std::string_view host, std::string_view target, Afterwards afterwards) {
    return fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nConnection: {}\r\n\r\n", target, host, word(afterwards));
}

std::string response_head(int status, std::string_view type, std::uint64_t body_length, Afterwards afterwards) {
    return fmt::format("HTTP/1.1 {} {}\r\nServer: lvx-lab\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: {}\r\n\r\n",
                       status, reason(status), type, body_length, word(afterwards));
}

}  // namespace lvx::lab::http
