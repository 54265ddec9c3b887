#include "cli/genhash.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <string_view>

#include "base/text.hh"
#include "health/single.hh"

namespace lvx::cli {
namespace {

using Refusal = std::optional<std::string>;

model::HttpCheck& http_of(GenhashRequest& request) { return std::get<model::HttpCheck>(request.check.kind); }

Refusal take_server(GenhashRequest& request, const std::string& word) {
    const auto address = Address::parse(word);
    if (!address) return fmt::format("\"{}\" is no address", word);
    request.check.target.endpoint.address = *address;
    return {};
}

Refusal take_port(GenhashRequest& request, const std::string& word) {
    const auto port = parse_port(word);
    if (!port) return fmt::format("\"{}\" is no port", word);
    request.check.target.endpoint.port = *port;
    return {};
}

Refusal take_url(GenhashRequest& request, const std::string& word) {
    http_of(request).urls.front().path = word;
    return {};
}

Refusal take_virtual_host(GenhashRequest& request, const std::string& word) {
    http_of(request).virtualhost = word;
    http_of(request).enable_sni = true;
    return {};
}

Refusal take_hash(GenhashRequest&, const std::string& word) {
    if (word == "MD5" || word == "md5") return {};
    return fmt::format("there is no hash \"{}\": md5", word);
}

Refusal take_mark(GenhashRequest& request, const std::string& word) {
    const auto mark = parse_integer(word);
    if (!mark || *mark < 0 || *mark > 0xffffffffLL) return fmt::format("\"{}\" is no mark", word);
    request.check.target.mark = static_cast<std::uint32_t>(*mark);
    return {};
}

Refusal take_protocol(GenhashRequest& request, const std::string& word) {
    constexpr std::array<std::string_view, 4> names = {"1.0", "1.0c", "1.0C", "1.1"};
    constexpr std::array protocols = {model::HttpProtocol::http_1_0, model::HttpProtocol::http_1_0_close, model::HttpProtocol::http_1_0_close,
                                      model::HttpProtocol::http_1_1};
    const auto found = std::ranges::find(names, std::string_view(word));
    if (found == names.end()) return fmt::format("there is no protocol \"{}\": 1.0, 1.0c or 1.1", word);
    http_of(request).protocol = protocols[static_cast<std::size_t>(found - names.begin())];
    return {};
}

Refusal take_timeout(GenhashRequest& request, const std::string& word) {
    const auto millionths = parse_millionths(word);
    if (!millionths || *millionths == 0) return fmt::format("\"{}\" is no time in seconds", word);
    request.check.timing.connect_timeout = model::Microseconds(*millionths);
    return {};
}

struct Option {
    std::string_view letter, name, value, meaning;
    Refusal (*take)(GenhashRequest& request, const std::string& word);
};

constexpr auto options = std::to_array<Option>({
    {"-S", "--use-ssl", "", "speak TLS",
     [](GenhashRequest& request, const std::string&) {
         http_of(request).tls = true;
         return Refusal();
     }},
    {"-s", "--server", "ADDRESS", "of the real server", take_server},
    {"-p", "--port", "PORT", "of the real server", take_port},
    {"-u", "--url", "PATH", "what to ask for", take_url},
    {"-V", "--use-virtualhost", "HOST", "in the Host header, and as the TLS server name", take_virtual_host},
    {"-H", "--hash", "md5", "the only one", take_hash},
    {"-m", "--fwmark", "MARK", "of the packets", take_mark},
    {"-P", "--protocol", "VERSION", "of HTTP: 1.0, 1.0c (with \"Connection: close\"), 1.1", take_protocol},
    {"-t", "--timeout", "SECONDS", "to connect, and again for the answer (5)", take_timeout},
    {"-v", "--verbose", "", "say what is asked of whom",
     [](GenhashRequest& request, const std::string&) {
         request.talk = Talk::verbose;
         return Refusal();
     }},
    {"-h", "--help", "", "this list",
     [](GenhashRequest& request, const std::string&) {
         request.talk = Talk::help;
         return Refusal();
     }},
});

std::string help_text() {
    std::string text = "usage: genhash -s ADDRESS -p PORT -u PATH [OPTIONS]\n";
    for (const Option& option : options) text += fmt::format("  {} {:<30}{}\n", option.letter, fmt::format("{} {}", option.name, option.value), option.meaning);
    return text;
}

Refusal incomplete(const GenhashRequest& request, bool has_url) {
    if (request.talk == Talk::help) return {};
    if (request.check.target.endpoint.address == Address()) return "--server is missing";
    if (request.check.target.endpoint.port == 0) return "--port is missing";
    if (!has_url) return "--url is missing";
    return {};
}

}  // namespace

std::expected<GenhashRequest, std::string> parse_genhash(std::span<const std::string> words) {
    GenhashRequest request = {.check = {.target = {.endpoint = {}, .bind = {}, .bind_interface = {}}, .timing = {}, .kind = model::HttpCheck{}}};
    http_of(request).urls.emplace_back();
    bool has_url = false;
    for (std::size_t i = 1; i < words.size(); ++i) {
        const std::string_view name = std::string_view(words[i]).substr(0, words[i].find('='));
        const auto option = std::ranges::find_if(options, [name](const Option& each) { return each.letter == name || each.name == name; });
        if (option == options.end()) return std::unexpected(fmt::format("what is \"{}\"?", printable(words[i])));
        const bool joined = name.size() != words[i].size();
        if (!option->value.empty() && !joined && i + 1 == words.size()) return std::unexpected(fmt::format("{} needs {}", name, option->value));
        const std::string value = option->value.empty() ? "" : joined ? words[i].substr(name.size() + 1) : words[++i];
        if (auto refused = option->take(request, value)) return std::unexpected(*refused);
        has_url = has_url || option->take == take_url;
    }
    if (auto refused = incomplete(request, has_url)) return std::unexpected(*refused);
    return request;
}

int genhash(std::span<const std::string> words) {
    const auto request = parse_genhash(words);
    if (!request) {
        fmt::print(stderr, "genhash: {}\n{}", request.error(), help_text());
        return 1;
    }
    if (request->talk == Talk::help) {
        fmt::print("{}", help_text());
        return 0;
    }
    if (request->talk == Talk::verbose) {
        fmt::print("{} of {}\n", std::get<model::HttpCheck>(request->check.kind).urls.front().path, request->check.target.endpoint.text());
    }
    const health::Outcome outcome = health::run_single(request->check, {}, health::digest_page);
    if (outcome.verdict != health::Verdict::passed) {
        fmt::print(stderr, "genhash: {}: {}\n", request->check.target.endpoint.text(), outcome.reason);
        return 1;
    }
    fmt::print("MD5SUM = {}\n", outcome.reason);
    return 0;
}

}  // namespace lvx::cli
