// HTTP answers in arbitrary pieces: the first byte is the length of a piece.  Pieces make no difference, and the body
// never exceeds its bound.
#include "base/ensure.hh"
#include "health/answer/body_judge.hh"
#include "health/answer/http_answer.hh"

using namespace lvx::health;

namespace {

struct Read {
    HttpAnswer::State state;
    std::uint16_t status;
    std::string body, wrong;
    bool operator==(const Read&) const = default;
};

Read read(std::string_view text, std::size_t piece) {
    constexpr HttpLimits limits = {.header_bytes = 512, .body_bytes = 4096};
    std::string body;
    HttpAnswer answer(limits, [&body](std::string_view bytes) { body += bytes; });
    for (std::size_t at = 0; at < text.size(); at += piece) (void)answer.feed(text.substr(at, piece));
    (void)answer.closed();
    ensure(body.size() <= limits.body_bytes);
    ensure(answer.state() != HttpAnswer::State::reading);
    return {answer.state(), answer.status(), answer.state() == HttpAnswer::State::complete ? body : "", answer.wrong()};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    const Read whole = read(text, text.size() + 1);
    ensure(read(text, 1 + data[0] % 64) == whole);
    lvx::model::HttpUrl url;
    url.digest.emplace();
    url.regex = "b+";
    BodyJudge judge(url);
    judge.add(whole.body);
    ensure(judge.verdict(whole.status).has_value());  // nothing has a digest of zeros
    return 0;
}
