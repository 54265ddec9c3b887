#include "config/keepalived/forward.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "abi/scheduler.h"
#include "base/text.hh"
#include "model/operation.hh"

namespace lvx::config::keepalived {
namespace {

constexpr std::array<std::string_view, SCHEDULER_COUNT> our_schedulers = {
#define X(name, how) #name,
    SCHEDULERS(X)
#undef X
};

std::string list_of_schedulers() { return fmt::format("{}", fmt::join(our_schedulers, " ")); }

std::unexpected<Diagnostic> bad_word(const Word& word, std::string_view choices) {
    return std::unexpected(read_choice(word, choices).error());
}

// The words after TUN, one option at a time.
class TunnelReader {
 public:
    explicit TunnelReader(const Statement& statement) : statement_(statement) {}

    Read<Forward> run() {
        Forward forward{.method = model::Method::tunnel, .tunnel = {}};
        for (at_ = 2; at_ < statement_.words.size(); ++at_) {
            if (const auto wrong = option(forward.tunnel)) return std::unexpected(*wrong);
        }
        if (forward.tunnel.type == model::TunnelType::gue && forward.tunnel.port == 0) {
            return std::unexpected(missing_argument(statement_, "gue needs \"port N\""));
        }
        return forward;
    }

 private:
    std::optional<Diagnostic> option(model::Tunnel& tunnel) {
        const Word& word = statement_.words[at_];
        if (word.text == "type") return type(tunnel);
        if (word.text == "port") return port(tunnel);
        constexpr std::array<std::string_view, 3> checksums = {"nocsum", "csum", "remcsum"};  // in the enum's order
        const auto found = std::ranges::find(checksums, std::string_view(word.text));
        if (found == checksums.end()) return bad_word(word, "type port nocsum csum remcsum").error();
        tunnel.checksum = static_cast<model::TunnelChecksum>(found - checksums.begin());
        return std::nullopt;
    }

    std::optional<Diagnostic> type(model::Tunnel& tunnel) {
        if (++at_ >= statement_.words.size()) return missing_argument(statement_, "ipip, gue or gre");
        constexpr std::array<std::string_view, 3> types = {"ipip", "gue", "gre"};  // in the enum's order
        const auto found = std::ranges::find(types, std::string_view(statement_.words[at_].text));
        if (found == types.end()) return bad_word(statement_.words[at_], "ipip gue gre").error();
        tunnel.type = static_cast<model::TunnelType>(found - types.begin());
        return std::nullopt;
    }

    std::optional<Diagnostic> port(model::Tunnel& tunnel) {
        if (++at_ >= statement_.words.size()) return missing_argument(statement_, "a port belongs here");
        const auto read = read_port(statement_.words[at_]);
        if (!read) return read.error();
        tunnel.port = *read;
        return std::nullopt;
    }

    const Statement& statement_;
    std::size_t at_ = 0;
};

}  // namespace

Read<Forward> read_forward(const Statement& statement) {
    if (statement.words.size() < 2) return std::unexpected(missing_argument(statement, "NAT, DR or TUN"));
    const Word& word = statement.words[1];
    if (word.text == "TUN") return TunnelReader(statement).run();
    const auto method = read_choice(word, "NAT DR TUN");
    if (!method) {
        Diagnostic wrong = method.error();
        wrong.message = fmt::format("unknown forwarding method \"{}\"", word.text);
        wrong.note = "keepalived would ignore this line and use NAT";
        return std::unexpected(wrong);
    }
    if (statement.words.size() > 2) {
        return std::unexpected(Diagnostic{
            .code = Code::surplus_argument, .place = statement.words[2].place,
            .message = fmt::format("\"{}\" is one word too many for {}", statement.words[2].text, word.text)});
    }
    return Forward{.method = *method == "DR" ? model::Method::route : model::Method::masq, .tunnel = {}};
}

Read<std::string> read_scheduler(const Word& word) {
    if (model::known_scheduler(word.text)) return word.text;
    Diagnostic wrong{.code = Code::unknown_scheduler, .place = word.place,
                     .message = fmt::format("unknown scheduler \"{}\"", word.text),
                     .caret = suggestion(word.text, our_schedulers),
                     .note = "keepalived would ignore this line and use wlc",
                     .help = list_of_schedulers()};
    if (model::scheduler_of_kernel_only(word.text)) {
        wrong.code = Code::not_supported_yet;
        wrong.message = fmt::format("scheduler {} is not supported yet", word.text);
        wrong.note.clear();
    }
    if (word.text == "loadbalance") wrong.severity = Severity::warning;
    return std::unexpected(wrong);
}

}  // namespace lvx::config::keepalived
