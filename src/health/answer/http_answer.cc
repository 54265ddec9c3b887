#include "health/answer/http_answer.hh"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.hh"

namespace lvx::health {
namespace {

bool same_word(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return std::ranges::equal(a, b, {}, lower, lower);
}

template <class Number>
std::optional<Number> number(std::string_view text, int base) {
    Number value{};
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

HttpAnswer::State HttpAnswer::fail(std::string why) {
    wrong_ = std::move(why);
    return state_ = State::wrong;
}

HttpAnswer::State HttpAnswer::feed(std::string_view bytes) {
    while (state_ == State::reading && !bytes.empty()) {
        if (part_ == Part::body || part_ == Part::chunk) {
            body(bytes);
            continue;
        }
        const auto text = take_line(bytes);
        if (state_ == State::wrong || !text) break;
        line(*text);
        line_.clear();
    }
    return state_;
}

HttpAnswer::State HttpAnswer::closed() {
    if (state_ != State::reading) return state_;
    if (part_ == Part::status_line) return fail(header_bytes_ == 0 ? "closed without an answer" : "closed within the status line");
    if (part_ == Part::headers) return fail("closed within the headers");
    if (chunked_) return fail("closed within a chunked body");
    if (length_) return fail(fmt::format("closed after {} of {} bytes", body_bytes_, *length_));
    return state_ = State::complete;
}

// A line without its end, or nothing until more bytes come.
std::optional<std::string_view> HttpAnswer::take_line(std::string_view& bytes) {
    const std::size_t end = bytes.find('\n');
    const std::size_t length = end == bytes.npos ? bytes.size() : end + 1;
    header_bytes_ += static_cast<std::uint32_t>(std::min<std::size_t>(length, limits_.header_bytes + 1));
    if (header_bytes_ > limits_.header_bytes) {
        fail(fmt::format("more than {} bytes of headers", limits_.header_bytes));
        return std::nullopt;
    }
    line_.append(bytes.substr(0, length));
    bytes.remove_prefix(length);
    if (end == bytes.npos && (line_.empty() || line_.back() != '\n')) return std::nullopt;
    std::string_view text = line_;
    text.remove_suffix(1);
    if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
    return text;
}

void HttpAnswer::line(std::string_view text) {
    switch (part_) {
        case Part::status_line: return status_line(text);
        case Part::headers:
            if (text.empty()) end_of_headers();
            else header(text);
            return;
        case Part::chunk_size: return chunk_size(text);
        case Part::chunk_end:
            if (text.empty()) part_ = Part::chunk_size;
            else fail("a chunk does not end where it says");
            return;
        case Part::trailers:
            if (text.empty()) state_ = State::complete;
            return;
        case Part::body:
        case Part::chunk: return;
    }
}

// "HTTP/1.1 200 OK"; the reason may be missing.
void HttpAnswer::status_line(std::string_view text) {
    const std::size_t blank = text.find(' ');
    if (!text.starts_with("HTTP/") || blank == text.npos) {
        fail(fmt::format("no HTTP answer: \"{}\"", printable(text.substr(0, 40))));
        return;
    }
    const auto status = number<std::uint16_t>(text.substr(blank + 1, 3), 10);
    if (!status || *status < 100 || *status > 599 || (text.size() > blank + 4 && text[blank + 4] != ' ')) {
        fail("status line without a status");
        return;
    }
    status_ = *status;
    part_ = Part::headers;
}

void HttpAnswer::header(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon == text.npos) return;
    const std::string_view name = trim(text.substr(0, colon)), value = trim(text.substr(colon + 1));
    if (same_word(name, "content-length")) {
        const auto length = number<std::uint64_t>(value, 10);
        if (!length || (length_ && *length_ != *length)) fail("Content-Length that is no length");
        else length_ = length;
    }
    if (same_word(name, "transfer-encoding") && value.size() >= 7 && same_word(value.substr(value.size() - 7), "chunked")) chunked_ = true;
}

void HttpAnswer::end_of_headers() {
    if (status_ < 200) {  // interim answer, the real one follows
        length_.reset();
        chunked_ = false;
        part_ = Part::status_line;
        return;
    }
    if (status_ == 204 || status_ == 304) {
        state_ = State::complete;
        return;
    }
    part_ = chunked_ ? Part::chunk_size : Part::body;
    if (chunked_) {
        length_.reset();
        return;
    }
    left_ = length_.value_or(limits_.body_bytes + 1);
    if (left_ == 0) state_ = State::complete;
}

void HttpAnswer::chunk_size(std::string_view text) {
    const auto size = number<std::uint64_t>(trim(text.substr(0, text.find(';'))), 16);
    if (!size) {
        fail("chunk without a size");
        return;
    }
    left_ = *size;
    header_bytes_ = 0;  // each chunk's line has the whole bound
    part_ = *size == 0 ? Part::trailers : Part::chunk;
}

void HttpAnswer::body(std::string_view& bytes) {
    const std::string_view piece = bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size())));
    body_bytes_ += piece.size();
    if (body_bytes_ > limits_.body_bytes) {
        fail(fmt::format("body longer than {} bytes", limits_.body_bytes));
        return;
    }
    if (sink_) sink_(piece);
    left_ -= piece.size();
    bytes.remove_prefix(piece.size());
    if (left_ > 0) return;
    if (part_ == Part::chunk) part_ = Part::chunk_end;
    else state_ = State::complete;
}

}  // namespace lvx::health
