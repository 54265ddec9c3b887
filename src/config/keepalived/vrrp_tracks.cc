#include "config/keepalived/vrrp_tracks.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "config/keepalived/names.hh"

namespace lvx::config::keepalived {
namespace {

using model::Track;
using model::Tracks;

// What a block of tracked things refers to.
struct TrackKind {
    std::string_view keyword;      // "track_script"
    std::string_view defined_by;   // "vrrp_script"; "" = names of the machine, not of the configuration
    Block block = Block::none;     // of the definition, for its weight
    std::int64_t most = 253;       // of the weight, either sign
    std::int32_t standard = 0;     // weight where nobody says one
    std::vector<model::Track> model::Tracks::*member = nullptr;
};

constexpr std::array kinds = {
    TrackKind{"track_interface", "", Block::none, 253, 0, &Tracks::interfaces},
    TrackKind{"track_script", "vrrp_script", Block::vrrp_script, 253, 0, &Tracks::scripts},
    TrackKind{"track_file", "track_file", Block::track_file, 254, 1, &Tracks::files},
    TrackKind{"track_process", "vrrp_track_process", Block::vrrp_track_process, 254, 0, &Tracks::processes},
    TrackKind{"track_bfd", "bfd_instance", Block::bfd_instance, 253, 0, &Tracks::bfds},
    TrackKind{"track_service", "virtual_server", Block::none, 253, 0, &Tracks::services},
};

// The weight a definition gives to all who track it; its mistakes are reported by its own reader.
WeightWords weight_by(const Statement* definition, const TrackKind& kind) {
    WeightWords result{.weight = kind.standard};
    if (definition == nullptr || kind.block == Block::none) return result;
    for (const Statement& one : definition->block) {
        if (one.keyword() == "weight") result = weight_of(one, kind.block).value_or(result);
    }
    return result;
}

// The words that name a virtual_server are those behind its keyword.
std::string service_name(const Statement& service) {
    std::string name;
    for (std::size_t at = 1; at < service.words.size(); ++at) name += (at == 1 ? "" : " ") + service.words[at].text;
    return name;
}

// A service is named by one word in quotation marks or by several: everything up to "weight".
std::optional<std::string> expect_service(const Word& first, LineCursor& cursor, Reading& reading) {
    std::string name = first.text;
    while (cursor.more() && !cursor.next_is("weight")) name += " " + cursor.take().text;
    std::vector<std::string> names;
    for (const Statement& one : reading.statements()) {
        if (one.keyword() == "virtual_server" && one.words.size() > 1) names.push_back(service_name(one));
    }
    if (std::ranges::find(names, name) != names.end()) return name;
    const std::vector<std::string_view> views(names.begin(), names.end());
    cursor.wrong({.code = Code::unknown_name, .place = first.place,
                  .message = fmt::format("there is no virtual_server \"{}\"", name), .caret = suggestion(name, views)});
    return std::nullopt;
}

std::optional<Track> read_line(const TrackKind& kind, const Statement& line, Reading& reading) {
    LineCursor cursor(line, reading, 0);
    const Word& word = cursor.take();
    Track track{.name = word.text};
    WeightWords weight{.weight = kind.standard};
    bool known = true;
    if (kind.member == &Tracks::services) {
        const auto name = expect_service(word, cursor, reading);
        known = name.has_value();
        if (name) track.name = *name;
    } else if (kind.defined_by.empty()) {
        known = reading.keep(read_interface(word)).has_value();
    } else {
        const Statement* definition = expect_object(word, kind.defined_by, reading);
        known = definition != nullptr;
        weight = weight_by(definition, kind);
    }
    while (cursor.more() && cursor.understood()) {
        const Word& option = cursor.take();
        if (option.text != "weight") {
            cursor.unknown(option, kind.keyword, "weight");
        } else if (const auto words = read_weight(cursor, kind.most)) {
            weight = *words;
        }
    }
    if (!known) return std::nullopt;
    track.weight = weight.weight;
    track.reverse = weight.reverse;
    return track;
}

std::string_view reason(NoWeights why) {
    return why == NoWeights::owner ? "its priority is 255, which nothing changes"
                                   : "its sync group does not say sync_group_tracking_weight";
}

}  // namespace

std::optional<WeightWords> read_weight(LineCursor& cursor, std::int64_t most) {
    const auto number = cursor.number({-most, most});
    const bool reverse = cursor.take_if("reverse");
    if (!number) return std::nullopt;
    return WeightWords{.weight = static_cast<std::int32_t>(*number), .reverse = reverse};
}

std::optional<WeightWords> weight_of(const Statement& statement, Block block) {
    const auto number = number_of(statement, block);
    if (!number) return std::nullopt;
    return WeightWords{.weight = static_cast<std::int32_t>(*number),
                       .reverse = statement.words.size() > 2 && statement.words[2].text == "reverse"};
}

void read_tracks(Tracks& tracks, const Statement& statement, Reading& reading) {
    const auto kind = std::ranges::find(kinds, std::string_view(statement.keyword()), &TrackKind::keyword);
    if (kind == kinds.end()) return;
    std::vector<Track>& list = tracks.*kind->member;
    for (const Statement& line : statement.block) {
        auto track = read_line(*kind, line, reading);
        if (!track) continue;
        if (std::ranges::find(list, track->name, &Track::name) != list.end()) {
            reading.warn(Code::duplicate_name, line.place(), fmt::format("\"{}\" is tracked twice", track->name),
                         "keepalived leaves out the second one as well");
            continue;
        }
        list.push_back(std::move(*track));
    }
}

void drop_weights(Tracks& tracks, NoWeights why, std::string_view name, const Place& place, Reading& reading) {
    for (const TrackKind& kind : kinds) {
        std::vector<Track>& list = tracks.*kind.member;
        const bool keeps = (kind.member == &Tracks::interfaces && why == NoWeights::group);
        for (Track& track : list) {
            if (track.weight == 0) continue;
            const bool standard = kind.member == &Tracks::files && track.weight == kind.standard;
            reading.warn(Code::ignored_value, place,
                         fmt::format("the weight of \"{}\" in {} has no effect on {}", track.name, kind.keyword, name),
                         fmt::format("{}; {}", reason(why),
                                     keeps || standard ? "a failure means fault" : "it is not tracked, as with keepalived"));
            if (keeps || standard) track.weight = 0;
        }
        std::erase_if(list, [](const Track& track) { return track.weight != 0; });
    }
}

}  // namespace lvx::config::keepalived
