// How soon after the check that decides it no new connection goes to a dead server, among 10,000.
//
//   client (pages, one after the other) ── director (10,003 servers) ── three nginx, all of them well: a file says otherwise,
//                                                                      so that the moment of the decision is the test's
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <thread>

#include "support/cluster.hh"
#include "tests/support/stall_meter.hh"

namespace lvx::cluster {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr int rounds = 7;
constexpr auto wanted = 20ms;  // the bound; of the median, less what the machine itself was late
constexpr int pools = 500, servers_of_a_pool = 20;

std::string configuration(const std::string& file) {
    std::string text = fmt::format("track_file dead {{ file {}\n weight 0 }}\n", file);
    text += "virtual_server 192.168.88.23 80 {\n  lvs_sched rr\n  lvs_method NAT\n  protocol TCP\n";
    for (const char* server : {"10.0.0.2", "10.0.0.4"}) text += fmt::format("  real_server {} 80 {{ weight 1\n }}\n", server);
    text += "  real_server 10.0.0.3 80 { weight 1\n FILE_CHECK { track_file dead } }\n}\n";
    for (int pool = 0; pool < pools; ++pool) {
        text += fmt::format("virtual_server 192.168.88.23 {} {{\n  lvs_sched wrr\n  lvs_method NAT\n  protocol TCP\n", 10000 + pool);
        for (int server = 0; server < servers_of_a_pool; ++server)
            text += fmt::format("  real_server 10.0.0.{} {} {{ weight {} }}\n", 2 + server % 3, 20000 + pool * servers_of_a_pool + server, 1 + server % 4);
        text += "}\n";
    }
    return text;
}

// Pages, each on a connection of its own, as fast as one client gets them.
class Visitor {
 public:
    struct Visit {
        Clock::time_point begun;
        std::string server;
    };

    explicit Visitor(int network_namespace) : thread_([this, network_namespace] { run(network_namespace); }) {}
    void await_visits(std::size_t more) const {
        const std::size_t goal = count_ + more;
        EXPECT_TRUE(lab::wait_until(patience, [&] { return count_ >= goal; }));
    }
    std::vector<Visit> finish() {
        ends_ = true;
        thread_.join();
        return std::move(visits_);
    }

 private:
    void run(int network_namespace) {
        while (!ends_) {
            const auto begun = Clock::now();
            const auto page = lab::get(network_namespace, web_v4(), "/", patience);
            visits_.push_back({begun, page ? page->body : "failed: " + page.error().sentence()});
            ++count_;
        }
    }

    std::atomic<bool> ends_ = false;
    std::atomic<std::size_t> count_ = 0;
    std::vector<Visit> visits_;
    std::thread thread_;
};

void write_value(const std::string& file, int value) {
    std::ofstream(file + ".new") << value << '\n';
    ASSERT_EQ(std::rename((file + ".new").c_str(), file.c_str()), 0);
}

TEST(DeadServer, GetsNoNewConnectionWithin20MillisecondsOfTheDecisionAmong10000) {
    Cluster cluster({});
    cluster.serve_all();
    const std::string file = cluster.lab().directory() + "/dead";
    write_value(file, 0);
    cluster.reload(configuration(file));
    cluster.await_neighbours(3);
    const auto state = [&] {
        for (const api::ServerHealthSnapshot& server : must(cluster.client().checks()).servers)
            if (server.server == "10.0.0.3:80") return server.state;
        return std::string("absent");
    };
    std::vector<Clock::duration> lateness;
    for (int round = 0; round < rounds; ++round) {
        ASSERT_TRUE(lab::wait_until(patience, [&] { return state() == "up" && cluster.curl(web_v4()) == "server2"; })) << state();
        const test::StallMeter meter;
        Visitor visitor(cluster.ns("client"));
        visitor.await_visits(20);
        const auto decided = Clock::now();
        write_value(file, 1);
        visitor.await_visits(200);  // far more than 20 ms
        auto last = decided;
        int before = 0, after = 0;
        for (const Visitor::Visit& visit : visitor.finish()) {
            EXPECT_TRUE(visit.server.starts_with("server")) << visit.server;
            (visit.begun < decided ? before : after) += 1;
            if (visit.server == "server2\n") last = std::max(last, visit.begun);
        }
        EXPECT_GT(before, 3);
        EXPECT_GT(after, 10);
        lateness.push_back(last - decided - 2 * meter.worst());
        write_value(file, 0);
    }
    std::ranges::sort(lateness);
    std::string text;
    for (const auto& each : lateness) text += fmt::format(" {:.1f}", std::chrono::duration<double, std::milli>(each).count());
    RecordProperty("milliseconds", text);
    fmt::print("last connection to the dead server, ms after the decision, less stalls:{}\n", text);
    EXPECT_LT(lateness[rounds / 2], wanted);
}

}  // namespace
}  // namespace lvx::cluster
