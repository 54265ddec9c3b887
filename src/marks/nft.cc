#include "marks/nft.hh"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hh"
#include "marks/nft_rule.hh"

namespace lvx::marks {

namespace {

struct Listed {
    Table table;
    NamedSets sets;
};

std::optional<Hook> hook_of(std::string_view name) {
    if (name == "prerouting") return Hook::prerouting;
    if (name == "input") return Hook::input;
    if (name == "ingress") return Hook::ingress;
    return std::nullopt;
}

bool is_followed_family(std::string_view family) { return family == "ip" || family == "ip6" || family == "inet" || family == "netdev"; }

class Listing {
 public:
    void take(const Json& object) {
        const std::string_view kind = object.only_name();
        if (kind.empty() || kind == "metainfo") return;
        const Json& inner = object.items[0];
        const std::string_view family = inner.string_at("family");
        if (!is_followed_family(family)) return;
        Listed& listed = of(family, inner.string_at(kind == "table" ? "name" : "table"));
        if (kind == "set" || kind == "map") listed.sets.insert_or_assign(std::string(inner.string_at("name")), inner);
        if (kind == "chain") take_chain(listed.table, inner);
        if (kind == "rule") take_rule(listed, inner);
    }

    Ruleset tables() {
        Ruleset result;
        for (Listed& each : listed_) result.push_back(std::move(each.table));
        return result;
    }

 private:
    Listed& of(std::string_view family, std::string_view table) {
        std::string name = fmt::format("nft {} {}", family, printable(table));
        const auto found = std::ranges::find(listed_, name, [](const Listed& each) { return each.table.name; });
        if (found != listed_.end()) return *found;
        Listed& listed = listed_.emplace_back();
        listed.table.name = std::move(name);
        if (family == "ip") listed.table.packets = family_line(Family::v4);
        if (family == "ip6") listed.table.packets = family_line(Family::v6);
        return listed;
    }

    static void take_chain(Table& table, const Json& chain) {
        const std::string name(chain.string_at("name"));
        table.chains.try_emplace(name);
        const auto hook = hook_of(chain.string_at("hook"));
        if (!hook) return;
        const Json* const priority = chain.find("prio");
        table.bases.push_back({.hook = *hook,
                               .priority = priority == nullptr ? 0 : priority->integer().value_or(0),
                               .chain = name,
                               .drops = chain.string_at("policy") == "drop"});
    }

    static void take_rule(Listed& listed, const Json& rule) {
        const Json* const statements = rule.find("expr");
        if (statements == nullptr) return;
        const std::string chain(rule.string_at("chain"));
        const Json* const handle = rule.find("handle");
        Rule read = nft_rule(fmt::format("{} {} handle {}", listed.table.name, printable(chain), handle == nullptr ? "?" : printable(handle->text)), *statements, listed.sets);
        if (read.effect != Effect::none) listed.table.chains[chain].push_back(std::move(read));
    }

    std::vector<Listed> listed_;
};

}  // namespace

std::expected<Ruleset, std::string> read_nft(std::string_view text) {
    Listing listing;
    if (const auto read = for_each_in(text, "nftables", [&](const Json& object) { listing.take(object); }); !read) return std::unexpected(read.error());
    return listing.tables();
}

}  // namespace lvx::marks
