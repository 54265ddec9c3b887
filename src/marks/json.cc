#include "marks/json.hh"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hh"

namespace lvx::marks {

const Json* Json::find(std::string_view name) const {
    if (kind != Kind::object) return nullptr;
    const auto found = std::ranges::find(names, name);
    return found == names.end() ? nullptr : &items[static_cast<std::size_t>(found - names.begin())];
}

std::optional<std::string_view> Json::string() const {
    if (kind != Kind::string) return std::nullopt;
    return text;
}

std::string_view Json::string_at(std::string_view name) const {
    const Json* const member = find(name);
    return member == nullptr ? std::string_view{} : member->string().value_or(std::string_view{});
}

std::optional<std::int64_t> Json::integer() const {
    if (kind != Kind::number) return std::nullopt;
    return parse_integer(text);
}

std::string_view Json::only_name() const { return kind == Kind::object && names.size() == 1 ? std::string_view(names[0]) : std::string_view{}; }

namespace {

using Fault = std::unexpected<std::string>;

class Reader {
 public:
    explicit Reader(std::string_view text) : text_(text) {}

    std::expected<Json, std::string> value(std::size_t depth) {
        skip_blanks();
        if (depth > json_depth_limit) return fault(fmt::format("deeper than {} levels", json_depth_limit));
        if (take('{')) return object(depth);
        if (take('[')) return array(depth);
        if (take('"')) return string();
        return word();
    }

    std::expected<void, std::string> members(const std::function<std::expected<void, std::string>(const std::string&)>& member) {
        if (take_after_blanks('}')) return {};
        for (;;) {
            if (!take_after_blanks('"')) return fault("no name of a member");
            auto name = string();
            if (!name) return Fault(name.error());
            if (!take_after_blanks(':')) return fault("no colon after a name");
            if (auto done = member(name->text); !done) return done;
            if (take_after_blanks('}')) return {};
            if (!take_after_blanks(',')) return fault("neither comma nor end of an object");
        }
    }

    std::expected<void, std::string> elements(const std::function<std::expected<void, std::string>()>& element) {
        if (take_after_blanks(']')) return {};
        for (;;) {
            if (auto done = element(); !done) return done;
            if (take_after_blanks(']')) return {};
            if (!take_after_blanks(',')) return fault("neither comma nor end of a list");
        }
    }

    bool take_after_blanks(char wanted) {
        skip_blanks();
        return take(wanted);
    }
    [[nodiscard]] bool at_end() {
        skip_blanks();
        return place_ == text_.size();
    }
    [[nodiscard]] Fault fault(std::string_view reason) const { return Fault(fmt::format("at byte {}: {}", place_, reason)); }

 private:
    bool take(char wanted) {
        if (place_ == text_.size() || text_[place_] != wanted) return false;
        ++place_;
        return true;
    }
    void skip_blanks() { place_ = std::min(text_.size(), text_.find_first_not_of(" \t\r\n", place_)); }

    std::expected<Json, std::string> object(std::size_t depth) {
        Json result{.kind = Json::Kind::object};
        auto done = members([&](const std::string& name) -> std::expected<void, std::string> {
            auto each = value(depth + 1);
            if (!each) return Fault(each.error());
            result.names.push_back(name);
            result.items.push_back(std::move(*each));
            return {};
        });
        if (!done) return Fault(done.error());
        return result;
    }

    std::expected<Json, std::string> array(std::size_t depth) {
        Json result{.kind = Json::Kind::array};
        auto done = elements([&]() -> std::expected<void, std::string> {
            auto each = value(depth + 1);
            if (!each) return Fault(each.error());
            result.items.push_back(std::move(*each));
            return {};
        });
        if (!done) return Fault(done.error());
        return result;
    }

    // Escapes of more than one letter are comments of people and prefixes of logs: nothing here looks at them.
    std::expected<Json, std::string> string() {
        Json result{.kind = Json::Kind::string};
        while (place_ < text_.size()) {
            const char c = text_[place_++];
            if (c == '"') return result;
            if (c != '\\') {
                result.text += c;
                continue;
            }
            if (place_ == text_.size()) break;
            const char escaped = text_[place_++];
            result.text += escaped == 'u' ? '?' : escaped == 'n' ? '\n' : escaped == 't' ? '\t' : escaped;
            if (escaped == 'u') place_ = std::min(text_.size(), place_ + 4);
        }
        return fault("a string without end");
    }

    std::expected<Json, std::string> word() {
        const std::size_t end = std::min(text_.size(), text_.find_first_of(" \t\r\n,]}:\"[{", place_));
        const std::string_view letters = text_.substr(place_, end - place_);
        const bool number = !letters.empty() && letters.find_first_not_of("0123456789+-.eE") == letters.npos;
        if (!number && letters != "true" && letters != "false" && letters != "null") return fault("no value");
        place_ = end;
        if (letters == "null") return Json{};
        return Json{.kind = number ? Json::Kind::number : Json::Kind::boolean, .text = std::string(letters)};
    }

    std::string_view text_;
    std::size_t place_ = 0;
};

}  // namespace

std::expected<Json, std::string> parse_json(std::string_view text) {
    Reader reader(text);
    auto value = reader.value(0);
    if (value && !reader.at_end()) return reader.fault("more than one value");
    return value;
}

std::expected<void, std::string> for_each_in(std::string_view text, std::string_view name, const std::function<void(const Json&)>& visit) {
    Reader reader(text);
    if (!reader.take_after_blanks('{')) return reader.fault("no object");
    auto done = reader.members([&](const std::string& member) -> std::expected<void, std::string> {
        const auto one = [&](bool wanted) -> std::expected<void, std::string> {
            const auto value = reader.value(1);
            if (!value) return Fault(value.error());
            if (wanted) visit(*value);
            return {};
        };
        if (member != name) return one(false);
        if (!reader.take_after_blanks('[')) return reader.fault("no list");
        return reader.elements([&] { return one(true); });
    });
    if (done && !reader.at_end()) return reader.fault("more than one value");
    return done;
}

}  // namespace lvx::marks
