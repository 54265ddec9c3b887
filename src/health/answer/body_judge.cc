#include "health/answer/body_judge.hh"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>

#include "base/ensure.hh"
#include "base/regex.hh"

namespace lvx::health {
Md5::Md5() : context_(EVP_MD_CTX_new()) { ensure(EVP_DigestInit_ex(context_.get(), EVP_md5(), nullptr) == 1); }

void Md5::add(std::string_view bytes) { ensure(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1); }

Digest Md5::finish() {
    Digest digest{};
    unsigned length = 0;
    ensure(EVP_DigestFinal_ex(context_.get(), digest.data(), &length) == 1 && length == digest.size());
    return digest;
}

void Md5::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

std::string hex(const Digest& digest) {
    std::string text;
    for (const std::uint8_t byte : digest) text += fmt::format("{:02x}", byte);
    return text;
}

BodyJudge::BodyJudge(const model::HttpUrl& url) : url_(url) {
    if (url.digest) md5_.emplace();
}

void BodyJudge::add(std::string_view body) {
    if (md5_) md5_->add(body);
    if (!url_.regex.empty()) kept_.append(body.substr(0, regex_body_limit - std::min(regex_body_limit, kept_.size())));
}

bool status_wanted(const model::HttpUrl& url, std::uint16_t status) {
    if (url.status.empty()) return status >= 200 && status <= 299;
    return std::ranges::any_of(url.status, [status](const model::StatusRange& range) { return status >= range.first && status <= range.last; });
}

std::string wanted_text(const model::HttpUrl& url) {
    if (url.status.empty()) return "200-299";
    std::string text;
    for (const model::StatusRange& range : url.status) {
        if (!text.empty()) text += ", ";
        text += range.first == range.last ? fmt::format("{}", range.first) : fmt::format("{}-{}", range.first, range.last);
    }
    return text;
}

std::optional<std::string> BodyJudge::verdict(std::uint16_t status) {
    if (!status_wanted(url_, status)) return fmt::format("status {}, wanted {}", status, wanted_text(url_));
    if (md5_) {
        const Digest seen = md5_->finish();
        if (seen != *url_.digest) return fmt::format("digest {}, wanted {}", hex(seen), hex(*url_.digest));
    }
    if (url_.regex.empty()) return std::nullopt;
    const bool found = expression_found();
    if (found != url_.regex_no_match) return std::nullopt;
    return url_.regex_no_match ? "the body matches the regular expression" : "the body does not match the regular expression";
}

// A match must begin between the two offsets.
bool BodyJudge::expression_found() const {
    const auto expression = Regex::compile(url_.regex, url_.regex_options);
    if (!expression || url_.regex_min_offset > kept_.size()) return false;
    const auto place = expression->find(std::string_view(kept_).substr(url_.regex_min_offset));
    return place && (url_.regex_max_offset == 0 || *place + url_.regex_min_offset <= url_.regex_max_offset);
}

}  // namespace lvx::health
