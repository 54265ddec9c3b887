// Reads an HTTP/1.x answer from a stream of bytes as they come (RFC 9112): status line, headers, a body by length, in
// chunks or to the end.  Gives the body's bytes away as they pass.  Everything a server may send has a bound; what is
// over it, or is no HTTP, is a sentence.  Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace lvx::health {

struct HttpLimits {
    std::uint32_t header_bytes = 65536;            // status line and headers, interim answers included
    std::uint64_t body_bytes = 16u << 20;
};

class HttpAnswer {
 public:
    enum class State : std::uint8_t { reading, complete, wrong };
    using BodySink = std::function<void(std::string_view)>;

    HttpAnswer(HttpLimits limits, BodySink sink) : limits_(limits), sink_(std::move(sink)) {}

    // Bytes after the end of the answer are ignored.
    State feed(std::string_view bytes);
    // The server closed the stream.
    State closed();

    [[nodiscard]] State state() const { return state_; }
    [[nodiscard]] std::uint16_t status() const { return status_; }
    [[nodiscard]] const std::string& wrong() const { return wrong_; }  // why State::wrong

 private:
    enum class Part : std::uint8_t { status_line, headers, body, chunk_size, chunk, chunk_end, trailers };

    State fail(std::string why);
    [[nodiscard]] std::optional<std::string_view> take_line(std::string_view& bytes);
    void line(std::string_view text);
    void status_line(std::string_view text);
    void header(std::string_view text);
    void end_of_headers();
    void chunk_size(std::string_view text);
    void body(std::string_view& bytes);

    HttpLimits limits_;
    BodySink sink_;
    State state_ = State::reading;
    Part part_ = Part::status_line;
    std::string line_, wrong_;
    std::uint16_t status_ = 0;
    std::uint32_t header_bytes_ = 0;
    std::uint64_t body_bytes_ = 0;
    std::optional<std::uint64_t> length_;         // of the body, by Content-Length
    std::uint64_t left_ = 0;                      // of the body or of the chunk
    bool chunked_ = false;
};

}  // namespace lvx::health
