#include "vrrp/seal.hh"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>

namespace lvx::vrrp {

namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::size_t prefix_bytes = 12, checksum_offset = 6;

std::uint32_t word_at(Bytes bytes, std::size_t at) {
    return std::uint32_t{bytes[at]} << 24 | std::uint32_t{bytes[at + 1]} << 16 | std::uint32_t{bytes[at + 2]} << 8 | bytes[at + 3];
}

std::uint16_t half_at(Bytes bytes, std::size_t at) { return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]); }

std::vector<std::uint8_t> summed(Bytes advert, const Address& source, Bytes prefix) {
    std::vector<std::uint8_t> input = {static_cast<std::uint8_t>(source.is_v4() ? 4 : 6), static_cast<std::uint8_t>(advert[0] >> 4),
                                       advert[1], 0};
    const auto address = std::span(source.mapped()).last(source.is_v4() ? 4 : 16);
    input.insert(input.end(), address.begin(), address.end());
    input.resize(20);
    input.insert(input.end(), advert.begin(), advert.end());
    input[20 + checksum_offset] = input[20 + checksum_offset + 1] = 0;
    input.insert(input.end(), prefix.begin(), prefix.end());
    input.resize(input.size() + trailer_bytes - prefix_bytes);
    return input;
}

std::array<std::uint8_t, 16> authenticator(Bytes advert, const Address& source, Bytes prefix, const model::HmacKey& key) {
    const std::vector<std::uint8_t> input = summed(advert, source, prefix);
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
    unsigned length = 0;
    HMAC(EVP_sha256(), key.secret.data(), static_cast<int>(key.secret.size()), input.data(), input.size(), digest.data(), &length);
    std::array<std::uint8_t, 16> half;
    std::copy_n(digest.begin(), half.size(), half.begin());
    return half;
}

Stamp stamp_in(Bytes trailer) {
    return {.seconds = word_at(trailer, 4), .fraction = half_at(trailer, 8), .counter = half_at(trailer, 10)};
}

bool is_fresh(const Stamp& stamp, const Address& source, const model::Hmac& settings, std::chrono::seconds window, WallTime now,
              const SealMemory& memory) {
    const auto last = memory.last.find(source);
    if (last != memory.last.end() && stamp <= last->second) return false;
    if (settings.monotonic) return true;
    const std::int64_t here = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
    return std::abs(here - std::int64_t{stamp.seconds}) <= window.count();
}

}  // namespace

Trailer seal(Bytes advert, const Address& source, const model::HmacKey& key, const Stamp& stamp) {
    Trailer trailer{1, key.id};
    for (int i = 0; i < 4; ++i) trailer[4 + i] = static_cast<std::uint8_t>(stamp.seconds >> (24 - 8 * i));
    trailer[8] = static_cast<std::uint8_t>(stamp.fraction >> 8);
    trailer[9] = static_cast<std::uint8_t>(stamp.fraction);
    trailer[10] = static_cast<std::uint8_t>(stamp.counter >> 8);
    trailer[11] = static_cast<std::uint8_t>(stamp.counter);
    const auto sum = authenticator(advert, source, std::span(trailer).first(prefix_bytes), key);
    std::ranges::copy(sum, trailer.begin() + prefix_bytes);
    return trailer;
}

Stamp stamp_of(WallTime now, std::uint16_t counter) {
    const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(now.time_since_epoch()).count();
    constexpr std::int64_t second = 1'000'000'000;
    return {.seconds = static_cast<std::uint32_t>(nanoseconds / second),
            .fraction = static_cast<std::uint16_t>(nanoseconds % second * 65536 / second),
            .counter = counter};
}

std::optional<Refusal> check_seal(Bytes advert, Bytes trailer, const Address& source, const model::Hmac& settings,
                                  std::chrono::seconds window, WallTime now, SealMemory& memory) {
    const bool lenient = settings.mode == model::Hmac::Mode::permissive || settings.mode == model::Hmac::Mode::receive_only;
    if (trailer.size() < trailer_bytes) return lenient ? std::nullopt : std::optional(Refusal::no_seal);
    const auto key = std::ranges::find(settings.keys, trailer[1], &model::HmacKey::id);
    if (key == settings.keys.end()) return Refusal::unknown_key;
    const auto sum = authenticator(advert, source, trailer.first(prefix_bytes), *key);
    if (CRYPTO_memcmp(sum.data(), trailer.data() + prefix_bytes, sum.size()) != 0) return Refusal::wrong_seal;
    const Stamp stamp = stamp_in(trailer);
    if (!is_fresh(stamp, source, settings, window, now, memory)) return Refusal::stale_seal;
    if (memory.last.size() >= SealMemory::senders_limit && !memory.last.contains(source)) memory.last.erase(memory.last.begin());
    memory.last[source] = stamp;
    return std::nullopt;
}

std::chrono::seconds window_of(const model::VrrpInstance& instance) {
    if (instance.hmac.window.count() != 0) return instance.hmac.window;
    const auto three = std::chrono::ceil<std::chrono::seconds>(3 * instance.advert_interval);
    return std::max(three, std::chrono::seconds(5));
}

}  // namespace lvx::vrrp
