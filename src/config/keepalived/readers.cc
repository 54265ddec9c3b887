#include "config/keepalived/readers.hh"

#include <array>

#include "config/keepalived/director.hh"
#include "config/keepalived/globals.hh"
#include "config/keepalived/group.hh"
#include "config/keepalived/marks.hh"
#include "config/keepalived/service.hh"
#include "config/keepalived/static_items.hh"
#include "config/keepalived/track_objects.hh"
#include "config/keepalived/vrrp_group.hh"
#include "config/keepalived/vrrp_instance.hh"

namespace lvx::config::keepalived {
namespace {

struct RootReader {
    std::string_view keyword;  // its name of today
    void (*read)(const Statement& statement, Reading& reading);
};

constexpr std::array readers = {
    RootReader{"global_defs", read_globals},
    RootReader{"instance", [](const Statement&, Reading&) {}},  // read by the stage that replaces ${_INSTANCE}
    RootReader{"director", read_director},
    RootReader{"director_sync", read_director_sync},
    RootReader{"SSL", read_ssl},
    RootReader{"fwmark_packets", read_fwmark_packets},
    RootReader{"vrrp_script", read_vrrp_script},
    RootReader{"track_file", read_track_file},
    RootReader{"vrrp_track_process", read_track_process},
    RootReader{"bfd_instance", read_bfd},
    RootReader{"track_group", read_track_group},
    RootReader{"static_ipaddress", read_static_addresses},
    RootReader{"static_routes", read_static_routes},
    RootReader{"static_rules", read_static_rules},
    RootReader{"garp_group", read_garp_group},
    RootReader{"interface_up_down_delays", read_interface_delays},
    RootReader{"vrrp_instance", read_vrrp_instance},
    RootReader{"vrrp_sync_group", read_sync_group},
    RootReader{"virtual_server_group", read_group},
    RootReader{"virtual_server", read_virtual_server},
};

// One function per file that reads blocks: the keywords it has a reader for.
using KeywordList = std::vector<std::string_view> (*)(Block block);
constexpr std::array<KeywordList, 8> lists = {globals_keywords, director_keywords, service_keywords, instance_keywords,
                                              group_keywords,   track_keywords,    bfd_keywords,     list_keywords};

}  // namespace

void read_site(const std::vector<Statement>& statements, const Reader& files, const Options& options, Outcome& outcome) {
    Reading reading(statements, files, options, outcome);
    for (const RootReader& reader : readers) {
        for (const Statement& one : statements) {
            const Keyword* keyword = find_keyword(Block::root, one.keyword());
            if (keyword != nullptr && keyword->canonical == reader.keyword) reader.read(one, reading);
        }
    }
    settle_routers(reading);
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
