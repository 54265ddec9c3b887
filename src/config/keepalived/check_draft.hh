// What all kinds of checks have in common while they are read: the draft, and the rows of the common keywords.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/keepalived/reading.hh"
#include "config/keepalived/timing.hh"
#include "model/watch.hh"

namespace lvx::config::keepalived {

struct TargetDraft {
    std::optional<Address> connect_ip, bindto;
    std::optional<Port> connect_port, bind_port;
    std::optional<std::string> bind_interface;
    std::optional<std::uint32_t> mark;
};

// A "host" block of SMTP_CHECK: a check of its own.
struct HostDraft {
    Timing timing;
    TargetDraft target;
};

struct CheckDraft {
    Place place;
    Timing timing;
    TimingDefaults defaults;
    TargetDraft target;
    std::vector<HostDraft> hosts;
    std::optional<bool> log_all_failures, through;
    Port usual_port = 0;      // where neither the check nor its server names one
    bool needs_port = false;  // speaks to a port, so there must be one
    bool usable = true;       // something without which it cannot be is missing or wrong (reported)
    model::CheckKind kind;
};

template <class Draft, Block where>
inline constexpr Row<Draft> target_rows[] = {
    {"connect_ip", [](Draft& d, const Statement& s, Reading&) { d.target.connect_ip = address_of(s); }},
    {"connect_port", [](Draft& d, const Statement& s, Reading&) { d.target.connect_port = port_of(s); }},
    {"bindto", [](Draft& d, const Statement& s, Reading&) { d.target.bindto = address_of(s); }},
    {"bind_port", [](Draft& d, const Statement& s, Reading&) { d.target.bind_port = port_of(s); }},
    {"bind_if", [](Draft& d, const Statement& s, Reading&) { d.target.bind_interface = word_of(s); }},
    {"fwmark", [](Draft& d, const Statement& s, Reading&) { d.target.mark = count_of(s, where); }},
};

inline constexpr Row<CheckDraft> failure_rows[] = {
    {"log_all_failures", [](CheckDraft& d, const Statement& s, Reading&) { d.log_all_failures = flag_of(s); }},
};

inline constexpr Row<CheckDraft> through_rows[] = {
    {"check_through", [](CheckDraft& d, const Statement& s, Reading&) { d.through = word_of(s) == "virtual"; }},
};

// The keywords of a block, those of its own and the common ones, each read once.
template <Block where>
void read_check_block(const Statement& statement, std::span<const Row<CheckDraft>> own, CheckDraft& draft, Reading& reading) {
    read_statements<CheckDraft>(statement, where, own, draft, reading);
    read_statements<CheckDraft>(statement, where, timing_rows<CheckDraft, where>, draft, reading);
    read_statements<CheckDraft>(statement, where, target_rows<CheckDraft, where>, draft, reading);
    read_statements<CheckDraft>(statement, where, failure_rows, draft, reading);
    read_statements<CheckDraft>(statement, where, through_rows, draft, reading);
}

// One kind of check: who opens it, who reads it, and which keywords it has of its own.
struct CheckKindReader {
    std::string_view keyword;
    Block block;
    CheckDraft (*read)(const Statement& statement, Reading& reading);
    std::span<const Row<CheckDraft>> own;
};

[[nodiscard]] std::span<const CheckKindReader> web_checks();       // HTTP_GET, SSL_GET
[[nodiscard]] std::vector<std::string_view> url_keywords();
[[nodiscard]] std::span<const CheckKindReader> network_checks();   // TCP, PING, SMTP, DNS, UDP, greetings
[[nodiscard]] std::span<const CheckKindReader> local_checks();     // MISC, FILE, BFD

// Pairs of hexadecimal digits; "x" for a digit that may be any where `mask` is asked for (its nibble is 0 then).
struct HexPattern {
    std::vector<std::uint8_t> bytes, mask;
};
enum class HexDigits : std::uint8_t { exact, with_any };
[[nodiscard]] Read<HexPattern> read_hex(const Word& word, HexDigits digits);

}  // namespace lvx::config::keepalived
