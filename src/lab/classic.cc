#include "lab/classic.hh"

#include <fmt/format.h>

namespace lvx::lab::classic {
namespace {

constexpr int server_count = 3;
constexpr std::string_view page_before = "<!doctype html><title>lvx</title><h1>";
constexpr std::string_view page_after = "</h1>\n";

Node client() {
    return {.name = "client",
            .kind = NodeKind::endpoint,
            .devices = {{.name = "eth0", .wire = "outside", .addresses = {prefix("192.168.88.21/24"), prefix("fd88::21/64")}}},
            .routes = {{prefix("10.0.0.0/24"), virtual_v4()}, {prefix("fd00::/64"), virtual_v6()}}};
}

Node director() {
    return {.name = "director",
            .kind = NodeKind::router,
            .devices = {{.name = "eth0", .wire = "outside", .addresses = {prefix("192.168.88.23/24"), prefix("fd88::23/64")}},
                        {.name = "eth1", .wire = "switch", .addresses = {prefix("10.0.0.1/24"), prefix("fd00::1/64")}}},
            .routes = {}};
}

Node one_of_pair(int number) {
    const Address outside = address(fmt::format("192.168.88.{}", 10 + number));
    return {.name = director_name(number),
            .kind = NodeKind::router,
            .devices = {{.name = "eth0", .wire = "outside", .addresses = {{outside, 24}}},
                        {.name = "eth1", .wire = "inside", .addresses = {{director_inside(number), 24}}}},
            .routes = {}};
}

Node server(const RealServer& real, const char* wire) {
    return {.name = real.node,
            .kind = NodeKind::endpoint,
            .devices = {{.name = "eth0", .wire = wire, .addresses = {{real.v4, 24}, {real.v6, 64}}}},
            .routes = {{prefix("0.0.0.0/0"), address("10.0.0.1")}, {prefix("::/0"), address("fd00::1")}}};
}

}  // namespace

Topology topology(Offload offload) {
    Topology result{.nodes = {client(), director()}, .switches = {"switch"}, .offload = offload};
    for (const RealServer& real : servers()) result.nodes.push_back(server(real, "switch"));
    return result;
}

Topology pair_topology(Offload offload) {
    Topology result{.nodes = {client()}, .switches = {"outside", "inside"}, .offload = offload};
    for (int number = 1; number <= director_count; ++number) result.nodes.push_back(one_of_pair(number));
    for (const RealServer& real : servers()) result.nodes.push_back(server(real, "inside"));
    return result;
}

Address virtual_v4() { return address("192.168.88.23"); }
Address virtual_v6() { return address("fd88::23"); }
Address gateway_v4() { return address("10.0.0.1"); }
std::string director_name(int number) { return fmt::format("director{}", number); }
Address director_inside(int number) { return address(fmt::format("10.0.0.{}", 10 + number)); }

std::vector<RealServer> servers() {
    std::vector<RealServer> result;
    for (int i = 1; i <= server_count; ++i) {
        result.push_back({.node = fmt::format("server{}", i),
                          .v4 = address(fmt::format("10.0.0.{}", i + 1)),
                          .v6 = address(fmt::format("fd00::{}", i + 1))});
    }
    return result;
}

std::string page(const RealServer& server) {
    return fmt::format("{}{} ({}){}", page_before, server.node, server.v4.text(), page_after);
}

std::string answerer(const std::string& page) {
    const bool framed = page.starts_with(page_before) && page.ends_with(page_after);
    if (!framed) return {};
    return page.substr(page_before.size(), page.size() - page_before.size() - page_after.size());
}

}  // namespace lvx::lab::classic
