// The order of listings: what the real tool's comparison makes of addresses.
#include "config/ipvsadm/order.hh"

#include <gtest/gtest.h>

#include <string>

namespace lvx::config::ipvsadm {
namespace {

std::vector<model::Server> servers(std::initializer_list<const char*> addresses) {
    std::vector<model::Server> list;
    for (const char* address : addresses) list.push_back({.endpoint = {*Address::parse(address), 80}});
    return list;
}

TEST(Order, OfAddressesIsTheSignOfTheirDifference) {
    std::string order;
    for (const model::Server& one : sorted(servers({"fd00::1", "10.0.0.2", "192.0.2.10", "10.0.0.1"}))) {
        order += one.endpoint.address.text() + " ";
    }
    EXPECT_EQ(order, "192.0.2.10 10.0.0.1 10.0.0.2 fd00::1 ");
}

TEST(Order, IsDefinedEvenWhereTheComparisonGoesInACircle) {
    const auto list = servers({"48.0.0.1", "224.0.0.1", "192.0.0.1", "96.0.0.1", "0.0.0.1"});
    EXPECT_EQ(sorted(list).size(), list.size());
    EXPECT_EQ(sorted(list), sorted(list));
}

TEST(Order, OfServicesIsByMarkThenFamilyThenProtocol) {
    const auto at = [](const char* address, model::Protocol protocol, Port port) {
        return model::Service{.key = {.protocol = protocol, .address = *Address::parse(address), .port = port}};
    };
    const model::Service mark{.key = {.protocol = model::Protocol::ip, .fwmark = 1}};
    const std::vector<model::Service> expected = {at("192.0.2.1", model::Protocol::tcp, 80), at("192.0.2.1", model::Protocol::tcp, 443),
                                                  at("192.0.2.1", model::Protocol::udp, 53), at("fd00::1", model::Protocol::tcp, 80), mark};
    EXPECT_EQ(sorted({expected[4], expected[3], expected[2], expected[1], expected[0]}), expected);
}

}  // namespace
}  // namespace lvx::config::ipvsadm
