#include "marks/understand.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <set>

#include "base/text.hh"
#include "marks/iptables.hh"
#include "marks/nft.hh"

namespace lvx::marks {

namespace {

constexpr std::array<std::string_view, tool_count> programs{"nft", "iptables-save", "ip6tables-save", "iptables-legacy-save", "ip6tables-legacy-save"};

Family family_of(Tool tool) { return tool == Tool::ip6tables || tool == Tool::ip6tables_legacy ? Family::v6 : Family::v4; }

// Chains that iptables-nft keeps in nftables have the names of its own.
constexpr std::array<std::string_view, 2> names_of_iptables{"PREROUTING", "INPUT"};

class Understanding {
 public:
    View of(std::span<const Print> prints) {
        View view;
        Ruleset rules, native;
        for (const Print& each : prints) view.tools.push_back(take(each, rules, native));
        for (Table& each : native) {
            leave_to_iptables(each);
            rules.push_back(std::move(each));
        }
        view.evaluation = evaluate(rules);
        return view;
    }

 private:
    ToolState take(const Print& print, Ruleset& rules, Ruleset& native) {
        const std::string program(program_of(print.tool));
        switch (print.printed) {
            case Printed::absent: return {program, "not installed"};
            case Printed::needless: return {program, "no tables"};
            case Printed::failed: return {program, print.problem, true};
            case Printed::kept:
            case Printed::whole: break;
        }
        if (print.tool == Tool::nft) {
            auto read = read_nft(print.text);
            if (!read) return {program, "cannot be understood: " + read.error(), true};
            native = std::move(*read);
        } else {
            take_saved(print, rules);
        }
        if (print.printed == Printed::kept) return {program, print.problem + "; what it printed before holds", true};
        return {program, print.problem.empty() ? "read" : "read; it said: " + print.problem};
    }

    void take_saved(const Print& print, Ruleset& rules) {
        const bool legacy_tool = print.tool == Tool::iptables_legacy || print.tool == Tool::ip6tables_legacy;
        Saved saved = read_saved(print.text, family_of(print.tool));
        // Where iptables itself is the legacy one, both tools print the same tables.
        std::erase_if(saved.tables, [&](const Table& each) { return !seen_.insert(each.name).second; });
        if (saved.flavour == Flavour::nf_tables && !legacy_tool)
            for (const Table& each : saved.tables) by_iptables_.insert(each.name);
        std::ranges::move(saved.tables, std::back_inserter(rules));
    }

    void leave_to_iptables(Table& table) const {
        for (const auto& [native, saved] : {std::pair{"nft ip ", "iptables "}, std::pair{"nft ip6 ", "ip6tables "}}) {
            if (!table.name.starts_with(native) || !by_iptables_.contains(saved + table.name.substr(std::string_view(native).size()))) continue;
            std::erase_if(table.bases, [](const Base& each) { return std::ranges::find(names_of_iptables, each.chain) != names_of_iptables.end(); });
        }
    }

    std::set<std::string> seen_, by_iptables_;
};

}  // namespace

std::string_view program_of(Tool tool) { return programs[static_cast<std::size_t>(tool)]; }

View understand(std::span<const Print> prints) { return Understanding().of(prints); }

}  // namespace lvx::marks
