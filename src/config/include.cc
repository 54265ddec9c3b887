#include "config/include.hh"

#include <algorithm>
#include <array>

#include "base/text.hh"
#include "config/definition.hh"

namespace lvx::config {
namespace {

struct Form {
    std::string_view keyword;
    IncludeChecks checks;
};

constexpr std::array<Form, 6> forms = {{
    {"include", {}},
    {"includer", {.readable = true}},
    {"includem", {.match = true}},
    {"includew", {.readable = true, .match = true, .wildcard_match = true}},
    {"includeb", {.brace_match = true}},
    {"includea", {.readable = true, .match = true, .wildcard_match = true, .brace_match = true}},
}};

struct CheckName {
    std::string_view name;
    bool IncludeChecks::*field;
};

constexpr std::array<CheckName, 4> check_names = {{
    {"readable", &IncludeChecks::readable},
    {"match", &IncludeChecks::match},
    {"wildcard_match", &IncludeChecks::wildcard_match},
    {"brace_match", &IncludeChecks::brace_match},
}};

IncludeChecks both(IncludeChecks a, const IncludeChecks& b) {
    for (const CheckName& check : check_names) a.*check.field = a.*check.field || b.*check.field;
    return a;
}

// "include_check [+|-]name ...": with signs the checks change, without they are replaced, without names all are set.
IncludeChecks checks_from(const std::vector<std::string_view>& words, IncludeChecks checks) {
    if (words.size() == 1) return forms.back().checks;
    if (words[1].front() != '+' && words[1].front() != '-') checks = {};
    for (std::size_t i = 1; i < words.size(); ++i) {
        const bool sign = words[i].front() == '+' || words[i].front() == '-';
        const std::string_view name = sign ? words[i].substr(1) : words[i];
        const auto check = std::ranges::find(check_names, name, &CheckName::name);
        if (check != check_names.end()) checks.*check->field = words[i].front() != '-';
    }
    return checks;
}

bool has_wildcard(std::string_view pattern) { return pattern.find_first_of("*?[") != std::string_view::npos; }

std::string beside(std::string_view including_file, const std::string& pattern) {
    const std::string_view folder = folder_of(including_file);
    return pattern.starts_with('/') || folder.empty() ? pattern : std::string(folder) + "/" + pattern;
}

IncludeComplaint not_found(const std::string& pattern, bool strict) {
    return {.severity = strict ? Severity::error : Severity::warning,
            .message = has_wildcard(pattern) ? "no file matches " + pattern : "there is no file " + pattern};
}

}  // namespace

std::optional<IncludeRequest> include_request(std::string_view line, const IncludeChecks& checks) {
    const auto words = split_words(line);
    if (words.empty() || !words[0].starts_with("include")) return std::nullopt;
    if (words[0] == "include_check") {
        return IncludeRequest{.pattern = {}, .checks = {}, .checks_after = checks_from(words, checks)};
    }
    const auto form = std::ranges::find(forms, words[0], &Form::keyword);
    if (form == forms.end() || words.size() < 2) return std::nullopt;
    const std::size_t at = static_cast<std::size_t>(words[1].data() - line.data());
    std::string_view pattern = trim(line.substr(at));
    if (pattern.size() >= 2 && pattern.starts_with('"') && pattern.ends_with('"')) {
        pattern = pattern.substr(1, pattern.size() - 2);
    }
    return IncludeRequest{.pattern = std::string(pattern), .pattern_at = at, .checks = both(form->checks, checks),
                          .checks_after = checks};
}

IncludeFindings find_included(const IncludeRequest& request, std::string_view including_file, const Reader& reader) {
    IncludeFindings findings;
    const auto alternatives = brace_alternatives(request.pattern);
    bool any = false;
    for (const std::string& alternative : alternatives) {
        const auto names = reader.match(beside(including_file, alternative));
        any = any || !names.empty();
        if (names.empty() && request.checks.brace_match && alternatives.size() > 1) {
            findings.complaints.push_back(not_found(alternative, true));
        }
        for (const std::string& name : names) {
            auto text = reader.read(name);
            if (text) {
                findings.files.emplace_back(name, std::move(*text));
            } else {
                findings.complaints.push_back({.severity = request.checks.readable ? Severity::error : Severity::warning,
                                               .message = text.error().sentence()});
            }
        }
    }
    if (any || !findings.complaints.empty()) return findings;
    const bool wildcard = has_wildcard(request.pattern);
    const bool strict = wildcard ? request.checks.wildcard_match : request.checks.match;
    // A folder without files, "conf.d/*.conf", is an everyday thing and worth no word.
    if (strict || !wildcard) findings.complaints.push_back(not_found(request.pattern, strict));
    return findings;
}

std::string_view folder_of(std::string_view file) {
    const std::size_t slash = file.rfind('/');
    if (slash == std::string_view::npos) return {};
    return slash == 0 ? "/" : file.substr(0, slash);
}

}  // namespace lvx::config
