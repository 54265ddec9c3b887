// virtual routers and what belongs to them, from text to model: defaults, and the rules between keywords.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/load.hh"
#include "config/test_reader.hh"

namespace lvx::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;

Outcome load_text(const std::string& text) { return load(reader_of({{"lvx.conf", text}}), "lvx.conf", {.config_id = "main"}); }

// The model of one router with these lines besides those that must be.
model::VrrpInstance router(const std::string& lines) {
    const Outcome outcome = load_text("vrrp_instance V {\ninterface eth0\nvirtual_router_id 5\n" + lines + "\n}\n");
    return outcome.site.vrrp.instances.empty() ? model::VrrpInstance{} : outcome.site.vrrp.instances.front();
}

const std::string v4 = "virtual_ipaddress {\n192.0.2.1\n}\n", v6 = "virtual_ipaddress {\nfe80::1\n}\n";

std::string report_of(const std::string& lines) {
    return load_text("vrrp_instance V {\ninterface eth0\nvirtual_router_id 5\n" + lines + "\n}\n").report();
}

TEST(VrrpRole, FollowsStateAndPriority) {
    struct Case { std::string lines; bool master; int priority; };
    for (const Case& one : {Case{"", false, 100}, Case{"state MASTER\n", true, 255}, Case{"priority 255\n", true, 255},
                            Case{"state MASTER\npriority 100\n", true, 100}, Case{"state BACKUP\npriority 255\n", false, 255}}) {
        const auto it = router(one.lines + v4);
        EXPECT_EQ(it.wants_master, one.master) << one.lines;
        EXPECT_EQ(it.priority, one.priority) << one.lines;
    }
}

TEST(VrrpVersion, IsThatOfTheFamilyUnlessGiven) {
    EXPECT_EQ(router(v4).version, 2);
    EXPECT_EQ(router(v6).version, 3);
    EXPECT_EQ(router("version 2\n" + v6).version, 2);
    const auto text = "global_defs {\nvrrp_version 3\n}\nvrrp_instance V {\ninterface eth0\nvirtual_router_id 5\n" + v4 + "}\n";
    EXPECT_EQ(load_text(text).site.vrrp.instances.at(0).version, 3);
}

TEST(VrrpInterval, IsRoundedToWhatTheVersionCarries) {
    EXPECT_EQ(router("advert_int 1.4\n" + v4).advert_interval, 1s);
    EXPECT_EQ(router("advert_int 1.5\n" + v4).advert_interval, 2s);
    EXPECT_EQ(router("advert_int 0.4\n" + v4).advert_interval, 1s);
    EXPECT_EQ(router("advert_int 0.001\nversion 3\n" + v4).advert_interval, 10ms);
    EXPECT_EQ(router("advert_int 40.95\nversion 3\n" + v4).advert_interval, 40950ms);
    EXPECT_THAT(report_of("advert_int 40.96\nversion 3\n" + v4), HasSubstr("keepalived would use 40.95"));
    EXPECT_THAT(report_of("advert_int 255\n" + v4), HasSubstr("0 errors, 0 warnings"));
    EXPECT_THAT(report_of("advert_int 256\n" + v4), HasSubstr("advert_int 256 is out of range"));
}

TEST(VrrpAnnouncements, AfterALowerPriorityAreThoseOfANewMaster) {
    const auto it = router("garp_master_delay 2\ngarp_master_repeat 7\n" + v4);
    EXPECT_EQ(it.garp.lower_priority_delay, 2s);
    EXPECT_EQ(it.garp.lower_priority_repeat, 7u);
    EXPECT_EQ(router("garp_master_repeat 7\ngarp_lower_prio_repeat 1\n" + v4).garp.lower_priority_repeat, 1u);
}

TEST(VrrpDefaults, ComeFromGlobalDefsWhereverTheyStand) {
    const auto outcome = load_text("vrrp_instance V {\ninterface eth0\nvirtual_router_id 5\ngarp_master_repeat 9\n" + v4 +
                                   "}\nglobal_defs {\nvrrp_garp_master_repeat 2\nvrrp_garp_master_delay 0\nvrrp_down_timer_adverts 5\n"
                                   "vrrp_skip_check_adv_addr\nsmtp_alert_vrrp\nvrrp_mcast_group4 224.0.0.99\n}\n");
    ASSERT_TRUE(outcome.usable()) << outcome.report();
    const auto& it = outcome.site.vrrp.instances.at(0);
    EXPECT_EQ(it.garp.repeat, 9u);
    EXPECT_EQ(it.garp.delay, 0s);
    EXPECT_EQ(it.down_timer_adverts, 5);
    EXPECT_TRUE(it.skip_check_adv_addr);
    EXPECT_TRUE(it.notify.smtp_alert);
    EXPECT_EQ(it.group, Address::parse("224.0.0.99"));
}

TEST(VrrpAddresses, BeyondWhatAnAdvertisementHoldsAreNotAdvertised) {
    std::string lines = "virtual_ipaddress {\n~SEQ(n, 1, 255) 10.0.0.$n\n10.0.1.1\n}\n";
    const auto it = router(lines);
    EXPECT_EQ(it.addresses.size(), 255u);
    EXPECT_EQ(it.excluded.size(), 1u);
    const auto six = router("virtual_ipaddress {\nfe80::1\n~SEQ(n, 100, 200) 2001:db8::$n\n}\n");
    EXPECT_EQ(six.addresses.size(), 90u);  // (1500 - 40 - 8) / 16
    EXPECT_EQ(six.excluded.size(), 12u);
}

TEST(VrrpAddresses, TakeAllBitsWhereALengthIsImpossibleAtATolerantStart) {
    const std::string text = "vrrp_instance V {\ninterface eth0\nvirtual_router_id 5\nvirtual_ipaddress {\n192.0.2.1/33\n}\n}\n";
    EXPECT_FALSE(load_text(text).usable());
    const Outcome outcome = load(reader_of({{"lvx.conf", text}}), "lvx.conf", {.tolerant = true});
    ASSERT_TRUE(outcome.usable()) << outcome.report();
    EXPECT_EQ(outcome.site.vrrp.instances.at(0).addresses.at(0).prefix_length, 32);
}

TEST(VrrpTracks, TakeTheWeightOfTheDefinitionUnlessTheySayOne) {
    const auto outcome = load_text("vrrp_instance V {\ninterface eth0\nvirtual_router_id 5\ntrack_script {\na\nb weight 3\n}\ntrack_file {\nf\n}\n" +
                                   v4 + "}\nvrrp_script a {\nscript /bin/true\nweight -7 reverse\n}\n"
                                   "vrrp_script b {\nscript /bin/true\nweight -7\n}\ntrack_file f {\nfile /x\n}\n");
    ASSERT_TRUE(outcome.usable()) << outcome.report();
    const auto& tracks = outcome.site.vrrp.instances.at(0).tracks;
    EXPECT_THAT(tracks.scripts, ElementsAre(model::Track{"a", -7, true}, model::Track{"b", 3, false}));
    EXPECT_THAT(tracks.files, ElementsAre(model::Track{"f", 1, false}));
}

TEST(VrrpTracks, OfAGroupsMembersLoseTheirWeights) {
    const std::string text = "vrrp_instance V {\ninterface eth0\nvirtual_router_id 5\ntrack_interface {\neth1 weight 5\n}\n"
                             "track_script {\na\n}\n" + v4 + "}\nvrrp_script a {\nscript /bin/true\nweight 5\n}\n";
    const std::string group = "vrrp_sync_group G {\ngroup {\nV\n}\n";
    const auto plain = load_text(text + group + "}\n").site.vrrp.instances.at(0).tracks;
    EXPECT_THAT(plain.interfaces, ElementsAre(model::Track{"eth1", 0, false}));
    EXPECT_TRUE(plain.scripts.empty());
    const auto kept = load_text(text + group + "sync_group_tracking_weight\n}\n").site.vrrp.instances.at(0).tracks;
    EXPECT_EQ(kept.interfaces.at(0).weight, 5);
    EXPECT_EQ(kept.scripts.size(), 1u);
}

TEST(VrrpTracks, MayStandBeforeTheirDefinitionAndThatIsSaidIfAskedFor) {
    const std::string user = "vrrp_instance V {\ninterface eth0\nvirtual_router_id 5\ntrack_script {\na\n}\n" + v4 + "}\n";
    const std::string script = "vrrp_script a {\nscript /bin/true\n}\n";
    const auto warnings = [](const std::string& text, bool asked) {
        return load(reader_of({{"lvx.conf", text}}), "lvx.conf", {.keepalived_order = asked}).diagnostics.warnings();
    };
    EXPECT_EQ(warnings(user + script, false), 0u);
    EXPECT_EQ(warnings(user + script, true), 1u);
    EXPECT_EQ(warnings(script + user, true), 0u);
}

TEST(VrrpFastPeer, NamesASessionThatDoesNotNoticeTooSoon) {
    const auto told = [](const std::string& bfd, const std::string& peer) {
        return load_text("bfd_instance other {\n    neighbor_ip 192.0.2.2\n    source_ip 192.0.2.1\n" + bfd + "}\nvrrp_instance v {\n    interface eth0\n    virtual_router_id 1\n    fast_peer " + peer +
                         "\n    virtual_ipaddress {\n        192.0.2.9/24\n    }\n}\n");
    };
    const Outcome unknown = told("", "othr");
    EXPECT_FALSE(unknown.usable());
    EXPECT_THAT(unknown.report(), HasSubstr("there is no bfd_instance of the name \"othr\""));
    EXPECT_THAT(unknown.report(), HasSubstr("did you mean \"other\"?"));
    EXPECT_EQ(unknown.report().find("keepalived"), std::string::npos) << "which does not know fast_peer";
    EXPECT_EQ(told("    min_tx 1\n    multiplier 9\n", "other").diagnostics.warnings(), 0u);
    const Outcome soon = told("    min_tx 1\n    multiplier 8\n", "other");
    EXPECT_TRUE(soon.usable());
    EXPECT_THAT(soon.report(), HasSubstr("warning[W0174]: other finds a director dead 7 ms after it stopped, which may answer for 8 ms"));
    EXPECT_EQ(soon.site.vrrp.instances.at(0).fast_peer, "other");
}

TEST(VrrpTolerance, LeavesOutWhatCannotRunAndAllThatRefersToIt) {
    const std::string text = "global_defs {\nlvs_sync_daemon eth1 NOTHING\n}\nvrrp_instance NOTHING {\ninterface eth0\n" + v4 +
                             "}\nvrrp_instance V {\ninterface eth0\nvirtual_router_id 5\ntrack_script {\nempty\n}\n" + v4 +
                             "}\nvrrp_instance W {\ninterface eth0\nvirtual_router_id 5\n" + v4 + "}\nvrrp_script empty {\n}\n"
                             "vrrp_sync_group G {\ngroup {\nNOTHING\n}\n}\nvrrp_sync_group H {\ngroup {\nV\nW\nNOTHING\n}\n}\n"
                             "bfd_instance b {\n}\n";
    const Outcome outcome = load(reader_of({{"lvx.conf", text}}), "lvx.conf", {.tolerant = true});
    ASSERT_TRUE(outcome.usable()) << outcome.report();
    const model::Vrrp& vrrp = outcome.site.vrrp;
    ASSERT_EQ(vrrp.instances.size(), 1u);
    EXPECT_TRUE(vrrp.instances.at(0).tracks.scripts.empty());
    EXPECT_TRUE(vrrp.scripts.empty());
    EXPECT_TRUE(vrrp.bfds.empty());
    ASSERT_EQ(vrrp.groups.size(), 1u);
    EXPECT_THAT(vrrp.groups.at(0).members, ElementsAre("V"));
    EXPECT_FALSE(outcome.site.globals.sync_daemon);
}

TEST(VrrpNumbers, MayMeetOnDifferentNetworksOnly) {
    const auto two = [](const std::string& first, const std::string& second) {
        return load_text("vrrp_instance A {\nvirtual_router_id 5\n" + first + "}\nvrrp_instance B {\nvirtual_router_id 5\n" + second + "}\n").usable();
    };
    EXPECT_FALSE(two("interface eth0\n" + v4, "interface eth0\n" + v4));
    EXPECT_TRUE(two("interface eth0\n" + v4, "interface eth1\n" + v4));
    EXPECT_TRUE(two("interface eth0\n" + v4, "interface eth0\n" + v6));
    EXPECT_TRUE(two("interface eth0\n" + v4, "interface eth0\nmcast_dst_ip 224.0.0.9\n" + v4));
    EXPECT_TRUE(two("interface eth0\nunicast_peer {\n192.0.2.8\n}\n" + v4, "interface eth0\nunicast_peer {\n192.0.2.9\n}\n" + v4));
    EXPECT_FALSE(two("interface eth0\nunicast_peer {\n192.0.2.8\n}\n" + v4, "interface eth0\nunicast_peer {\n192.0.2.8\n}\n" + v4));
}

TEST(VrrpKeys, AreReadFromHexLettersOrAFile) {
    const std::string letters(32, 'k');
    const auto hmac = [&](const std::string& key) {
        const std::string text = "vrrp_instance V {\ninterface eth0\nvirtual_router_id 5\nauth_hmac {\nkey 3 " + key + "\n}\n" + v4 + "}\n";
        return load(reader_of({{"lvx.conf", text}, {"/key", letters + "\n"}}), "lvx.conf", {}).site.vrrp.instances.at(0).hmac;
    };
    const std::vector<std::uint8_t> expected(32, 'k');
    EXPECT_EQ(hmac(letters).keys.at(0).secret, expected);
    EXPECT_EQ(hmac("file:/key").keys.at(0).secret, expected);
    std::string hex = "hex:";
    for (int i = 0; i < 32; ++i) hex += "6b";
    EXPECT_EQ(hmac(hex).keys.at(0).secret, expected);
    EXPECT_EQ(hmac(hex).active, 3);
    EXPECT_TRUE(hmac("hex:6b6").keys.empty());
    EXPECT_TRUE(hmac(letters.substr(1)).keys.empty());
    EXPECT_TRUE(hmac("file:/nokey").keys.empty());
}

TEST(VrrpProcess, ComparesArgumentsThatAreGiven) {
    const auto process = [](const std::string& lines) {
        return load_text("vrrp_track_process p {\n" + lines + "}\n").site.vrrp.processes.at(0);
    };
    using Parameters = model::TrackProcess::Parameters;
    EXPECT_EQ(process("process named\n").parameters, Parameters::ignored);
    EXPECT_EQ(process("process named -u bind\n").parameters, Parameters::exact);
    EXPECT_EQ(process("param_match partial\nprocess named -u bi\n").parameters, Parameters::partial);
    EXPECT_THAT(process("process \"/a b\" c\n").words, ElementsAre("/a b", "c"));
}

TEST(SyncDaemon, IsReadInItsThreeForms) {
    const auto daemon = [](const std::string& globals, const std::string& lines) {
        const auto outcome = load_text("global_defs {\n" + globals + "}\nvrrp_instance V {\ninterface eth0\nvirtual_router_id 5\n" + lines + v4 + "}\n");
        EXPECT_TRUE(outcome.usable()) << outcome.report();
        return outcome.site.globals.sync_daemon.value();
    };
    EXPECT_EQ(daemon("lvs_sync_daemon eth1 V\n", "").id, 5);
    EXPECT_EQ(daemon("lvs_sync_daemon eth1 V 9\n", "").id, 9);
    EXPECT_EQ(daemon("lvs_sync_daemon eth1 id 7 port 99\n", "").instance, "");
    EXPECT_EQ(daemon("", "lvs_sync_daemon_interface eth2\n").instance, "V");
    EXPECT_EQ(daemon("", "lvs_sync_daemon_interface eth2\n").interface, "eth2");
}

TEST(Routes, AreKeptAsIpTakesThem) {
    const auto words = [](const std::string& line) {
        const auto outcome = load_text("static_routes {\n" + line + "\n}\n");
        return outcome.site.vrrp.static_routes.empty() ? std::vector<std::string>{} : outcome.site.vrrp.static_routes.at(0).words;
    };
    EXPECT_THAT(words("src 192.0.2.5 198.51.100.0/24 gw 192.0.2.1 oif eth0"),
                ElementsAre("src", "192.0.2.5", "198.51.100.0/24", "via", "192.0.2.1", "dev", "eth0"));
    EXPECT_THAT(words("to default via 192.0.2.1 preference 5"), ElementsAre("default", "via", "192.0.2.1", "metric", "5"));
    EXPECT_THAT(words("10.0.0.0/8 scope site"), ElementsAre("10.0.0.0/8", "scope", "200"));
    EXPECT_TRUE(words("10.0.0.0/8 table -1").empty());
    EXPECT_TRUE(words("10.0.0.0/8 via fe80::1").empty());
    EXPECT_TRUE(words("10.0.0.0/8 quickack 2").empty());
}

}  // namespace
}  // namespace lvx::config
