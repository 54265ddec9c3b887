// Bytes through the virtual service: that all of them arrive, unchanged and in order, however large they come.
//
//   client ── director ── switch ── server1 (generates a file of which no two words are the same; echoes datagrams)
#include <gmock/gmock.h>
#include <openssl/evp.h>

#include <array>
#include <memory>

#include "support/cluster.hh"

namespace lvx::cluster {
namespace {

using testing::HasSubstr;

constexpr Milliseconds download_limit{60'000};

std::string hex(std::span<const unsigned char> bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const unsigned char byte : bytes) {
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

std::string sha256_of_generated(std::uint64_t size) {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr);
    std::vector<std::uint8_t> block(1 << 20);
    for (std::uint64_t offset = 0; offset < size; offset += block.size()) {
        const std::size_t length = std::min<std::uint64_t>(block.size(), size - offset);
        lab::generated_bytes(offset, std::span(block).first(length));
        EVP_DigestUpdate(context.get(), block.data(), length);
    }
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
    unsigned length = 0;
    EVP_DigestFinal_ex(context.get(), digest.data(), &length);
    return hex(std::span(digest).first(length));
}

class Transfer : public testing::TestWithParam<const char*> {};

// At tc the whole gigabyte; XDP on a veth knows no super-frames and gets an eighth of it.
TEST_P(Transfer, DeliversAGigabyteUnchanged) {
    const std::uint64_t size = std::string_view(GetParam()) == "tc" ? 1ull << 30 : 1ull << 27;
    Cluster cluster({.hook = GetParam(), .services = {{.servers = {{"server1"}}}}});
    auto server = cluster.lab().serve("server1", {.port = 80, .page = "x"}, lab::Bond::dies_with_parent);
    ASSERT_TRUE(server);
    const std::string url = "http://192.168.88.23/generated/" + std::to_string(size);
    const Outcome outcome = cluster.run("client", "curl -sS " + url + " | sha256sum", download_limit);
    EXPECT_EQ(outcome.out, sha256_of_generated(size) + "  -\n") << outcome.err;
    EXPECT_GE(cluster.services().services.at(0).counters.out_bytes, size);
}

TEST_P(Transfer, TakesALargeUpload) {
    Cluster cluster({.hook = GetParam()});
    cluster.serve_all();
    cluster.await_neighbours(3);
    constexpr std::uint64_t size = 64 << 20;
    const Outcome outcome = cluster.run(
        "client", "head -c " + std::to_string(size) + " /dev/zero | curl -sS -T - http://192.168.88.23/upload", download_limit);
    EXPECT_EQ(outcome.out, "taken") << outcome.err;
    EXPECT_GE(cluster.services().services.at(0).counters.in_bytes, size);
}

TEST_P(Transfer, CarriesDatagramsOfEverySizeThereAndBack) {
    const ServiceOn v4{.port = 7, .protocol = model::Protocol::udp};
    const ServiceOn v6{.address = lab::classic::virtual_v6(), .port = 7, .protocol = model::Protocol::udp};
    Cluster cluster({.hook = GetParam(), .services = {v4, v6}});
    std::vector<lab::Process> echoes;
    for (const auto& server : lab::classic::servers()) echoes.push_back(must(cluster.lab().echo(server.node, 7)));
    cluster.await_neighbours(6);
    for (const Address& address : {lab::classic::virtual_v4(), lab::classic::virtual_v6()}) {
        // 1452 bytes fill an IPv6 packet of 1500.
        for (const std::size_t size : {1u, 2u, 17u, 512u, 1451u, 1452u}) {
            const std::string datagram(size, static_cast<char>('a' + size % 26));
            EXPECT_EQ(must(lab::exchange(cluster.ns("client"), {address, 7}, datagram, patience)), datagram) << size;
        }
    }
    EXPECT_EQ(cluster.services().services.at(0).counters.connections, 6u);
    EXPECT_EQ(cluster.services().services.at(1).counters.connections, 6u);
}

TEST_P(Transfer, CountsEveryPacketInExactlyOneVerdict) {
    Cluster cluster({.hook = GetParam()});
    cluster.serve_all();
    cluster.await_neighbours(3);
    cluster.curl_many(web_v4(), 10);
    std::uint64_t seen = 0, judged = 0;
    const auto add_up = [&] {
        seen = judged = 0;
        for (const api::InterfaceSnapshot& interface : must(cluster.client().interfaces())) seen += interface.packets;
        for (const auto& [name, packets] : cluster.verdicts()) judged += packets;
        return seen == judged;  // a packet may come between the two questions
    };
    EXPECT_TRUE(lab::wait_until(patience, add_up)) << seen << " seen, " << judged << " judged";
    EXPECT_EQ(cluster.verdicts()["request_opened"], 10u);
}

INSTANTIATE_TEST_SUITE_P(Hooks, Transfer, testing::Values("xdp", "tc"), [](const auto& each) { return each.param; });

}  // namespace
}  // namespace lvx::cluster
