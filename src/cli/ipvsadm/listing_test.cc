// The listings against what the real tool printed for the same tables (tests/golden/ipvsadm-listing).
#include "cli/ipvsadm/listing.hh"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>


namespace lvx::cli::ipvsadm {
namespace {

using config::ipvsadm::Columns;
using config::ipvsadm::Show;
using model::Method;
using model::Protocol;

Labels digits() {
    return {.host = [](const Address& address) { return address.text(); }, .service = [](Port port, Protocol) { return std::to_string(port); }};
}

// What stands between "# argv: …" and "# exit: 0".
std::string golden(const std::string& name) {
    std::ifstream file(std::string(LVX_GOLDEN_DIR) + "/ipvsadm-listing/" + name);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const std::size_t start = text.find('\n') + 1, end = text.rfind("# exit: 0");
    EXPECT_NE(end, std::string::npos) << name;
    return text.substr(start, end - start);
}

Endpoint at(std::string_view address, Port port) { return {Address::parse(address).value(), port}; }

api::ServerSnapshot server(std::string_view address, Port port, Method method) { return {.server = {.endpoint = at(address, port), .method = method}}; }

api::ServiceSnapshot service(Protocol protocol, std::string_view address, Port port, std::string scheduler) {
    api::ServiceSnapshot result;
    result.service = {.key = {.protocol = protocol, .address = Address::parse(address).value(), .port = port}, .scheduler = std::move(scheduler)};
    return result;
}

model::Persistence persistent(int seconds, std::uint8_t prefix) { return {std::chrono::seconds{seconds}, prefix}; }

api::ServiceSnapshot web() {
    api::ServiceSnapshot result = service(Protocol::tcp, "192.0.2.10", 80, "wlc");
    result.counters = {12345, 99999999, 100000000, 999999999999, 100000000000000};
    result.rates = {12, 345, 678, 99999999, 123456789};
    api::ServerSnapshot first = server("10.0.0.2", 80, Method::route), second = server("10.0.0.3", 80, Method::route);
    first.server.weight = 100;
    first.server.upper_threshold = 200;
    first.server.lower_threshold = 150;
    first.active = 4294967295;
    first.inactive = 12;
    first.persistent = 3;
    first.counters = {1, 2, 3, 4, 5};
    first.rates = {6, 7, 8, 9, 100000000};
    second.active = 7;
    second.inactive = 8;
    second.counters = {705032704, 6, 7, 8, 9};
    second.rates = {1, 2, 3, 4, 5};
    result.servers = {first, second};
    return result;
}

api::ServiceSnapshot secure_web() {
    api::ServiceSnapshot result = service(Protocol::tcp, "192.0.2.10", 443, "rr");
    result.service.persistence = persistent(360, 24);
    api::ServerSnapshot masq = server("10.0.0.2", 8443, Method::masq), heavy = server("10.0.0.11", 443, Method::tunnel),
                        gue = server("10.0.0.9", 443, Method::tunnel), gre = server("10.0.0.10", 443, Method::tunnel),
                        six = server("2001:db8::12", 443, Method::tunnel);
    masq.active = 1;
    masq.inactive = 2;
    masq.persistent = 3;
    heavy.server.weight = 65535;
    gue.server.tunnel = {model::TunnelType::gue, 6080, model::TunnelChecksum::full};
    gre.server.tunnel = {model::TunnelType::gre, 0, model::TunnelChecksum::none};
    six.server.tunnel = {model::TunnelType::gue, 6080, model::TunnelChecksum::remote};
    result.servers = {six, gre, heavy, masq, gue};  // not in the order of the listing
    return result;
}

std::vector<api::ServiceSnapshot> others() {
    std::vector<api::ServiceSnapshot> all;
    all.push_back(service(Protocol::tcp, "192.0.2.11", 21, "rr"));
    all.back().service.persistence = persistent(1, 32);
    all.back().servers = {server("127.0.0.1", 21, Method::local)};
    all.push_back(service(Protocol::tcp, "192.0.2.12", 0, "rr"));
    all.back().service.persistence = persistent(1, 32);
    all.push_back(service(Protocol::udp, "192.0.2.10", 53, "sh"));
    all.back().service.scheduler_flags = model::flag_1 | model::flag_2;
    all.back().service.one_packet = true;
    all.back().servers = {server("10.0.0.2", 53, Method::masq)};
    all.back().servers[0].server.weight = 0;
    all.push_back(service(Protocol::udp, "192.0.2.10", 5060, "rr"));
    all.back().service.persistence = persistent(60, 32);
    all.back().service.persistence_engine = "sip";
    all.back().service.one_packet = true;
    all.back().servers = {server("10.0.0.2", 5060, Method::masq)};
    all.push_back(service(Protocol::sctp, "192.0.2.10", 3868, "mh"));
    all.back().service.scheduler_flags = model::flag_2;
    all.back().servers = {server("10.0.0.2", 3868, Method::masq)};
    all.push_back(service(Protocol::tcp, "2001:db8:1234:5678:9abc:def0:1234:5678", 65535, "none"));
    all.back().service.scheduler_flags = model::flag_3;
    all.back().servers = {server("2001:db8:1234:5678:9abc:def0:1234:aaaa", 65535, Method::masq), server("10.1.1.1", 65535, Method::tunnel)};
    return all;
}

std::vector<api::ServiceSnapshot> marks() {
    std::vector<api::ServiceSnapshot> all{service(Protocol::ip, "::", 0, "lc"), service(Protocol::ip, "0.0.0.0", 0, "wrr")};
    all[0].service.key.fwmark = 8;
    all[0].service.persistence = persistent(600, 64);
    all[0].servers = {server("2001:db8::2", 0, Method::route)};
    all[1].service.key.fwmark = 7;
    all[1].service.persistence = persistent(600, 32);
    all[1].servers = {server("10.0.0.2", 0, Method::route)};
    for (api::ServiceSnapshot& mark : all) mark.servers[0].server.weight = 5;
    return all;
}

// In another order than that of the listing.
api::ServicesSnapshot golden_snapshot() {
    api::ServicesSnapshot snapshot{.table_size = 4096, .services = marks()};
    for (const api::ServiceSnapshot& one : others()) snapshot.services.insert(snapshot.services.begin(), one);
    snapshot.services.push_back(secure_web());
    snapshot.services.push_back(web());
    return snapshot;
}

struct Case {
    std::string file;
    List list;
};

class Listing : public ::testing::TestWithParam<Case> {};

TEST_P(Listing, IsThatOfTheRealTool) {
    EXPECT_EQ(list_services(golden_snapshot(), GetParam().list, digits()), golden(GetParam().file));
}

INSTANTIATE_TEST_SUITE_P(Ipvsadm, Listing, ::testing::Values(
    Case{"list-n.txt", {.numeric = true}},
    Case{"list-n-stats.txt", {.columns = Columns::stats, .numeric = true}},
    Case{"list-n-stats-exact.txt", {.columns = Columns::stats, .numeric = true, .exact = true}},
    Case{"list-n-rate.txt", {.columns = Columns::rate, .numeric = true}},
    Case{"list-n-thresholds.txt", {.columns = Columns::thresholds, .numeric = true}},
    Case{"list-n-persistent-conn.txt", {.columns = Columns::persistent_connections, .numeric = true}},
    Case{"list-n-tun-info.txt", {.columns = Columns::tunnel, .numeric = true}},
    Case{"list-one.txt", {.numeric = true, .service = secure_web().service.key}}));

TEST(Listing, OfAnEmptyTableIsItsTitle) { EXPECT_EQ(list_services({.table_size = 4096}, {}, digits()), golden("list-empty.txt")); }

TEST(Listing, OfTimeoutsIsOneLine) { EXPECT_EQ(timeouts_line({}), golden("list-timeout.txt")); }

TEST(Listing, WithNamesCutsLongOnesOfIPv4) {
    const Labels long_names{.host = [](const Address&) { return std::string(40, 'h'); }, .service = [](Port, Protocol) { return std::string("http"); }};
    api::ServicesSnapshot snapshot;
    snapshot.services = {web()};
    const std::string text = list_services(snapshot, {.service = web().service.key}, long_names);
    EXPECT_NE(text.find("TCP  " + std::string(33, 'h') + " wlc\n"), std::string::npos) << text;
    EXPECT_NE(text.find("  -> " + std::string(28, 'h') + " Route   100"), std::string::npos) << text;
}

TEST(Listing, AMarkAboveTwoToTheThirtyFirstIsNotNegative) {
    api::ServicesSnapshot snapshot;
    snapshot.services = marks();
    snapshot.services[1].service.key.fwmark = 4294967295;
    EXPECT_NE(list_services(snapshot, {}, digits()).find("FWM  4294967295 wrr"), std::string::npos);
}

TEST(Listing, WithoutSortingShowsTheNewestServerFirst) {
    api::ServicesSnapshot snapshot;
    snapshot.services = {web()};
    const std::string text = list_services(snapshot, {.sorted = false}, digits());
    EXPECT_LT(text.find("10.0.0.3:80"), text.find("10.0.0.2:80"));
}

// The line of the SIP connection has columns for its persistence data, which lvx does not have.
TEST(Listing, OfConnectionsIsThatOfTheRealTool) {
    const std::vector<api::ConnectionSnapshot> connections{
        {Protocol::tcp, "ESTABLISHED", 899, at("10.0.0.2", 50000), at("192.0.2.10", 80), at("10.0.0.200", 8080)},
        {Protocol::tcp, "ASSURED", 359, at("10.0.0.2", 0), at("192.0.2.10", 443), at("10.0.0.200", 8443)},
        {Protocol::ip, "NONE", 59, at("10.0.0.2", 0), at("0.0.0.7", 0), at("10.0.0.200", 0)},
        {Protocol::udp, "UDP", 7199, at("10.0.0.3", 5060), at("192.0.2.10", 5060), at("10.0.0.2", 5060)},
        {Protocol::tcp, "SYN_RECV", 12, at("2001:db8::1", 50000), at("2001:db8::10", 80), at("2001:db8::20", 80)},
        {Protocol::sctp, "S-ACK-SENT", 60, at("10.0.0.2", 50000), at("192.0.2.10", 3868), at("10.0.0.200", 3868)}};
    std::string text = connections_title({.show = Show::connections});
    for (const api::ConnectionSnapshot& connection : connections) text += connection_line(connection, digits());
    EXPECT_EQ(text, golden("list-conn.txt"));
    const std::string wide = golden("list-conn-persistent.txt");
    EXPECT_EQ(connections_title({.show = Show::connections, .persistence_data = true}), wide.substr(0, wide.find("TCP")));
    for (const api::ConnectionSnapshot& connection : connections)
        if (connection.protocol != Protocol::udp) EXPECT_NE(wide.find(connection_line(connection, digits())), std::string::npos);
}

}  // namespace
}  // namespace lvx::cli::ipvsadm
