#include "marks/nft_rule.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hh"

namespace lvx::marks {

namespace {

// Statements that neither choose packets nor change marks.
constexpr std::array<std::string_view, 10> idle{"counter", "log", "notrack", "dup", "ct timeout", "ct helper", "ct expectation", "secmark", "last", "continue"};
// Those that end a packet's way through the chain, or lead it to somebody else.
constexpr std::array<std::pair<std::string_view, std::string_view>, 8> leading{{
    {"dnat", "changes the destination"},      {"redirect", "changes the destination"}, {"tproxy", "hands packets to a local socket"},
    {"queue", "hands packets to a program"},  {"synproxy", "hands packets to synproxy"}, {"fwd", "sends packets elsewhere"},
    {"snat", "changes the source"},           {"masquerade", "changes the source"},
}};

class Translation {
 public:
    Translation(Rule& rule, const NamedSets& sets) : rule_(rule), sets_(sets) {}

    void take(const Json& statement) {
        const std::string_view name = statement.only_name();
        if (name.empty()) return refuse("has a statement that lvx does not know");
        const Json& inner = statement.items[0];
        if (name == "match") return match(inner);
        if (name == "mangle") return mangle(inner);
        if (name == "vmap") return verdict_map(inner);
        if (name == "xt") return extension(inner);
        if (const auto action = verdict(statement)) return act(*action);
        if (std::ranges::find(idle, name) != idle.end()) return;
        if (const auto found = std::ranges::find(leading, name, [](const auto& each) { return each.first; }); found != leading.end()) {
            raise(Effect::flow);
            return refuse(std::string(found->second));
        }
        refuse(name == "limit" ? "depends on a rate limit" : name == "set" ? "depends on a set that packets change" : fmt::format("depends on {}", printable(name)));
    }

 private:
    void refuse(std::string why) {
        if (rule_.refused.empty()) rule_.refused = std::move(why);
    }
    void raise(Effect effect) { rule_.effect = std::max(rule_.effect, effect); }
    void act(const Action& action) {
        raise(std::holds_alternative<MarkChange>(action) ? Effect::marks : Effect::flow);
        rule_.steps.emplace_back(action);
    }

    // ---- what is compared ----

    void match(const Json& inner) {
        const Json *left = inner.find("left"), *right = inner.find("right");
        if (left == nullptr || right == nullptr) return refuse("has a match that lvx does not know");
        const auto parts = compared_together(*left);
        if (!parts) return refuse(parts.error());
        const Followed<void> done = parts->size() == 1 ? match_one(parts->front(), inner.string_at("op"), *right)
                                                       : match_together(*parts, inner.string_at("op"), *right);
        if (!done) refuse(done.error());
    }

    Followed<void> match_one(const Compared& what, std::string_view operation, const Json& right) {
        add_implied(what.implied);
        auto values = values_of(what, operation, right);
        if (!values) return std::unexpected(values.error());
        const bool negated = operation == "!=";
        if (what.part == Part::mark) {
            rule_.steps.emplace_back(MarkTest{what.mask, std::move(*values), negated});
            return {};
        }
        rule_.steps.emplace_back(Match{{destination_of(what.part, *values)}, negated});
        return {};
    }

    Followed<Ranges> values_of(const Compared& what, std::string_view operation, const Json& right) {
        const auto elements = elements_of(right, sets_);
        if (!elements) return std::unexpected(elements.error());
        Ranges values;
        for (const Json* each : *elements) {
            const auto range = range_of(what.part, *each);
            if (!range) return std::unexpected(range.error());
            values.push_back(*range);
        }
        return ordered(what.part, operation, tidied(std::move(values)));
    }

    static Followed<Ranges> ordered(Part part, std::string_view operation, Ranges values) {
        const bool one = values.size() == 1 && values[0].first == values[0].last;
        if (operation == "==" || operation == "!=" || (operation == "in" && !(part == Part::mark && one))) return values;
        if (!one) return std::unexpected(fmt::format("has a comparison that lvx does not know ({})", printable(operation)));
        const Number value = values[0].first;
        const Range domain{0, largest(part)};
        if (operation == "<") return outside({{value, domain.last}}, domain);
        if (operation == "<=") return Ranges{{0, value}};
        if (operation == ">") return outside({{0, value}}, domain);
        if (operation == ">=") return Ranges{{value, domain.last}};
        return std::unexpected(fmt::format("has a comparison that lvx does not know ({})", printable(operation)));
    }

    Followed<void> match_together(const std::vector<Compared>& parts, std::string_view operation, const Json& right) {
        if (operation != "==" && operation != "!=" && operation != "in") return std::unexpected("has a comparison that lvx does not know");
        add_implied(implied_by(parts));
        const auto elements = elements_of(right, sets_);
        if (!elements) return std::unexpected(elements.error());
        std::vector<Destination> any_of;
        for (const Json* each : *elements) {
            auto destination = destination_of(parts, *each);
            if (!destination) return std::unexpected(destination.error());
            any_of.push_back(std::move(*destination));
        }
        rule_.steps.emplace_back(Match{std::move(any_of), operation == "!="});
        return {};
    }

    void add_implied(const Destination& implied) {
        if (implied != Destination{}) rule_.steps.emplace_back(Match{{implied}});
    }

    // ---- what is done ----

    static std::optional<Action> verdict(const Json& statement) {
        const std::string_view name = statement.only_name();
        if (name == "accept") return Verdict::accept;
        if (name == "drop" || name == "reject") return Verdict::drop;
        if (name == "return") return Verdict::leave;
        if (name == "jump" || name == "goto") return Jump{std::string(statement.items[0].string_at("target")), name == "jump"};
        return std::nullopt;
    }

    void mangle(const Json& inner) {
        const Json *key = inner.find("key"), *value = inner.find("value");
        if (key == nullptr || value == nullptr) return refuse("has a statement that lvx does not know");
        const auto what = compared(*key);
        if (what && (what->part == Part::address || what->part == Part::port)) {
            raise(Effect::flow);
            return refuse("changes the destination");
        }
        if (!what || what->part != Part::mark) return;  // the connection's mark, priority, another field
        raise(Effect::marks);
        if (value->only_name() == "map") return mark_map(value->items[0]);
        const auto change = change_of(*value);
        if (!change) return refuse(change.error());
        act(*change);
    }

    // Numbers and the mark itself with "&", "|" and "^" between: always of the form (mark & keep) ^ flip.
    static Followed<MarkChange> change_of(const Json& value) {
        if (const auto number = value.integer(); number && *number >= 0 && *number <= 0xffffffff) return MarkChange{0, static_cast<std::uint32_t>(*number)};
        const std::string_view name = value.only_name();
        if (name != "&" && name != "|" && name != "^") {
            const auto what = compared(value);
            if (!what) return std::unexpected(what.error());
            if (what->part != Part::mark) return std::unexpected("depends on what the packet says");
            return MarkChange{0xffffffff, 0};
        }
        const Json& operands = value.items[0];
        if (!operands.is_array() || operands.items.size() != 2) return std::unexpected("has a value that lvx does not know");
        const auto one = change_of(operands.items[0]), other = change_of(operands.items[1]);
        if (!one) return one;
        if (!other) return other;
        return combined(name, *one, *other);
    }

    static Followed<MarkChange> combined(std::string_view name, const MarkChange& one, const MarkChange& other) {
        if (one.keep != 0 && other.keep != 0) return std::unexpected("has a value that lvx does not know");
        const MarkChange& moving = one.keep != 0 ? one : other;
        const std::uint32_t number = one.keep != 0 ? other.flip : one.flip;
        if (name == "&") return MarkChange{moving.keep & number, moving.flip & number};
        if (name == "|") return MarkChange{moving.keep & ~number, moving.flip | number};
        return MarkChange{moving.keep, moving.flip ^ number};
    }

    // ---- maps ----

    // The key of a map with what each element of it leads to, as `action` reads it.
    template <class Read>
    Followed<Choices> choices_of(const Json& map, Read action) {
        const Json *key = map.find("key"), *data = map.find("data");
        if (key == nullptr || data == nullptr) return std::unexpected("has a map that lvx does not know");
        const auto parts = compared_together(*key);
        if (!parts) return std::unexpected(parts.error());
        if (parts->front().part == Part::mark) return std::unexpected("depends on a map of marks");
        const auto elements = map_elements_of(*data, sets_);
        if (!elements) return std::unexpected(elements.error());
        add_implied(implied_by(*parts));
        Choices choices;
        for (const MapElement& each : *elements) {
            auto when = destination_of(*parts, *each.key);
            if (!when) return std::unexpected(when.error());
            Followed<Action> then = action(*each.value);
            if (!then) return std::unexpected(then.error());
            choices.push_back({std::move(*when), std::move(*then)});
        }
        return choices;
    }

    void mark_map(const Json& map) {
        auto choices = choices_of(map, [](const Json& value) -> Followed<Action> {
            const auto change = change_of(value);
            if (!change) return std::unexpected(change.error());
            return *change;
        });
        if (!choices) return refuse(choices.error());
        rule_.steps.emplace_back(std::move(*choices));
    }

    void verdict_map(const Json& map) {
        raise(Effect::flow);
        auto choices = choices_of(map, [](const Json& value) -> Followed<Action> {
            const auto action = verdict(value);
            if (!action) return std::unexpected("has a verdict that lvx does not know");
            return *action;
        });
        if (!choices) return refuse(choices.error());
        rule_.steps.emplace_back(std::move(*choices));
    }

    // What iptables-nft wrote and nft cannot read; iptables-save can.
    void extension(const Json& inner) {
        const std::string_view name = inner.string_at("name");
        if (name == "comment" || name == "LOG" || name == "NFLOG" || name == "TRACE") return;
        if (inner.string_at("type") == "target" || name.empty()) raise(name == "MARK" || name == "CONNMARK" || name.empty() ? Effect::marks : Effect::flow);
        refuse(name.empty() ? "has an extension of iptables, which nft does not show" : fmt::format("has the extension {} of iptables, which nft does not show", printable(name)));
    }

    Rule& rule_;
    const NamedSets& sets_;
};

}  // namespace

Rule nft_rule(std::string name, const Json& statements, const NamedSets& sets) {
    Rule rule{.name = std::move(name)};
    Translation translation(rule, sets);
    for (const Json& each : statements.items) translation.take(each);
    return settled(std::move(rule));
}

}  // namespace lvx::marks
