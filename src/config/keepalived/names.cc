#include "config/keepalived/names.hh"

#include <fmt/format.h>

namespace lvx::config::keepalived {

namespace {

// keepalived resolves names while it reads; lvx when it has read all.  Members of groups are looked up late by both.
void say_if_late(const Word& name, const Statement& object, Reading& reading) {
    const std::string_view kind = object.keyword();
    const bool early = kind == "vrrp_script" || kind == "track_file" || kind == "vrrp_track_file" || kind == "vrrp_track_process" || kind == "bfd_instance";
    if (!reading.options().keepalived_order || !early || object.place() < name.place) return;
    reading.warn(Code::order_of_definition, name.place, fmt::format("{} {} is defined below", kind, name.text),
                 "lvx finds it; keepalived would ignore this name");
}

const Statement* missing(const Word& name, std::string_view keyword, std::string note, Reading& reading) {
    const auto names = reading.object_names(keyword);
    reading.report({.code = Code::unknown_name, .place = name.place,
                    .message = fmt::format("there is no {} of the name \"{}\"", keyword, name.text),
                    .caret = suggestion(name.text, names), .note = std::move(note),
                    .help = names.empty() ? fmt::format("{} {} {{ ... }} defines one", keyword, name.text) : std::string{}});
    return nullptr;
}

}  // namespace

const Statement* expect_object(const Word& name, std::string_view keyword, Reading& reading) {
    const Statement* object = reading.find_object(keyword, name.text);
    if (object == nullptr) return missing(name, keyword, "keepalived would ignore this name", reading);
    say_if_late(name, *object, reading);
    return object;
}

const Statement* expect_object_for_ours(const Word& name, std::string_view keyword, Reading& reading) {
    const Statement* object = reading.find_object(keyword, name.text);
    return object != nullptr ? object : missing(name, keyword, {}, reading);
}

bool first_of_name(const Statement& block, Reading& reading) {
    const Keyword* keyword = find_keyword(Block::root, block.keyword());
    if (keyword == nullptr || block.words.size() < 2) return false;
    const Statement* first = reading.find_object(keyword->canonical, block.words[1].text);
    if (first == nullptr || first == &block) return true;
    reading.report({.code = Code::duplicate_name, .place = block.words[1].place,
                    .message = fmt::format("{} {} is described twice (first at {})", keyword->canonical, block.words[1].text,
                                           reading.short_place(first->place(), block.place())),
                    .note = "keepalived would leave out the second one"});
    return false;
}

}  // namespace lvx::config::keepalived
