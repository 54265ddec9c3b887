#include "config/keepalived/fields.hh"

namespace lvx::config::keepalived {

std::optional<bool> flag_given(const Statement& statement) {
    if (statement.words.size() < 2) return true;
    const auto flag = read_flag(statement.words[1]);
    return flag ? std::optional(*flag) : std::nullopt;
}

Said::Said(const Statement& block, Block where) {
    for (const Statement& one : block.block) {
        if (const Keyword* keyword = find_keyword(where, one.keyword())) last_[keyword->canonical] = &one;
    }
}

const Statement* Said::find(std::string_view keyword) const {
    const auto found = last_.find(keyword);
    return found == last_.end() ? nullptr : found->second;
}

Place Said::place(std::string_view keyword, const Statement& otherwise) const {
    const Statement* statement = find(keyword);
    return statement == nullptr ? otherwise.place() : statement->place();
}

}  // namespace lvx::config::keepalived
