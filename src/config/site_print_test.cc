// Whole sites: what the printer writes, the readers read back to an equal value.
#include <gtest/gtest.h>

#include "config/keepalived/print.hh"
#include "config/load.hh"
#include "config/test_reader.hh"

namespace lvx::config {
namespace {

Outcome loaded(const std::string& text) { return load(reader_of({{"lvx.conf", text}}), "lvx.conf", {}); }

void reads_back(const std::string& text) {
    const Outcome first = loaded(text);
    ASSERT_TRUE(first.usable()) << first.report();
    const std::string printed = keepalived::print(first.site);
    const Outcome again = loaded(printed);
    ASSERT_TRUE(again.usable()) << again.report() << printed;
    EXPECT_TRUE(again.site.globals == first.site.globals) << printed;
    EXPECT_TRUE(again.site.vrrp == first.site.vrrp) << printed;
    EXPECT_TRUE(again.site.cluster == first.site.cluster) << printed;
    EXPECT_TRUE(again.site.pools == first.site.pools) << printed;
    EXPECT_TRUE(again.site == first.site) << printed;
    EXPECT_EQ(keepalived::print(again.site), printed);
}

constexpr const char* routers = R"(global_defs {
    router_id LVS_1
    notification_email { ops@example.org }
    smtp_server 192.0.2.25 2525
    vrrp_version 3
    vrrp_garp_master_delay 2
    script_user nobody
    lvs_timeouts tcp 1000
    notify_fifo /run/x.fifo
}
vrrp_script chk { script "/usr/bin/probe -x 'a b'"
 interval 0.5
 weight -20
 fall 3
}
track_file tf { file "/run/weight"
 weight 2
 init_file 5 overwrite
}
bfd_instance b1 { neighbor_ip 192.0.2.9
 min_rx 20
 multiplier 3
}
vrrp_sync_group G { group { VI_1
 VI_2
 }
 notify_master "/bin/up all" nobody
}
vrrp_instance VI_1 {
    state MASTER
    interface eth0
    virtual_router_id 51
    priority 150
    advert_int 0.2
    mcast_src_ip 192.0.2.2
    virtual_ipaddress {
        192.168.88.23/24 brd + dev eth0 label eth0:1
        192.168.88.24 scope link no_track
    }
    virtual_ipaddress_excluded { 2001:db8::1/64 }
    virtual_resources {
        /etc/ha.d/resource.d/apache
        /opt/my\ script 'with blanks'
    }
    resource_timeout 12.5
    resource_interval 60
    virtual_routes { 10.9.0.0/16 via 192.168.88.1 dev eth0 metric 5 }
    virtual_rules { from 10.9.0.0/16 table 100 priority 50 }
    track_interface { eth1 weight 10
      eth2 }
    track_script { chk }
    track_file { tf weight 3 }
    track_bfd { b1 }
    notify_backup "/bin/down 'x y'"
    use_vmac vrrp.51
    garp_master_repeat 3
}
vrrp_instance VI_2 {
    interface eth1
    virtual_router_id 52
    version 2
    priority 90
    nopreempt
    unicast_src_ip 10.0.0.1
    unicast_peer { 10.0.0.2 min_ttl 254 }
    authentication { auth_type PASS
      auth_pass secret }
    virtual_ipaddress { 10.0.0.254 }
}
static_ipaddress { 192.0.2.77/32 dev lo }
static_routes { 10.8.0.0/16 via 192.0.2.1 }
interface_up_down_delays { eth0 1 2 }
garp_group { garp_interval 0.01
 interfaces { eth0
 eth1 }
}
)";

TEST(PrintedSite, ReadsBackWithItsVirtualRouters) { reads_back(routers); }

}  // namespace
}  // namespace lvx::config
