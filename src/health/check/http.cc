// HTTP_GET and SSL_GET: one url of the check's list.  No redirects, body to its end; status, digest and expression decide.
#include <fmt/format.h>

#include <memory>

#include "health/answer/body_judge.hh"
#include "health/answer/http_answer.hh"
#include "health/check/stream.hh"

namespace lvx::health {
namespace {

std::string host_of(const model::HttpCheck& http, const model::HttpUrl& url, const Endpoint& target) {
    if (!url.virtualhost.empty()) return url.virtualhost;
    return http.virtualhost.empty() ? target.text() : http.virtualhost;
}

std::string request_text(const model::HttpCheck& http, const model::HttpUrl& url, const Endpoint& target) {
    const bool newer = http.protocol == model::HttpProtocol::http_1_1;
    const bool says_close = http.protocol != model::HttpProtocol::http_1_0;
    return fmt::format("GET {} HTTP/1.{}\r\nUser-Agent: KeepAliveClient\r\n{}Host: {}\r\n\r\n", url.path, newer ? 1 : 0,
                       says_close ? "Connection: close\r\n" : "", host_of(http, url, target));
}

// "www.example.org:443" -> "www.example.org"
std::string without_port(const std::string& host) {
    const std::size_t colon = host.rfind(':');
    return colon == host.npos || host.find(']', colon) != host.npos ? host : host.substr(0, colon);
}

TlsWish wish_of(const model::HttpCheck& http, const model::HttpUrl& url) {
    const std::string host = url.virtualhost.empty() ? http.virtualhost : url.virtualhost;
    const bool names = http.enable_sni || http.tls_verify || !http.sni_name.empty();
    return {.name = !names ? "" : !http.sni_name.empty() ? http.sni_name : without_port(host), .verify = http.tls_verify,
            .strict_end = http.tls_compliant || url.tls_compliant};
}

// Reads until the answer is whole, wrong or too late.
Task<std::optional<Outcome>> read_answer(Probe& probe, Stream& stream, HttpAnswer& answer) {
    const auto buffer = std::make_unique<char[]>(Stream::read_bytes);
    while (answer.state() == HttpAnswer::State::reading) {
        const auto got = co_await stream.read(probe, buffer.get());
        if (!got) co_return got.error();
        if (*got == 0) (void)answer.closed();
        else (void)answer.feed({buffer.get(), *got});
    }
    if (answer.state() == HttpAnswer::State::wrong) co_return failed(answer.wrong());
    co_return std::nullopt;
}

// Asks for one url and hands its body to `sink`; the status.
Task<Got<std::uint16_t>> exchange(Probe& probe, const model::HttpCheck& http, const model::HttpUrl& url, HttpAnswer::BodySink sink) {
    auto stream = co_await connected_stream(probe);
    if (!stream) co_return std::unexpected(stream.error());
    if (http.tls) {
        const auto secured = co_await stream->start_tls(probe, wish_of(http, url));
        if (!secured) co_return std::unexpected(secured.error());
    }
    const std::string request = request_text(http, url, probe.check->target.endpoint);
    const auto asked = co_await stream->write(probe, request);
    if (!asked) co_return std::unexpected(asked.error());
    HttpAnswer answer(HttpLimits{}, std::move(sink));
    if (auto wrong = co_await read_answer(probe, *stream, answer)) co_return std::unexpected(std::move(*wrong));
    co_return answer.status();
}

}  // namespace

Task<Outcome> check_http(Probe& probe) {
    const auto& http = std::get<model::HttpCheck>(probe.check->kind);
    if (http.urls.empty()) co_return local_error("no url");
    const model::HttpUrl& url = http.urls[probe.step % http.urls.size()];
    BodyJudge judge(url);
    const auto status = co_await exchange(probe, http, url, [&judge](std::string_view body) { judge.add(body); });
    if (!status) co_return status.error();
    if (auto refused = judge.verdict(*status)) co_return failed(std::move(*refused));
    co_return passed(fmt::format("status {}", *status));
}

Task<Outcome> digest_page(Probe& probe) {
    const auto& http = std::get<model::HttpCheck>(probe.check->kind);
    if (http.urls.empty()) co_return local_error("no url");
    Md5 md5;
    const auto status = co_await exchange(probe, http, http.urls.front(), [&md5](std::string_view body) { md5.add(body); });
    if (!status) co_return status.error();
    co_return passed(hex(md5.finish()));
}

}  // namespace lvx::health
