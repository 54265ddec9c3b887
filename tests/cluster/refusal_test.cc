// What lvxd refuses, seen from outside: it ends with a status that is not 0, says what is wrong and what to do, and
// leaves alone what others own.
//
//   director (lvxd started by hand, beside or instead of the laboratory's own)
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <fmt/format.h>

#include <cstring>

#include "support/cluster.hh"

namespace lvx::cluster {
namespace {

using testing::HasSubstr;

class Refusal : public testing::Test {
 protected:
    Refusal() : cluster_(Description{}) {}

    // lvxd with words of its own, until it ends by itself.
    Outcome lvxd(std::string_view words) { return cluster_.run("director", fmt::format("exec {} lvxd {}", prefix_, words)); }
    std::string own_paths(std::string_view name) {
        return fmt::format("--instance {0} --socket {1}/{0}.sock --bpffs {1}/bpf/{0} --state-dir {1}/{0}.state", name, cluster_.lab().directory());
    }

    Cluster cluster_;
    std::string prefix_;
};

TEST_F(Refusal, NamesTheDaemonThatIsAlreadyRunning) {
    const std::string pid = std::to_string(cluster_.director().process().pid());
    const Outcome outcome = lvxd(fmt::format("--instance {0} --socket {1} --bpffs {2}-director", cluster_.lab().name(),
                                             cluster_.director().socket(), cluster_.lab().pin_directory()));
    EXPECT_NE(outcome.status, 0);
    EXPECT_THAT(outcome.err, HasSubstr("pid " + pid));
    EXPECT_EQ(cluster_.status().pid, cluster_.director().process().pid());
}

TEST_F(Refusal, LeavesASocketAloneOnWhichSomebodyAnswers) {
    const std::string path = cluster_.lab().directory() + "/busy.sock";
    const Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    ASSERT_LT(path.size(), sizeof address.sun_path);
    std::memcpy(address.sun_path, path.data(), path.size());
    ASSERT_EQ(bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(listen(socket.get(), 8), 0);
    const Outcome outcome = lvxd(own_paths("busy"));
    EXPECT_NE(outcome.status, 0);
    EXPECT_THAT(outcome.err, HasSubstr(path));
}

TEST_F(Refusal, AsksForThePrivilegeItLacks) {
    prefix_ = "setpriv --bounding-set=-all --inh-caps=-all";
    const Outcome outcome = lvxd(own_paths("nobody"));
    EXPECT_NE(outcome.status, 0);
    EXPECT_THAT(outcome.err, HasSubstr("root"));
}

TEST_F(Refusal, SaysWhatIsWrongWithTheFileAndDoesNotStart) {
    const std::string file = cluster_.lab().directory() + "/bad.conf";
    ASSERT_EQ(cluster_.run("director", "printf 'virtual_server 192.168.88.23 80 {\\n  lb_algo wrrr\\n}\\n' > " + file).status, 0);
    const Outcome outcome = lvxd(own_paths("bad") + " -f " + file);
    EXPECT_EQ(outcome.status, 78);
    EXPECT_THAT(outcome.err, HasSubstr("bad.conf:2:11:"));
    EXPECT_THAT(outcome.err, HasSubstr("wrr"));
}

TEST_F(Refusal, ExplainsAnOptionItDoesNotKnow) {
    const Outcome outcome = lvxd("--nonsense");
    EXPECT_EQ(outcome.status, 64);
    EXPECT_THAT(outcome.err, HasSubstr("--nonsense"));
}

TEST(Interface, ThatDoesNotExistIsNamedAmongTheProblems) {
    const Cluster cluster({.arguments = {"--interface", "nosuch0"}});
    EXPECT_THAT(cluster.status().problems, testing::Contains(HasSubstr("nosuch0")));
}

}  // namespace
}  // namespace lvx::cluster
