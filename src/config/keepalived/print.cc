#include "config/keepalived/print.hh"

#include <algorithm>
#include <set>

#include "config/keepalived/print_parts.hh"

namespace lvx::config::keepalived {

static bool watched(const model::Site& site, const model::ServiceKey& key) {
    return std::ranges::any_of(site.pools, [&](const model::Pool& pool) {
        return std::ranges::find(pool.services, key) != pool.services.end();
    });
}

std::string print(const model::Site& site) {
    Page page;
    print_globals(site, page);
    print_director(site, page);
    print_trackers(site.vrrp, page);
    for (const model::VrrpSyncGroup& group : site.vrrp.groups) print_sync_group(group, page);
    for (const model::VrrpInstance& instance : site.vrrp.instances) print_vrrp_instance(instance, page);
    print_statics(site.vrrp, page);
    std::set<std::string_view> groups;  // printed already: several virtual servers may share one
    // In the order of services, a pool with the first of its own.
    for (const model::Service& service : site.cluster.services) {
        const auto pool = std::ranges::find_if(site.pools, [&](const model::Pool& one) { return one.services.front() == service.key; });
        if (pool != site.pools.end()) {
            if (!pool->group.empty() && groups.insert(pool->group).second) print_group(*pool, page);
            print_pool(*pool, site, page);
        }
        if (!watched(site, service.key)) print_service(service, page);
    }
    return page.take();
}

std::string print(const model::Cluster& cluster) { return print(model::Site{.cluster = cluster}); }

}  // namespace lvx::config::keepalived
