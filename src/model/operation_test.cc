// The kernel's rules for services and servers: what each operation changes, and which errno wins.
#include "model/operation.hh"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cerrno>
#include <climits>

namespace lvx::model {
namespace {

Address address(std::string_view text) { return *Address::parse(text); }

Service web() {
    return {.key = {.protocol = Protocol::tcp, .address = address("192.0.2.1"), .port = 80}, .scheduler = "rr"};
}

Service web6() {
    return {.key = {.protocol = Protocol::tcp, .address = address("2001:db8::1"), .port = 80}, .scheduler = "rr"};
}

Server server(std::string_view where, std::uint32_t weight) {
    return {.endpoint = {.address = address(where), .port = 80}, .weight = weight};
}

Cluster with_web() {
    Cluster cluster;
    cluster.services = {web(), web6()};
    cluster.services[0].servers = {server("10.0.0.2", 1), server("10.0.0.3", 2)};
    return cluster;
}

int code_of(const Cluster& cluster, const Operation& operation) {
    const auto after = model::apply(cluster, operation);
    return after ? 0 : after.error();
}

Service changed(Service service, auto change) {
    change(service);
    return service;
}

Server changed(Server one, auto change) {
    change(one);
    return one;
}

TEST(AddService, PutsAServiceWithoutServersAtTheEnd) {
    Service dns = changed(web(), [](Service& s) { s.key.port = 53, s.servers = {server("10.0.0.9", 1)}; });
    const Cluster after = *apply(with_web(), AddService{dns});
    ASSERT_EQ(after.services.size(), 3u);
    EXPECT_EQ(after.services[2].key, dns.key);
    EXPECT_TRUE(after.services[2].servers.empty());
}

TEST(AddService, RefusesAKeyThatExistsBeforeItLooksAtTheScheduler) {
    EXPECT_EQ(code_of(with_web(), AddService{changed(web(), [](Service& s) { s.scheduler = "nosuch"; })}), EEXIST);
}

TEST(AddService, FindsNoSchedulerThatHasNoRow) {
    for (const char* name : {"foo", "dh", "lblc", "lblcr", "sed", "nq", "fo", "ovf", "twos", ""}) {
        EXPECT_EQ(code_of({}, AddService{changed(web(), [&](Service& s) { s.scheduler = name; })}), ENOENT) << name;
    }
    for (const char* name : {"rr", "wrr", "lc", "wlc", "sh", "mh", "none"}) {
        EXPECT_EQ(code_of({}, AddService{changed(web(), [&](Service& s) { s.scheduler = name; })}), 0) << name;
    }
}

TEST(AddService, FindsNoOtherPersistenceEngineThanSip) {
    EXPECT_EQ(code_of({}, AddService{changed(web(), [](Service& s) { s.persistence_engine = "foo"; })}), ENOENT);
    EXPECT_EQ(code_of({}, AddService{changed(web(), [](Service& s) { s.persistence_engine = "sip"; })}), EOPNOTSUPP);
}

TEST(AddService, TakesIpv6PrefixesFrom1To128Only) {
    const auto with_prefix = [](std::uint8_t bits) {
        return AddService{changed(web6(), [&](Service& s) { s.persistence = Persistence{.prefix = bits}; })};
    };
    EXPECT_EQ(code_of({}, with_prefix(0)), EINVAL);
    EXPECT_EQ(code_of({}, with_prefix(129)), EINVAL);
    EXPECT_EQ(code_of({}, with_prefix(1)), 0);
    EXPECT_EQ(code_of({}, with_prefix(128)), 0);
}

TEST(AddService, SaysWhatTheDataPlaneHasNot) {
    const auto gap = [](auto change) { return code_of({}, AddService{changed(web(), change)}); };
    EXPECT_EQ(gap([](Service& s) { s.key = {.protocol = Protocol::ip, .fwmark = 7}; }), 0);
    EXPECT_EQ(gap([](Service& s) { s.key.protocol = Protocol::sctp; }), EOPNOTSUPP);
    EXPECT_EQ(gap([](Service& s) { s.persistence.emplace(); }), 0);
    EXPECT_EQ(gap([](Service& s) { s.one_packet = true; }), EOPNOTSUPP);
    EXPECT_EQ(gap([](Service& s) { s.key.protocol = Protocol::udp; }), 0);
    EXPECT_EQ(unsupported(Operation{AddService{changed(web(), [](Service& s) { s.one_packet = true; })}}),
              "one-packet scheduling is not supported yet");
}

TEST(AddService, RefusesPortZeroWithoutPersistence) {
    EXPECT_EQ(code_of({}, AddService{changed(web(), [](Service& s) { s.key.port = 0; })}), EINVAL);
}

TEST(EditService, ReplacesEverythingButTheServers) {
    const Service edited = changed(web(), [](Service& s) { s.scheduler = "mh", s.scheduler_flags = flag_2; });
    const Cluster after = *apply(with_web(), EditService{edited});
    EXPECT_EQ(after.services[0].scheduler, "mh");
    EXPECT_EQ(after.services[0].scheduler_flags, flag_2);
    EXPECT_EQ(after.services[0].servers, with_web().services[0].servers);
}

TEST(EditService, KnowsMissingServicesAndSchedulers) {
    EXPECT_EQ(code_of({}, EditService{changed(web(), [](Service& s) { s.scheduler = "nosuch"; })}), ESRCH);
    EXPECT_EQ(code_of(with_web(), EditService{changed(web(), [](Service& s) { s.scheduler = "nosuch"; })}), ENOENT);
}

TEST(DeleteService, RemovesItOnce) {
    const Cluster after = *apply(with_web(), DeleteService{web().key});
    EXPECT_EQ(after.services.size(), 1u);
    EXPECT_EQ(code_of(after, DeleteService{web().key}), ESRCH);
}

TEST(DeleteService, TellsProtocolsApart) {
    ServiceKey key = web().key;
    key.protocol = Protocol::udp;
    EXPECT_EQ(code_of(with_web(), DeleteService{key}), ESRCH);
}

TEST(AddServer, PutsItBehindTheOthers) {
    const Cluster after = *apply(with_web(), AddServer{web().key, server("10.0.0.4", 5)});
    EXPECT_EQ(after.services[0].servers.back(), server("10.0.0.4", 5));
}

TEST(AddServer, NeedsItsServiceFirst) {
    EXPECT_EQ(code_of({}, AddServer{web().key, server("224.0.0.1", 1)}), ESRCH);
}

TEST(AddServer, RefusesASecondOneWithTheSameAddressAndPort) {
    EXPECT_EQ(code_of(with_web(), AddServer{web().key, server("10.0.0.2", 9)}), EEXIST);
    const Server other_port = changed(server("10.0.0.2", 9), [](Server& s) { s.endpoint.port = 81; });
    EXPECT_EQ(code_of(with_web(), AddServer{web().key, other_port}), 0);
}

TEST(AddServer, TakesUnicastAddressesOnly) {
    for (const char* bad : {"224.0.0.1", "239.255.255.255", "255.255.255.255", "0.0.0.0", "0.1.2.3"}) {
        EXPECT_EQ(code_of(with_web(), AddServer{web().key, server(bad, 1)}), EINVAL) << bad;
    }
    for (const char* good : {"127.0.0.1", "192.0.2.1", "240.0.0.1", "223.255.255.255", "1.0.0.0"}) {
        EXPECT_EQ(code_of(with_web(), AddServer{web().key, server(good, 1)}), 0) << good;
    }
    for (const char* bad : {"::", "ff02::1", "fe80::1", "febf::1"}) {
        EXPECT_EQ(code_of(with_web(), AddServer{web6().key, server(bad, 1)}), EINVAL) << bad;
    }
    for (const char* good : {"::1", "fd00::2", "fec0::1", "2001:db8::2"}) {
        EXPECT_EQ(code_of(with_web(), AddServer{web6().key, server(good, 1)}), 0) << good;
    }
}

TEST(AddServer, RefusesTheOtherFamilyUnlessTunneled) {
    EXPECT_EQ(code_of(with_web(), AddServer{web().key, server("fd00::2", 1)}), EINVAL);
    const Server tunneled = changed(server("fd00::2", 1), [](Server& s) { s.method = Method::tunnel; });
    EXPECT_EQ(code_of(with_web(), AddServer{web().key, tunneled}), EOPNOTSUPP);
}

TEST(AddServer, BoundsWeightsAndThresholds) {
    const auto code = [](auto change) {
        return code_of(with_web(), AddServer{web().key, changed(server("10.0.0.9", 1), change)});
    };
    EXPECT_EQ(code([](Server& s) { s.weight = 0; }), 0);
    EXPECT_EQ(code([](Server& s) { s.weight = INT_MAX; }), 0);
    EXPECT_EQ(code([](Server& s) { s.weight = 0x80000000u; }), ERANGE);
    EXPECT_EQ(code([](Server& s) { s.upper_threshold = 10, s.lower_threshold = 10; }), 0);
    EXPECT_EQ(code([](Server& s) { s.upper_threshold = 10, s.lower_threshold = 11; }), ERANGE);
    EXPECT_EQ(code([](Server& s) { s.lower_threshold = 1; }), ERANGE);
    EXPECT_EQ(code([](Server& s) { s.upper_threshold = 0x80000000u; }), EINVAL);
}

TEST(AddServer, SaysWhatTheDataPlaneHasNot) {
    for (const Method method : {Method::route, Method::tunnel, Method::local}) {
        const Server one = changed(server("10.0.0.9", 1), [&](Server& s) { s.method = method; });
        EXPECT_EQ(code_of(with_web(), AddServer{web().key, one}), EOPNOTSUPP);
        EXPECT_FALSE(unsupported(one).empty());
    }
}

TEST(EditServer, KeepsThePlaceInTheList) {
    const Cluster after = *apply(with_web(), EditServer{web().key, server("10.0.0.2", 0)});
    EXPECT_EQ(after.services[0].servers, (std::vector{server("10.0.0.2", 0), server("10.0.0.3", 2)}));
}

TEST(EditServer, LooksForTheServiceThenAtTheNumbersThenForTheServer) {
    const Server heavy = server("10.0.0.9", 0x80000000u);
    EXPECT_EQ(code_of({}, EditServer{web().key, heavy}), ESRCH);
    EXPECT_EQ(code_of(with_web(), EditServer{web().key, heavy}), ERANGE);
    EXPECT_EQ(code_of(with_web(), EditServer{web().key, server("10.0.0.9", 1)}), ENOENT);
}

TEST(DeleteServer, RemovesOneAndKeepsTheOrder) {
    const Cluster after = *apply(with_web(), DeleteServer{web().key, server("10.0.0.2", 1).endpoint});
    EXPECT_EQ(after.services[0].servers, std::vector{server("10.0.0.3", 2)});
    EXPECT_EQ(code_of(after, DeleteServer{web().key, server("10.0.0.2", 1).endpoint}), ENOENT);
    EXPECT_EQ(code_of({}, DeleteServer{web().key, server("10.0.0.2", 1).endpoint}), ESRCH);
}

TEST(Flush, LeavesTheTimeouts) {
    Cluster before = with_web();
    before.timeouts.udp = std::chrono::seconds{5};
    const Cluster after = *apply(before, Flush{});
    EXPECT_TRUE(after.services.empty());
    EXPECT_EQ(after.timeouts, before.timeouts);
}

TEST(SetTimeouts, KeepsWhereZeroIsGiven) {
    using std::chrono::seconds;
    const Cluster after = *apply({}, SetTimeouts{{.tcp = seconds{600}, .tcp_fin = seconds{0}, .udp = seconds{30}}});
    EXPECT_EQ(after.timeouts, (Timeouts{.tcp = seconds{600}, .tcp_fin = seconds{120}, .udp = seconds{30}}));
}

TEST(SetTimeouts, GoesUpTo31Days) {
    using std::chrono::seconds;
    EXPECT_EQ(code_of({}, SetTimeouts{{.tcp = seconds{2678400}}}), 0);
    EXPECT_EQ(code_of({}, SetTimeouts{{.tcp = seconds{2678401}}}), EINVAL);
    EXPECT_EQ(code_of({}, SetTimeouts{{.tcp = seconds{-1}}}), EINVAL);
}

TEST(Zero, ChangesNothingAndKnowsWhatIsThere) {
    EXPECT_EQ(*apply(with_web(), Zero{web().key}), with_web());
    EXPECT_EQ(*apply(with_web(), Zero{}), with_web());
    EXPECT_EQ(code_of({}, Zero{web().key}), ESRCH);
    EXPECT_EQ(code_of({}, Zero{}), 0);
}

TEST(ApplyAll, KeepsWhatCameBeforeTheFirstRefusal) {
    const std::vector<Operation> operations = {DeleteService{web6().key}, SetTimeouts{{.tcp = std::chrono::seconds(5),
        .tcp_fin = std::chrono::seconds(-1)}}, Flush{}};
    Cluster expected = with_web();
    expected.services.pop_back();
    EXPECT_EQ(apply_all(with_web(), operations), (AppliedList{expected, 1, EINVAL}));
    EXPECT_EQ(apply_all(with_web(), {}), (AppliedList{with_web(), 0, 0}));
}

RC_GTEST_PROP(Apply, KeepsKeysAndEndpointsUnique, ()) {
    const auto steps = *rc::gen::container<std::vector<std::pair<int, int>>>(
        rc::gen::pair(rc::gen::inRange(0, 4), rc::gen::inRange(0, 12)));
    Cluster cluster;
    for (const auto& [kind, what] : steps) {
        const Service service = changed(web(), [&](Service& s) { s.key.port = static_cast<Port>(1 + what % 3); });
        Server one = server("10.0.0.2", 1);
        one.endpoint.port = static_cast<Port>(1 + what / 3);
        const Operation operation = kind == 0   ? Operation{AddService{service}}
                                    : kind == 1 ? Operation{AddServer{service.key, one}}
                                    : kind == 2 ? Operation{DeleteServer{service.key, one.endpoint}}
                                                : Operation{DeleteService{service.key}};
        cluster = model::apply(cluster, operation).value_or(cluster);
    }
    for (const Service& service : cluster.services) {
        RC_ASSERT(std::ranges::count(cluster.services, service.key, &Service::key) == 1);
        for (const Server& one : service.servers) {
            RC_ASSERT(std::ranges::count(service.servers, one.endpoint, &Server::endpoint) == 1);
        }
    }
}

}  // namespace
}  // namespace lvx::model
