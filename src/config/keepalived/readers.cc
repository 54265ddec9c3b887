#include "config/keepalived/readers.hh"

#include <array>

#include "config/keepalived/globals.hh"
#include "config/keepalived/service.hh"

namespace lvx::config::keepalived {
namespace {

struct RootReader {
    std::string_view keyword;  // its name of today
    void (*read)(const Statement& statement, Reading& reading);
};

constexpr std::array readers = {
    RootReader{"global_defs", read_globals},
    RootReader{"instance", [](const Statement&, Reading&) {}},  // read by the stage that replaces ${_INSTANCE}
    RootReader{"virtual_server", read_virtual_server},
};

// One function per file that reads blocks: the keywords it has a reader for.
using KeywordList = std::vector<std::string_view> (*)(Block block);
constexpr std::array<KeywordList, 2> lists = {globals_keywords, service_keywords};

}  // namespace

void read_site(const std::vector<Statement>& statements, const Options& options, Outcome& outcome) {
    Reading reading(statements, options, outcome);
    for (const RootReader& reader : readers) {
        for (const Statement& one : statements) {
            const Keyword* keyword = find_keyword(Block::root, one.keyword());
            if (keyword != nullptr && keyword->canonical == reader.keyword) reader.read(one, reading);
        }
    }
}

std::vector<std::string_view> keywords_read(Block block) {
    std::vector<std::string_view> names;
    if (block == Block::root) {
        for (const RootReader& reader : readers) names.push_back(reader.keyword);
    }
    for (const KeywordList list : lists) {
        for (const std::string_view name : list(block)) names.push_back(name);
    }
    return names;
}

}  // namespace lvx::config::keepalived
