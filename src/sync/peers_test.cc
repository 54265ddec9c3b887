// Directors over real sockets on loopback, with time as an argument: several standbys, IPv6, and others who connect.
#include "base/test_folder.hh"
#include "sync/peers_driver.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <thread>

#include "base/socket_address.hh"
#include "sync/simulation.hh"
#include "sync/sockets_driver.hh"
#include "sync/tls_driver.hh"

namespace lvx::sync {
namespace {

using namespace std::chrono_literals;

constexpr int patience = 4000;  // turns of two milliseconds
const Address loopback = Address::v4(0x7f000001);

// A port that is free now: somebody else may be faster to take it, so that whoever wants it tries some.
constexpr int tries_for_a_port = 20;
Port free_port(const Address& address) {
    const SocketAddress any = socket_address({address, 0});
    const Fd socket(::socket(any.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    if (::bind(socket.get(), any.get(), any.size) != 0 || ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&bound), &size) != 0) return 0;
    return endpoint_of(bound).port;
}

struct Node {
    explicit Node(std::uint64_t number) : Node(number, 64) {}
    Node(std::uint64_t number, std::uint32_t buckets) : director(number, buckets, number) {}
    SimulatedDirector director;
    Peers peers{*director.side};
    std::uint64_t count(StreamFault fault) const { return peers.status({}, 0).faults[static_cast<std::size_t>(fault)]; }
};

class Stream : public testing::Test {
 protected:
    Stream() {
        ::signal(SIGPIPE, SIG_IGN);  // as in the daemon: TLS writes into a socket that is closed
        std::ofstream(folder_.file("key")) << "0123456789abcdef0123456789abcdef\n";
        std::ofstream(folder_.file("other")) << "ffffffffffffffffffffffffffffffff\n";
    }

    Moment moment() const { return {.table = {.tick = static_cast<std::uint32_t>(now / 1s), .tick_us = 1'000'000}, .now = now}; }
    model::StateSync settings(std::optional<Endpoint> listen, std::vector<Endpoint> peers, const std::string& key) const {
        return {.listen = listen, .peers = std::move(peers), .key_file = folder_.file(key)};
    }
    // A director that listens, and where.
    Endpoint listen(Node& node, const Address& address) {
        for (int i = 0; i < tries_for_a_port; ++i) {
            const Endpoint endpoint{address, free_port(address)};
            if (node.peers.set(settings(endpoint, {}, "key"))) return endpoint;
        }
        ADD_FAILURE() << "no port is free";
        return {};
    }
    void call(Node& node, std::vector<Endpoint> whom) { EXPECT_TRUE(node.peers.set(settings(std::nullopt, std::move(whom), "key"))); }
    void turn() {
        for (Node* node : nodes) {
            node->peers.note(node->director.changes());
            node->peers.work(moment());
        }
        now += 2ms;
        std::this_thread::sleep_for(50us);
    }
    template <class Condition>
    bool until(Condition condition) {
        for (int i = 0; i < patience; ++i, turn())
            if (condition()) return true;
        return false;
    }
    std::set<std::string> contents(Node& node) { return node.director.contents(moment().table.tick); }
    void open(Node& node, std::uint16_t from, std::uint16_t to) {
        for (std::uint16_t port = from; port <= to; ++port) {
            node.director.packet(1, port, port % 4, table::FLOW_syn, moment().table.tick, dice);
            node.director.packet(1, port, port % 4, table::FLOW_ack, moment().table.tick, dice);
        }
    }
    bool in_step(const Node& node) {
        const auto status = node.peers.status(moment(), 0);
        return !status.peers.empty() && std::ranges::all_of(status.peers, [](const PeerStatus& peer) { return peer.phase == Phase::in_step; });
    }

    TestFolder folder_;
    Microseconds now{100s};
    Dice dice{1};
    Node a{1}, b{2}, c{3};
    std::vector<Node*> nodes{&a, &b, &c};
};

// Whoever is no director: a plain TCP connection.
class Stranger {
 public:
    explicit Stranger(const Endpoint& to) : socket_(connect_tcp(to).value_or(Fd{})) {}
    void say(std::span<const std::uint8_t> bytes) const {
        pollfd poll{.fd = socket_.get(), .events = POLLOUT, .revents = 0};
        ::poll(&poll, 1, 1000);
        (void)::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    }
    bool ended() const {
        std::uint8_t bytes[512];
        for (;;) {
            const ssize_t got = ::recv(socket_.get(), bytes, sizeof bytes, MSG_DONTWAIT);
            if (got > 0) continue;
            return got == 0 || errno != EAGAIN;
        }
    }

 private:
    Fd socket_;
};

// Carries bytes between a director that calls and one that listens, remembers them, and cuts when told.
class Wire {
 public:
    explicit Wire(const Endpoint& to) : to_(to) {
        for (int i = 0; i < tries_for_a_port && !listener_.valid(); ++i) {
            here_ = {loopback, free_port(loopback)};
            listener_ = listen_tcp(here_).value_or(Fd{});
        }
    }
    Endpoint endpoint() const { return here_; }
    void carry() {
        if (auto accepted = accept_tcp(listener_.get())) {
            near_ = std::move(accepted->socket);
            far_ = connect_tcp(to_).value_or(Fd{});
        }
        if (!near_.valid() || carried > limit) return;
        carried += move(near_, far_, &spoken);
        carried += move(far_, near_, nullptr);
        if (carried <= limit) return;
        near_ = Fd{};
        far_ = Fd{};
    }
    std::vector<std::uint8_t> spoken;  // by the one that calls
    std::size_t carried = 0, limit = SIZE_MAX;

 private:
    static std::size_t move(const Fd& from, const Fd& to, std::vector<std::uint8_t>* copy) {
        std::uint8_t bytes[4096];
        const ssize_t got = ::recv(from.get(), bytes, sizeof bytes, MSG_DONTWAIT);
        if (got <= 0) return 0;
        if (copy) copy->insert(copy->end(), bytes, bytes + got);
        pollfd poll{.fd = to.get(), .events = POLLOUT, .revents = 0};
        ::poll(&poll, 1, 1000);
        return ::send(to.get(), bytes, static_cast<std::size_t>(got), MSG_NOSIGNAL) > 0 ? static_cast<std::size_t>(got) : 0;
    }
    Endpoint to_, here_;
    Fd listener_, near_, far_;
};

TEST_F(Stream, EveryOneOfSeveralStandbysHasEveryConnection) {
    call(a, {listen(b, loopback), listen(c, loopback)});
    open(a, 1, 40);
    EXPECT_TRUE(until([&] { return in_step(a) && contents(b).size() == 40 && contents(c).size() == 40; }));
    open(a, 41, 60);
    EXPECT_TRUE(until([&] { return contents(b) == contents(a) && contents(c) == contents(a); }));
    EXPECT_EQ(a.peers.status(moment(), 60).peers.size(), 2u);
}

TEST_F(Stream, AStandbyThatIsGoneTakesNothingFromTheOthers) {
    call(a, {listen(b, loopback), listen(c, loopback)});
    ASSERT_TRUE(until([&] { return in_step(a); }));
    EXPECT_TRUE(b.peers.set(std::nullopt));
    open(a, 1, 40);
    EXPECT_TRUE(until([&] { return contents(c).size() == 40; }));
    EXPECT_TRUE(until([&] { return would_lose(a.peers.status(moment(), 40)) == 0; }));
}

TEST_F(Stream, GoesOverIpv6) {
    const auto v6 = Address::parse("::1");
    ASSERT_TRUE(v6);
    call(a, {listen(b, *v6)});
    open(a, 1, 10);
    EXPECT_TRUE(until([&] { return contents(b).size() == 10; }));
}

TEST_F(Stream, GarbageIsRefusedByNameAndTheOthersGoOn) {
    const Endpoint at = listen(b, loopback);
    call(a, {at});
    ASSERT_TRUE(until([&] { return in_step(a); }));
    const Stranger stranger(at);
    stranger.say(std::vector<std::uint8_t>(4096, 0x5a));
    EXPECT_TRUE(until([&] { return b.count(StreamFault::not_authentic) == 1 && stranger.ended(); }));
    open(a, 1, 10);
    EXPECT_TRUE(until([&] { return contents(b).size() == 10; }));
}

TEST_F(Stream, AnotherKeyIsRefusedByNameOnBothSides) {
    EXPECT_TRUE(a.peers.set(settings(std::nullopt, {listen(b, loopback)}, "other")));
    open(a, 1, 10);
    EXPECT_TRUE(until([&] { return b.count(StreamFault::not_authentic) > 0 && !a.peers.status(moment(), 10).peers.at(0).last_fault.empty(); }));
    EXPECT_TRUE(contents(b).empty());
}

TEST_F(Stream, WhatWasRecordedIsRefusedWhenItIsSaidAgain) {
    const Endpoint at = listen(b, loopback);
    Wire wire(at);
    call(a, {wire.endpoint()});
    open(a, 1, 10);
    ASSERT_TRUE(until([&] { wire.carry(); return contents(b).size() == 10; }));
    EXPECT_TRUE(a.peers.set(std::nullopt));
    b.director.forget(moment().table.tick);
    const std::uint64_t refused = b.count(StreamFault::not_authentic);
    const Stranger replay(at);
    replay.say(wire.spoken);
    EXPECT_TRUE(until([&] { return b.count(StreamFault::not_authentic) == refused + 1 && replay.ended(); }));
    EXPECT_TRUE(contents(b).empty());
}

TEST_F(Stream, ACutStreamIsNamedAndBegunAnewWhereverItWasCut) {
    for (const std::size_t limit : {std::size_t{100}, std::size_t{700}, std::size_t{1500}, std::size_t{3000}}) {
        const Endpoint at = listen(b, loopback);
        Wire wire(at);
        wire.limit = limit;
        call(a, {wire.endpoint()});
        open(a, 1, 100);
        ASSERT_TRUE(until([&] { wire.carry(); return wire.carried > limit && !a.peers.status(moment(), 100).peers.at(0).last_fault.empty(); })) << limit;
        wire.limit = SIZE_MAX;
        EXPECT_TRUE(until([&] { wire.carry(); return contents(b).size() == 100; })) << limit;
        EXPECT_TRUE(a.peers.set(std::nullopt));
        EXPECT_TRUE(b.peers.set(std::nullopt));
        b.director.forget(moment().table.tick);
    }
}

TEST_F(Stream, AFloodOfStrangersHoldsNoPlaceAgainstADirector) {
    const Endpoint at = listen(b, loopback);
    std::vector<std::unique_ptr<Stranger>> flood;
    for (int i = 0; i < 60; ++i) flood.push_back(std::make_unique<Stranger>(at));
    call(a, {at});
    open(a, 1, 10);
    EXPECT_TRUE(until([&] {
        if (flood.size() < 200) flood.push_back(std::make_unique<Stranger>(at));
        return contents(b).size() == 10;
    }));
    EXPECT_GT(b.count(StreamFault::too_many), 0u);
    EXPECT_TRUE(until([&] { return b.count(StreamFault::no_handshake) > 0; })) << "those that say nothing are let go";
}

TEST_F(Stream, APeerThatStallsIsLetGoByNameAndComesBack) {
    const Endpoint at = listen(b, loopback);
    call(a, {at});
    ASSERT_TRUE(until([&] { return in_step(a); }));
    nodes = {&a};  // b's process hangs
    EXPECT_TRUE(until([&] { return a.count(StreamFault::silent) == 1; })) << a.peers.status(moment(), 0).peers.at(0).last_fault;
    open(a, 1, 10);
    nodes = {&a, &b};
    EXPECT_TRUE(until([&] { return in_step(a) && contents(b).size() == 10; }));
}

// A director of another release: it has the key, and says a hello of its own.
class Foreigner {
 public:
    Foreigner(const Endpoint& to, const model::StateSync& settings, std::vector<std::uint8_t> hello)
        : link_(TlsContext::make(settings).value(), connect_tcp(to).value_or(Fd{}), TlsSide::client), hello_(std::move(hello)) {}
    // Whether it was let go, and had been told that it is refused.
    bool ended() {
        if (!shaken_) shaken_ = link_.handshake() == TlsLink::Progress::done;
        if (!shaken_) return false;
        if (!hello_.empty() && link_.write(hello_) == hello_.size()) hello_.clear();
        const auto bytes = link_.read();
        if (bytes) heard_.insert(heard_.end(), bytes->begin(), bytes->end());
        return !bytes;
    }
    bool was_refused() const {
        FrameWriter farewell;
        farewell.put(Farewell::refused);
        return !std::ranges::search(heard_, farewell.take()).empty();
    }

 private:
    TlsLink link_;
    bool shaken_ = false;
    std::vector<std::uint8_t> hello_, heard_;
};

std::vector<std::uint8_t> hello_of(const Hello& hello) {
    FrameWriter writer;
    writer.put(hello);
    return writer.take();
}

TEST_F(Stream, ADirectorOfAnotherVersionIsRefusedByNameAndTheOthersGoOn) {
    constexpr std::size_t version_at = frame_header + sizeof stream_magic;
    const Endpoint at = listen(b, loopback);
    call(a, {at});
    ASSERT_TRUE(until([&] { return in_step(a); }));
    auto hello = hello_of({.node = 9, .boot = 1, .slots = 512});
    hello[version_at] = 0x7f;
    Foreigner foreigner(at, settings(std::nullopt, {}, "key"), hello);
    EXPECT_TRUE(until([&] { return foreigner.ended(); }));
    EXPECT_TRUE(foreigner.was_refused());
    EXPECT_EQ(b.count(StreamFault::other_version), 1u);
    const std::string sentence(fault_sentence(StreamFault::other_version));
    EXPECT_TRUE(std::ranges::any_of(b.peers.take_events(), [&](const SyncEvent& event) { return event.kind == SyncEvent::Kind::refused && event.detail == sentence; }));
    open(a, 1, 10);
    EXPECT_TRUE(until([&] { return contents(b).size() == 10 && in_step(a); }));
}

TEST_F(Stream, ADirectorWhoseTableIsTooLargeToFollowIsRefusedByName) {
    const Endpoint at = listen(b, loopback);
    Foreigner foreigner(at, settings(std::nullopt, {}, "key"), hello_of({.node = 9, .boot = 1, .slots = SessionLimits{}.most_slots + 1}));
    EXPECT_TRUE(until([&] { return foreigner.ended(); }));
    EXPECT_EQ(b.count(StreamFault::other_size), 1u);
    call(a, {at});
    open(a, 1, 10);
    EXPECT_TRUE(until([&] { return contents(b).size() == 10; }));
}

TEST_F(Stream, TablesOfOtherSizesAreInStep) {
    Node large{4, 1000};  // 8,000 slots beside 512
    nodes.push_back(&large);
    call(a, {listen(large, loopback)});
    open(a, 1, 150);
    open(large, 151, 300);
    EXPECT_TRUE(until([&] { return contents(a).size() == 300 && contents(a) == contents(large) && in_step(a); }));
    EXPECT_EQ(a.peers.status(moment(), 300).peers.at(0).drifted, 0u);
}

TEST_F(Stream, ATableTooSmallForAllTakesWhatItCanAndSaysWhatNot) {
    Node small{4, 8};  // 64 slots
    nodes.push_back(&small);
    call(a, {listen(small, loopback)});
    open(a, 1, 200);
    const auto told = [&] { return a.peers.status(moment(), 200).peers.at(0); };
    ASSERT_TRUE(until([&] { return told().phase == Phase::in_step && told().kept_out > 0; }));
    EXPECT_EQ(contents(a).size(), 200u) << "nothing of the larger one is touched";
    EXPECT_EQ(contents(small).size() + told().kept_out, 200u);
    EXPECT_GT(contents(small).size(), 40u);
    EXPECT_TRUE(until([&] { return would_lose(a.peers.status(moment(), 200)) == told().kept_out; })) << "and it is said before somebody relies on it";
    const auto reasons = small.peers.status(moment(), 0).peers.at(0).counters.kept_out;
    EXPECT_GE(reasons[static_cast<std::size_t>(KeptOut::table_full)], told().kept_out) << testing::PrintToString(reasons);
    EXPECT_EQ(a.peers.status(moment(), 200).peers.at(0).sessions, 1u) << "the session goes on";
}

TEST_F(Stream, StandbysSayWhichConnectionTheyHave) {
    call(a, {listen(b, loopback)});
    ASSERT_TRUE(until([&] { return in_step(a); }));
    open(a, 1, 1);
    const std::vector<std::uint32_t> changed = a.director.changes();
    ASSERT_FALSE(changed.empty());
    const std::uint32_t slot = changed.front();
    const std::uint64_t control = a.director.side->control(slot);
    EXPECT_EQ(a.peers.ticket(slot, control), std::nullopt) << "nobody was told";
    a.peers.note(changed);
    a.peers.work(moment());
    const auto ticket = a.peers.ticket(slot, control);
    ASSERT_TRUE(ticket);
    EXPECT_EQ(a.peers.standing(*ticket), Standing::waits);
    EXPECT_TRUE(until([&] { return a.peers.standing(*ticket) == Standing::has_it; }));
    EXPECT_EQ(contents(b).size(), 1u);
    call(a, {});
    EXPECT_EQ(a.peers.standing(*ticket), Standing::gone);
}

}  // namespace
}  // namespace lvx::sync
