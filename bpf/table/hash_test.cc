#include "bpf/table/hash.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <vector>

#include "bpf/table/test_table.hh"

namespace lvx::table {
namespace {

constexpr std::uint8_t tcp = 6, udp = 17;

abi::address random_v6(std::uint64_t& state) {
    abi::address address{};
    address.halves[0] = splitmix(state) | 1;
    address.halves[1] = splitmix(state);
    return address;
}

// How often each output bit changes when one input bit does, over many keys: the worst distance from one
// half.
double worst_bias(bool v6, std::uint32_t outputs_from, std::uint32_t outputs_to) {
    constexpr std::uint32_t rounds = 400;
    const std::uint32_t first_bit = v6 ? 0 : 96, bits = 144;
    std::vector<std::uint32_t> flips(std::size_t{bits} * 64);
    std::uint64_t state = 42;
    for (std::uint32_t round = 0; round < rounds; ++round) {
        TestTable table({.buckets = 2, .seed = splitmix(state)});
        const abi::address client =
            v6 ? random_v6(state) : mapped(static_cast<std::uint32_t>(splitmix(state)));
        const auto port = static_cast<std::uint16_t>(splitmix(state));
        const std::uint64_t hash = hash_client(table.get(), &client, port, tcp);
        for (std::uint32_t bit = first_bit; bit < bits; ++bit) {
            abi::address other = client;
            const bool in_port = bit >= 128;
            if (!in_port) other.bytes[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
            const auto other_port = static_cast<std::uint16_t>(in_port ? port ^ 1 << (bit - 128) : port);
            const std::uint64_t changed = hash ^ hash_client(table.get(), &other, other_port, tcp);
            for (std::uint32_t out = 0; out < 64; ++out)
                flips[std::size_t{bit} * 64 + out] += changed >> out & 1;
        }
    }
    double worst = 0;
    for (std::uint32_t bit = first_bit; bit < bits; ++bit)
        for (std::uint32_t out = outputs_from; out < outputs_to; ++out)
            worst = std::max(worst, std::abs(flips[std::size_t{bit} * 64 + out] / double{rounds} - 0.5));
    return worst;
}

TEST(Hash, EveryInputBitChangesEveryOutputBitAboutHalfTheTimes) {
    // 400 throws of a coin: 5 standard deviations are 0.125; 144 x 64 of them stay below that.
    EXPECT_LT(worst_bias(false, 0, 64), 0.15);
    EXPECT_LT(worst_bias(true, 0, 64), 0.15);
}

using Client = std::function<abi::address(std::uint32_t)>;
using Port = std::function<std::uint16_t(std::uint32_t)>;

// Chi-square of `count` clients over `cells`, in standard deviations from its expectation.
double crowding(const Client& client, const Port& port, std::uint64_t seed,
                const std::function<std::uint32_t(std::uint64_t, std::uint32_t)>& cell_of) {
    constexpr std::uint32_t cells = 4096, count = 16 * cells;
    const TestTable table({.buckets = 2, .seed = seed});
    std::vector<std::uint32_t> filled(cells);
    for (std::uint32_t number = 0; number < count; ++number) {
        const abi::address address = client(number);
        ++filled[cell_of(hash_client(table.get(), &address, port(number), tcp), cells)];
    }
    double chi = 0;
    for (const std::uint32_t in_cell : filled)
        chi += (in_cell - 16.0) * (in_cell - 16.0) / 16;
    return (chi - (cells - 1)) / std::sqrt(2.0 * (cells - 1));
}

struct Population {
    const char* name;
    Client client;
    Port port;
};

const std::vector<Population> populations = {
    {"one client, all ports", [](std::uint32_t) { return mapped(0xc0a85815); },
     [](std::uint32_t number) { return static_cast<std::uint16_t>(number); }},
    {"neighbours, one port", [](std::uint32_t number) { return mapped(0x0a000000 + number); },
     [](std::uint32_t) { return std::uint16_t{4242}; }},
    {"neighbours, port by turn", [](std::uint32_t number) { return mapped(0x0a000000 + number / 64); },
     [](std::uint32_t number) { return __builtin_bswap16(static_cast<std::uint16_t>(32768 + number % 64)); }},
    {"one IPv6 prefix",
     [](std::uint32_t number) {
         abi::address address{};
         address.words[0] = __builtin_bswap32(0x20010db8);
         address.words[3] = __builtin_bswap32(number);
         return address;
     },
     [](std::uint32_t) { return std::uint16_t{4242}; }},
    {"IPv6 prefixes",
     [](std::uint32_t number) {
         abi::address address{};
         address.words[0] = __builtin_bswap32(0x20010000 + number / 16);
         address.words[1] = number % 16;
         address.words[3] = __builtin_bswap32(1);
         return address;
     },
     [](std::uint32_t) { return std::uint16_t{4242}; }},
};

TEST(Hash, SpreadsClientsThatLookAlikeOverBothBucketsAndTags) {
    for (const Population& population : populations)
        for (std::uint64_t seed = 1; seed <= 8; ++seed) {
            SCOPED_TRACE(population.name);
            EXPECT_LT(crowding(population.client, population.port, seed, bucket_first), 6);
            EXPECT_LT(crowding(population.client, population.port, seed, bucket_second), 6);
            EXPECT_LT(
                crowding(population.client, population.port, seed,
                         [](std::uint64_t hash, std::uint32_t cells) { return hash_tag(hash) % cells; }),
                6);
        }
}

TEST(Hash, SecondBucketAndTagAreIndependentOfTheFirstBucket) {
    const Population& population = populations[1];
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
        EXPECT_LT(crowding(population.client, population.port, seed,
                           [](std::uint64_t hash, std::uint32_t) {
                               return bucket_first(hash, 64) * 64 + (bucket_second(hash, 4096) & 63);
                           }),
                  6);
        EXPECT_LT(crowding(population.client, population.port, seed,
                           [](std::uint64_t hash, std::uint32_t) {
                               return bucket_first(hash, 64) * 64 + hash_tag(hash) % 64;
                           }),
                  6);
    }
}

TEST(Hash, TellsProtocolsAndSeedsApart) {
    const TestTable one({.seed = 1}), two({.seed = 2});
    const abi::address client = mapped(0xc0a85815);
    EXPECT_NE(hash_client(one.get(), &client, 1, tcp), hash_client(one.get(), &client, 1, udp));
    EXPECT_NE(hash_client(one.get(), &client, 1, tcp), hash_client(two.get(), &client, 1, tcp));
}

TEST(Hash, ReachesEveryBucketOfAnOddCountAndNeverPicksOneTwice) {
    for (const std::uint32_t buckets : {2u, 3u, 7u, 1000u}) {
        std::set<std::uint32_t> first, second;
        std::uint64_t state = buckets;
        for (int number = 0; number < 20000; ++number) {
            const std::uint64_t hash = splitmix(state);
            first.insert(bucket_first(hash, buckets));
            second.insert(bucket_second(hash, buckets));
            ASSERT_NE(bucket_first(hash, buckets), bucket_second(hash, buckets));
        }
        EXPECT_EQ(first.size(), buckets);
        EXPECT_EQ(*first.rbegin(), buckets - 1);
        EXPECT_EQ(second.size(), buckets);
        EXPECT_EQ(*second.rbegin(), buckets - 1);
    }
}

TEST(Hash, ATagIsNeverZero) {
    EXPECT_EQ(hash_tag(0), TAG_USED);
    EXPECT_EQ(hash_tag(~std::uint64_t{0}), 0xffff);
}

}  // namespace
}  // namespace lvx::table
