#include "config/convert/heartbeat_files.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hh"

namespace lvx::config::convert {

namespace {

FileLine without_comment(FileLine line) {
    line.text = line.text.substr(0, line.text.find('#'));
    return line;
}

struct Unneeded {
    std::string_view directive, help;
};
constexpr std::array unneeded{
    Unneeded{"udpport", "VRRP is a protocol of its own, without ports"},
    Unneeded{"baud", "serial lines are not used: name another interface as \"path\""},
    Unneeded{"serial", "serial lines are not used: name another interface as \"path\""},
    Unneeded{"warntime", "a late advertisement is counted: \"lvx vrrp\""},
    Unneeded{"deadping", "a vrrp_script with ping has its own timeout"},
    Unneeded{"autojoin", "directors are those of the configuration"},
    Unneeded{"respawn", "systemd runs helper programs"},
    Unneeded{"apiauth", "the socket's permissions say who may ask"},
    Unneeded{"stonith", "the data plane's lease fences a director that hangs"},
    Unneeded{"stonith_host", "the data plane's lease fences a director that hangs"},
    Unneeded{"watchdog", "the data plane's lease fences a director that hangs"},
    Unneeded{"crm", "without a cluster resource manager"},
    Unneeded{"pacemaker", "without a cluster resource manager"},
    Unneeded{"ping_group", "use one vrrp_script with several pings"},
    Unneeded{"mcast6", "use an instance of family IPv6"},
    Unneeded{"ucast6", "use an instance of family IPv6"}};
// Directives about logs and formats, of which nothing remains.
constexpr std::array silent{"use_logd", "logfile", "debugfile", "logfacility", "debug", "coredumps", "conn_logd_time", "msgfmt",
                            "compression", "compression_threshold", "traditional_compression", "hopfudge", "hbgenmethod",
                            "uuidfrom", "realtime", "rtprio", "hbaping"};

class HaCfReader {
 public:
    explicit HaCfReader(Notes& notes) : notes_(notes) {}

    void take(const std::vector<Piece>& words) {
        const std::string& directive = words.front().text;
        const auto arguments = std::span(words).subspan(1);
        if (std::ranges::find(silent, directive) != silent.end()) return;
        if (directive == "node") return nodes(arguments);
        if (directive == "ping") return pings(arguments);
        if (directive == "bcast" || directive == "mcast" || directive == "ucast") return media(words);
        if (directive == "keepalive" || directive == "deadtime" || directive == "initdead") return time(words);
        if (directive == "auto_failback") return failback(words);
        const auto row = std::ranges::find(unneeded, directive, &Unneeded::directive);
        if (row == unneeded.end()) {
            return notes_.wrong(words.front().place, fmt::format("heartbeat knows no \"{}\"", printable(directive)), {});
        }
        notes_.no_equivalent(words.front().place, fmt::format("\"{}\" has no equivalent", directive), std::string(row->help));
    }

    HaCf result;

 private:
    void nodes(std::span<const Piece> names) { result.nodes.insert(result.nodes.end(), names.begin(), names.end()); }
    void pings(std::span<const Piece> names) { result.ping.insert(result.ping.end(), names.begin(), names.end()); }

    void media(const std::vector<Piece>& words) {
        if (words.size() < 2) return notes_.wrong(words.front().place, "an interface belongs here", {});
        using enum Medium::Kind;
        if (words.front().text == "bcast") {
            for (const Piece& one : std::span(words).subspan(1)) result.media.push_back({broadcast, one.text, {}, one.place});
            return;
        }
        Medium medium{words.front().text == "mcast" ? multicast : unicast, words[1].text, {}, words[1].place};
        if (medium.kind == unicast) {
            if (words.size() > 2) medium.peer = Address::parse(words[2].text);
            if (!medium.peer) return notes_.wrong(words.back().place, "the peer's IP address belongs here", {});
        }
        result.media.push_back(medium);
    }

    void time(const std::vector<Piece>& words) {
        const auto value = words.size() > 1 ? duration(words[1].text) : std::nullopt;
        if (!value || value->count() == 0) return notes_.wrong(words.back().place, "a time in seconds, or with \"ms\", belongs here", {});
        const std::string& directive = words.front().text;
        (directive == "keepalive" ? result.keepalive : directive == "deadtime" ? result.deadtime : result.initdead) = value;
        if (directive == "deadtime") result.dead_place = words[1].place;
    }

    void failback(const std::vector<Piece>& words) {
        const std::string value = words.size() > 1 ? words[1].text : "";
        if (value == "on" || value == "legacy") result.auto_failback = true;
        else if (value == "off") result.auto_failback = false;
        else notes_.wrong(words.back().place, "on, off or legacy belongs here", {});
    }

    Notes& notes_;
};

Resource resource_of(const Piece& piece) {
    Resource resource{.place = piece.place};
    std::string_view rest = piece.text;
    for (std::size_t at = 0; at != std::string_view::npos;) {
        at = rest.find("::");
        const std::string part(rest.substr(0, at));
        if (resource.script.empty()) resource.script = part;
        else resource.arguments.push_back(part);
        if (at != std::string_view::npos) rest.remove_prefix(at + 2);
    }
    // An address alone is IPaddr::ADDRESS.
    if (Address::parse(resource.script.substr(0, resource.script.find('/')))) {
        resource.arguments.insert(resource.arguments.begin(), resource.script);
        resource.script = "IPaddr";
    }
    return resource;
}

}  // namespace

HaCf read_ha_cf(const Sources& sources, FileNumber file, Notes& notes) {
    HaCfReader reader(notes);
    for (const FileLine& line : lines_of(sources, file)) {
        const auto words = pieces_of(without_comment(line), 0);
        if (!words.empty()) reader.take(words);
    }
    return std::move(reader.result);
}

std::vector<ResourceGroup> read_haresources(const Sources& sources, FileNumber file, Notes& notes) {
    std::vector<ResourceGroup> groups;
    bool goes_on = false;
    for (const FileLine& line : lines_of(sources, file)) {
        auto words = pieces_of(without_comment(line), 0);
        const bool again = !words.empty() && words.back().text == "\\";
        if (again) words.pop_back();
        if (!goes_on && !words.empty()) {
            groups.push_back({words.front(), {}});
            words.erase(words.begin());
        }
        for (const Piece& word : words) {
            if (!groups.empty()) groups.back().resources.push_back(resource_of(word));
        }
        goes_on = again;
    }
    for (const ResourceGroup& group : groups) {
        if (group.resources.empty()) notes.wrong(group.node.place, "this line names a node and no resource", {});
    }
    return groups;
}

AuthKey read_authkeys(const Sources& sources, FileNumber file, Notes& notes) {
    std::string wanted;
    AuthKey key;
    for (const FileLine& line : lines_of(sources, file)) {
        const auto words = pieces_of(without_comment(line), 0);
        if (words.empty()) continue;
        if (words[0].text == "auth" && words.size() > 1) {
            wanted = words[1].text;
        } else if (words.size() < 2 || !whole_number(words[0].text, 1, 65535)) {
            notes.wrong(words[0].place, "\"auth N\", or \"N crc\", \"N md5 KEY\", \"N sha1 KEY\" belongs here", {});
        } else if (words[0].text == wanted) {
            key = {.secret = words.size() > 2 ? words[2].text : "", .place = words[0].place};
        }
    }
    return key;
}

}  // namespace lvx::config::convert
