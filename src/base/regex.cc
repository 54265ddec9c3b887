#include "base/regex.hh"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <array>

namespace lvx {
namespace {

struct Option {
    std::string_view name;
    std::uint32_t bit;
};
constexpr std::array options_by_name = {
    Option{"allow_empty_class", PCRE2_ALLOW_EMPTY_CLASS},
    Option{"alt_bsux", PCRE2_ALT_BSUX},
    Option{"alt_circumflex", PCRE2_ALT_CIRCUMFLEX},
    Option{"alt_verbnames", PCRE2_ALT_VERBNAMES},
    Option{"auto_callout", PCRE2_AUTO_CALLOUT},
    Option{"caseless", PCRE2_CASELESS},
    Option{"dollar_endonly", PCRE2_DOLLAR_ENDONLY},
    Option{"dotall", PCRE2_DOTALL},
    Option{"dupnames", PCRE2_DUPNAMES},
    Option{"extended", PCRE2_EXTENDED},
    Option{"firstline", PCRE2_FIRSTLINE},
    Option{"match_unset_backref", PCRE2_MATCH_UNSET_BACKREF},
    Option{"multiline", PCRE2_MULTILINE},
    Option{"never_backslash_c", PCRE2_NEVER_BACKSLASH_C},
    Option{"never_ucp", PCRE2_NEVER_UCP},
    Option{"never_utf", PCRE2_NEVER_UTF},
    Option{"no_auto_capture", PCRE2_NO_AUTO_CAPTURE},
    Option{"no_auto_possess", PCRE2_NO_AUTO_POSSESS},
    Option{"no_dotstar_anchor", PCRE2_NO_DOTSTAR_ANCHOR},
    Option{"no_start_optimize", PCRE2_NO_START_OPTIMIZE},
    Option{"ucp", PCRE2_UCP},
    Option{"ungreedy", PCRE2_UNGREEDY},
    Option{"use_offset_limit", PCRE2_USE_OFFSET_LIMIT},
    Option{"utf", PCRE2_UTF},
};

// Bounds of one match: about a tenth of a second.
constexpr std::uint32_t most_steps = 1'000'000, deepest_step = 10'000;

PCRE2_SPTR units(std::string_view text) { return reinterpret_cast<PCRE2_SPTR>(text.data()); }

std::uint32_t bits_of(std::span<const std::string> options) {
    std::uint32_t bits = 0;
    for (const std::string& name : options) {
        const auto found = std::ranges::find(options_by_name, std::string_view(name), &Option::name);
        if (found != options_by_name.end()) bits |= found->bit;
    }
    return bits;
}

}  // namespace

std::expected<Regex, RegexFault> Regex::compile(std::string_view expression, std::span<const std::string> options) {
    int error = 0;
    PCRE2_SIZE offset = 0;
    pcre2_code* code = pcre2_compile(units(expression), expression.size(), bits_of(options), &error, &offset, nullptr);
    if (code != nullptr) return Regex(Code(code, [](void* made) { pcre2_code_free(static_cast<pcre2_code*>(made)); }));
    std::array<PCRE2_UCHAR, 256> message{};
    pcre2_get_error_message(error, message.data(), message.size());
    return std::unexpected(RegexFault{.message = reinterpret_cast<const char*>(message.data()), .offset = offset});
}

std::optional<std::size_t> Regex::find(std::string_view text) const {
    const auto* code = static_cast<const pcre2_code*>(code_.get());
    const std::unique_ptr<pcre2_match_data, void (*)(pcre2_match_data*)> data(
        pcre2_match_data_create_from_pattern(code, nullptr), pcre2_match_data_free);
    const std::unique_ptr<pcre2_match_context, void (*)(pcre2_match_context*)> context(pcre2_match_context_create(nullptr),
                                                                                    pcre2_match_context_free);
    pcre2_set_match_limit(context.get(), most_steps);
    pcre2_set_depth_limit(context.get(), deepest_step);
    if (pcre2_match(code, units(text), text.size(), 0, 0, data.get(), context.get()) < 0) return std::nullopt;
    return pcre2_get_ovector_pointer(data.get())[0];
}

std::string_view regex_option_names() {
    static const std::string names = [] {
        std::string text;
        for (const Option& one : options_by_name) text.append(text.empty() ? "" : " ").append(one.name);
        return text;
    }();
    return names;
}

}  // namespace lvx
