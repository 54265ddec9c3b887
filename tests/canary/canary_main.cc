// A cluster test that is wrong on purpose: it expects a page from a server that was stopped.  CTest runs it with
// WILL_FAIL, so a harness that cannot fail is found out.  Everything before the wrong expectation must succeed: if it
// does not, the program ends with success, which CTest reports as the failure it is.
//
//   client ── director ── switch ── server1 (stopped)
#include <gtest/gtest.h>

#include <cstdio>
#include <exception>

#include "support/cluster.hh"

namespace {

using namespace lvx;

TEST(Canary, GetsAPageFromAServerThatWasStopped) {
    cluster::Cluster cluster({.services = {{.servers = {{"server1"}}}}});
    cluster.serve("server1");
    cluster.await_neighbours(1);
    if (cluster.curl(cluster::web_v4()) != "server1") throw std::runtime_error("the laboratory does not work at all");
    cluster.stop_serving("server1");
    EXPECT_EQ(cluster.curl(cluster::web_v4()), "server1");
}

}  // namespace

// Both outcomes count: the wrong expectation failed, and nothing else did.
int main(int count, char** words) {
    testing::InitGoogleTest(&count, words);
    GTEST_FLAG_SET(catch_exceptions, false);
    try {
        return RUN_ALL_TESTS();
    } catch (const std::exception& reason) {
        std::fprintf(stderr, "canary: %s\n", reason.what());
        return 0;
    }
}
