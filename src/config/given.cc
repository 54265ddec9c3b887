#include "config/given.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "config/keyword.hh"

namespace lvx::config {

namespace {

// What a check takes from its real server, and that from its virtual server.
constexpr std::array<std::string_view, 7> inherited = {"delay_loop", "connect_timeout", "delay_before_retry", "warmup", "retry", "alpha", "virtualhost"};

std::string arguments_of(const Statement& statement) {
    std::string text;
    for (std::size_t i = 1; i < statement.words.size(); ++i) text += (i == 1 ? "" : " ") + statement.words[i].text;
    return text;
}

// A block that is being told, and those around it.
struct Scope {
    const Statement* statement = nullptr;  // null: the top level
    Block block = Block::root;
    const Scope* outer = nullptr;
    std::string object;
};

// The last statement of a block with this keyword of today.
const Statement* said(const Statement& block, Block where, std::string_view name) {
    const Statement* found = nullptr;
    for (const Statement& one : block.block) {
        const Keyword* keyword = find_keyword(where, one.keyword());
        if (keyword != nullptr && keyword->canonical == name) found = &one;
    }
    return found;
}

class Teller {
 public:
    explicit Teller(const std::vector<Statement>& statements) : statements_(statements) {
        for (const Statement& one : statements) {
            if (one.keyword() == "global_defs") globals_.push_back(&one);
        }
    }

    std::vector<Given> run() {
        const Scope root;
        for (const Statement& one : statements_) tell(one, root);
        return std::move(given_);
    }

 private:
    void tell(const Statement& one, const Scope& scope) {
        const Keyword* keyword = find_keyword(scope.block, one.keyword());
        if (keyword == nullptr) return;
        if (keyword->opens == Block::none) {
            const std::string value = arguments_of(one);
            given_.push_back({scope.object, std::string(keyword->canonical), value.empty() ? "on" : value, one.place()});
            return;
        }
        const std::string head = one.words.size() > 1 ? fmt::format("{} {}", keyword->canonical, arguments_of(one)) : std::string(keyword->canonical);
        const Scope inner{&one, keyword->opens, &scope, scope.object.empty() ? head : fmt::format("{} / {}", scope.object, head)};
        if (keyword->opens == Block::free) return list(one, inner);
        for (const Statement& each : one.block) tell(each, inner);
        defaults(inner);
    }

    // Lines of a list are values of their own.
    void list(const Statement& block, const Scope& scope) {
        for (const Statement& one : block.block) {
            const std::string rest = arguments_of(one);
            given_.push_back({scope.object, "", rest.empty() ? one.keyword() : fmt::format("{} {}", one.keyword(), rest), one.place()});
        }
    }

    void defaults(const Scope& scope) {
        for (const Keyword& keyword : keywords()) {
            const bool tells = keyword.block == scope.block && keyword.name == keyword.canonical && keyword.opens == Block::none;
            if (!tells || said(*scope.statement, scope.block, keyword.name) != nullptr) continue;
            if (keyword.status != Status::works && keyword.status != Status::covered) continue;
            if (const Statement* from = from_around(keyword, scope)) {
                const std::string value = arguments_of(*from);
                given_.push_back({scope.object, std::string(keyword.name), value.empty() ? "on" : value, from->place()});
            } else if (!keyword.standard.empty()) {
                given_.push_back({scope.object, std::string(keyword.name), std::string(keyword.standard), {}});
            }
        }
    }

    // Who says it instead of the block itself.
    const Statement* from_around(const Keyword& keyword, const Scope& scope) const {
        if (scope.block == Block::vrrp_instance) return from_globals(keyword.name);
        if (std::ranges::find(inherited, keyword.name) == inherited.end()) return nullptr;
        for (const Scope* at = scope.outer; at != nullptr && at->statement != nullptr; at = at->outer) {
            if (const Statement* found = said(*at->statement, at->block, keyword.name)) return found;
        }
        return nullptr;
    }

    const Statement* from_globals(std::string_view name) const {
        const Statement* found = nullptr;
        for (const Statement* globals : globals_) {
            for (const std::string& spelling : {fmt::format("vrrp_{}", name), std::string(name)}) {
                if (const Statement* one = said(*globals, Block::global_defs, spelling)) found = one;
            }
        }
        return found;
    }

    const std::vector<Statement>& statements_;
    std::vector<const Statement*> globals_;
    std::vector<Given> given_;
};

}  // namespace

std::vector<Given> given_values(const std::vector<Statement>& statements) { return Teller(statements).run(); }

}  // namespace lvx::config
