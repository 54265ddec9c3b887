#include "api/http_message.hh"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

namespace lvx::api {

namespace {

bool same_word(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
    return text;
}

template <class T>
std::optional<T> number(std::string_view text) {
    T value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::expected<std::uint32_t, std::string> parse_status_line(std::string_view line) {
    constexpr std::string_view version = "HTTP/1.1 ";
    constexpr std::size_t digits = 3;
    const auto status = line.starts_with(version) ? number<std::uint32_t>(line.substr(version.size(), digits)) : std::nullopt;
    if (!status) return std::unexpected(fmt::format("\"{}\" is no HTTP/1.1 status line", line.substr(0, 80)));
    return *status;
}

}  // namespace

std::string request_text(std::string_view method, std::string_view target, std::string_view body) {
    std::string text = fmt::format("{} {} HTTP/1.1\r\nHost: lvx\r\n", method, target);
    if (!body.empty()) text += "Content-Type: application/json\r\n";
    if (method != "GET") text += fmt::format("Content-Length: {}\r\n", body.size());
    return text + "\r\n" + std::string(body);
}

std::expected<AnswerHead, std::string> parse_answer_head(std::string_view head) {
    AnswerHead result;
    std::optional<std::size_t> length;
    const std::string_view first = head.substr(0, head.find('\n'));
    const auto status = parse_status_line(trimmed(first));
    if (!status) return std::unexpected(status.error());
    result.status = *status;
    head.remove_prefix(std::min(head.size(), first.size() + 1));
    while (!head.empty()) {
        const std::string_view line = head.substr(0, head.find('\n'));
        head.remove_prefix(std::min(head.size(), line.size() + 1));
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) return std::unexpected("a header line without a colon");
        const std::string_view name = line.substr(0, colon), value = trimmed(line.substr(colon + 1));
        if (same_word(name, "content-type")) result.content_type = value;
        if (same_word(name, "link")) result.link = value;
        if (same_word(name, "transfer-encoding")) return std::unexpected("an answer with a transfer encoding");
        if (!same_word(name, "content-length")) continue;
        if (length) return std::unexpected("two Content-Length lines");
        length = number<std::size_t>(value);
        if (!length) return std::unexpected("a Content-Length that is no number");
    }
    if (!length) return std::unexpected("an answer without Content-Length");
    if (*length > answer_body_limit) return std::unexpected("an answer of more than 1 GiB");
    result.content_length = *length;
    return result;
}

std::string next_link(std::string_view link) {
    const std::size_t end = link.find('>');
    if (!link.starts_with('<') || end == std::string_view::npos || !link.substr(end).contains("rel=\"next\"")) return {};
    return std::string(link.substr(1, end - 1));
}

}  // namespace lvx::api
